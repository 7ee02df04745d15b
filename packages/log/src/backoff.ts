// How long to wait before trying again: pure.

const FIRST_MS = 100;
const LONGEST_MS = 5_000;

/** Milliseconds before try `attempt` (1 for the first repeat), doubling to 5 s; `random` in [0, 1) takes up to a quarter off. */
export function backoff(attempt: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 16));
  return Math.round(full * (1 - random / 4));
}
