// How fast: endpoints that ask for at most so many requests a second get no more from this process. Time comes in.

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** Counts what was sent to endpoints that set a limit. */
export interface Pace {
  /** How many may be sent at `now` (milliseconds) to one that takes `rate` a second. */
  room(institution: string, rate: number, now: number): number;
  /** One is sent. Nothing for one that was never asked about: it has no limit. */
  spend(institution: string): void;
}

/** A pace that has seen nothing: each endpoint may get one second's worth at once. */
export function createPace(): Pace {
  const buckets = new Map<string, Bucket>();
  return {
    room(institution, rate, now) {
      const before = buckets.get(institution) ?? { tokens: rate, at: now };
      const tokens = Math.min(rate, before.tokens + ((now - before.at) * rate) / 1000);
      buckets.set(institution, { tokens, at: now });
      return Math.max(Math.floor(tokens), 0);
    },
    spend(institution) {
      const bucket = buckets.get(institution);
      if (bucket) buckets.set(institution, { ...bucket, tokens: bucket.tokens - 1 });
    },
  };
}
