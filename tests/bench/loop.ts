// `loop` and `loop_max`: everything runs, and each referral is delivered once; from when it was to be sent until it is received.
import type { Bed } from "./bed.ts";
import type { Row } from "./shape.ts";
import { percentiles, rounded } from "./times.ts";

const WARM_S = 3;
const RATES = [50, 200] as const;

/** How long each referral took, in the order in which they were to be sent. */
export async function delays(bed: Bed, rate: number, seconds: number): Promise<{ from: number; ms: number }[]> {
  const { accepted, others } = await bed.send({ rate, seconds });
  if (Object.keys(others).length > 0) bed.say(`  other answers: ${JSON.stringify(others)}`);
  const received = new Map<string, number>();
  for (const { caseId, at } of await bed.settle()) received.set(caseId, Math.min(at, received.get(caseId) ?? at));
  return accepted
    .map(({ from, caseId }) => ({ from, ms: received.get(caseId)! - from }))
    .toSorted((a, b) => a.from - b.from);
}

/** Starts everything and lets it come to speed at a rate. */
export async function warm(bed: Bed, rate: number): Promise<void> {
  await bed.hub.run(bed.everything, bed.execArgv);
  await bed.open();
  await delays(bed, rate, Math.min(WARM_S, bed.seconds));
}

/** Measures `loop`. */
export async function loop(bed: Bed): Promise<Row[]> {
  const rows: Row[] = [];
  await warm(bed, Math.max(...RATES));
  for (const rate of RATES) {
    await bed.open();
    const times = (await delays(bed, rate, bed.seconds)).map(({ ms }) => ms);
    rows.push({ backend: bed.backend, measure: "loop", rate, ...percentiles(times) });
  }
  return rows;
}

const STEP = 50;
const FIRST = 400;
const LAST = 4_000;
/** The delay grows when the last quarter's median is so many times the first one's, and more than this above it (ms). */
const GROWS = { times: 1.5, byMs: 25 };

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.POSITIVE_INFINITY;
}

/** Whether delays, in the order of sending, grow. */
export function grows(times: readonly number[]): boolean {
  const quarter = Math.floor(times.length / 4);
  const [first, last] = [median(times.slice(0, quarter)), median(times.slice(-quarter))];
  return last > first * GROWS.times && last > first + GROWS.byMs;
}

/** Measures `loop_max`: doubles, then halves the rest, down to steps of 50 a second. */
export async function loopMax(bed: Bed): Promise<Row[]> {
  await warm(bed, FIRST / 2);
  let best: Row | undefined;
  async function keepsUp(rate: number): Promise<boolean> {
    await bed.open();
    const times = (await delays(bed, rate, bed.seconds)).map(({ ms }) => ms);
    const steady = times.length >= rate * bed.seconds * 0.99 && !grows(times);
    bed.say(`  ${rate}/s: ${steady ? "steady" : "the delay grows"}, p50 ${percentiles(times).p50_ms ?? "-"} ms`);
    if (steady && rate >= (best?.per_s ?? 0))
      best = { backend: bed.backend, measure: "loop_max", per_s: rounded(rate), ...percentiles(times) };
    return steady;
  }
  let [low, high] = [0, FIRST];
  while (high <= LAST && (await keepsUp(high))) [low, high] = [high, high * 2];
  while (high - low > STEP) {
    const middle = Math.round((low + high) / 2 / STEP) * STEP;
    if (middle <= low || middle >= high) break;
    if (await keepsUp(middle)) low = middle;
    else high = middle;
  }
  return best ? [best] : [];
}
