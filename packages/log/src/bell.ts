// Bells: how a reader waits for new records without asking again and again, and without missing a ring.

/** Counts its rings, so that a reader which looked before a ring never sleeps through it. */
export interface Bell {
  /** How often it has rung: take it before reading, and wait with it. */
  count(): number;
  ring(): void;
  /** Resolves when it has rung more than `seen` times, or after `ms`. */
  wait(seen: number, ms: number): Promise<void>;
}

/** A bell that has not rung. */
export function createBell(): Bell {
  let rings = 0;
  let waiting: (() => void)[] = [];
  return {
    count: () => rings,
    ring() {
      rings += 1;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    wait(seen, ms) {
      if (rings > seen) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(done, ms);
        function done(): void {
          clearTimeout(timer);
          waiting = waiting.filter((other) => other !== done);
          resolve();
        }
        waiting.push(done);
      });
    },
  };
}
