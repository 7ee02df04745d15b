// When a request is made again and after how long. Pure.

/** What is known of an answer; status 0 when there was none. */
export interface Answered {
  readonly status: number;
  readonly code?: string | undefined;
  /** The header Retry-After, as it came. */
  readonly retryAfter?: string | null | undefined;
}

const FIRST_WAIT_MS = 250;
/** As much as jitter adds, as a part of the wait: what failed together must not come back together. */
const JITTER = 0.2;

/** Whether the same request may well be taken later: no answer, a fault of the hub, too many requests, or still being taken. */
export function isWorthRepeating({ status, code }: Answered): boolean {
  return status === 0 || status === 429 || status >= 500 || (status === 409 && code === "still-running");
}

/** Milliseconds that Retry-After asks to wait (seconds, or a date); 0 when it says nothing to come. */
export function retryAfterMs(value: string | null | undefined, now: number): number {
  if (!value) return 0;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}

/** The wait before try `attempt` + 1 (attempts count 1, 2 …): doubling to `maxWaitMs`, and never before what the hub asked for. */
export function waitMs(attempt: number, asked: number, maxWaitMs: number, random: number): number {
  const own = Math.min(FIRST_WAIT_MS * 2 ** Math.min(attempt - 1, 20), maxWaitMs);
  return Math.max(own * (1 + JITTER * random), asked);
}
