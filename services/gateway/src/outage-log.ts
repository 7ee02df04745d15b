// Says that the door cannot record: once, and then how often since. In an outage each sender tries again and again.
import type { Logger } from "@ruta/kit";

const QUIET_MS = 10_000;

/** Tells of what could not be recorded, one line in 10 s; `now` is a clock in milliseconds that never goes back. */
export function createOutageLog(logger: Pick<Logger, "error">, now: () => number): (error: unknown) => void {
  let quietUntil = -Infinity;
  let unsaid = 0;
  return (error) => {
    if (now() < quietUntil) {
      unsaid += 1;
      return;
    }
    // How many have failed since the last line, with this one.
    logger.error({ err: error, count: unsaid + 1 }, "the door could not record what it was sent");
    quietUntil = now() + QUIET_MS;
    unsaid = 0;
  };
}
