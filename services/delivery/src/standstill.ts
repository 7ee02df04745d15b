// Whether this process stood still for a while, as a stopped or starved one does: a timer that comes late shows it.

const TICK_MS = 250;
/** What is later than this did not come from a busy moment. */
const STILL_MS = 1_000;

/** A watch over one piece of work. */
export interface StandstillWatch {
  /** Whether the process stood still for a second or longer since the watch began. */
  stoodStill(): boolean;
  end(): void;
}

/** Begins to watch. */
export function watchStandstill(): StandstillWatch {
  let at = performance.now();
  let longest = 0;
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - at - TICK_MS);
    at = now;
  };
  const timer = setInterval(look, TICK_MS);
  timer.unref();
  return {
    stoodStill() {
      look(); // the tick that is due may come after whoever asks
      return longest > STILL_MS;
    },
    end: () => clearInterval(timer),
  };
}
