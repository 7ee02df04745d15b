// Progress of work on rows or bytes: told a few times a second, whatever the speed.

/** Told how far the work is. */
export type Progress = (done: number, total: number) => void;

const EVERY_MS = 200;

/** Counts towards a total, and tells now and then and at the end. */
export function counter(total: number, tell: Progress): { add(amount: number): void; end(): void } {
  let done = 0;
  let told = 0;
  return {
    add(amount) {
      done += amount;
      const now = performance.now();
      if (now - told < EVERY_MS) return;
      told = now;
      tell(done, total);
    },
    end: () => tell(done, total),
  };
}
