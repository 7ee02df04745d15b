// Rate limits: how many of something a name may have a second. Pure arithmetic (GCRA), and the limiter of one process.

/** A limit: so many a second in the long run, and so many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Whether one more is allowed, and what is left. */
export interface Verdict {
  readonly allowed: boolean;
  /** How many more are allowed right now. */
  readonly remaining: number;
  /** When it is worth asking again, in milliseconds; 0 when it was allowed. */
  readonly retryAfterMs: number;
}

/** Takes one for a name. Never throws. */
export interface Limiter {
  take(name: string): Promise<Verdict>;
  /** Why it does not limit over all replicas, if it should; fixed words. */
  degraded(): readonly string[];
  close(): Promise<void>;
}

/**
 * One more at `now` (milliseconds) for a name whose bucket is full again at `full`: the generic cell rate algorithm. The new `full`
 * counts only when it was allowed.
 */
export function cell(full: number, now: number, { perSecond, burst }: Rate): Verdict & { readonly full: number } {
  const interval = 1000 / perSecond;
  const next = Math.max(full, now) + interval;
  const wait = next - interval * burst - now;
  // Less than a nanosecond is the rounding of floating point, not a wait.
  if (wait > 1e-6) return { allowed: false, remaining: 0, retryAfterMs: wait, full };
  return { allowed: true, remaining: Math.floor(-wait / interval), retryAfterMs: 0, full: next };
}

/** Names that are kept at most; those that are full again are forgotten first. */
const MAX_NAMES = 10_000;

/** The limiter of this process alone. */
export function createLocalLimiter(rate: Rate, now: () => number = Date.now): Limiter {
  const fulls = new Map<string, number>();
  function forget(at: number): void {
    for (const [name, full] of fulls) if (full <= at) fulls.delete(name);
  }
  return {
    async take(name) {
      const at = now();
      const { full, ...verdict } = cell(fulls.get(name) ?? 0, at, rate);
      if (verdict.allowed) fulls.set(name, full);
      if (fulls.size > MAX_NAMES) forget(at);
      return verdict;
    },
    degraded: () => [],
    async close() {},
  };
}
