// Time and its percentiles. The clock is the machine's monotonic one, so that two processes can be compared.

/** Milliseconds since the machine started, the same in every process. */
export function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The percentiles of some milliseconds as a row shows them; empty for none. */
export function percentiles(times: readonly number[]): { p50_ms?: number; p95_ms?: number; p99_ms?: number } {
  const sorted = Float64Array.from(times).sort();
  if (sorted.length === 0) return {};
  const at = (part: number): number =>
    rounded(sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)]!);
  return { p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99) };
}

/** A figure with two digits behind the point. */
export function rounded(figure: number): number {
  return Math.round(figure * 100) / 100;
}
