// Works off redrives, batch after batch.
import { setTimeout as sleep } from "node:timers/promises";
import type { LogLogger } from "@ruta/log";
import type { Redrives } from "./redrives.ts";

/** A running redriver. */
export interface Redriver {
  /** Ends the batch in hand, and no other begins. */
  stop(): Promise<void>;
}

/** Between two looks at what may be due, in milliseconds. */
const POLL_MS = 1_000;

/** Starts it. Each process has one; a redrive goes on wherever one lives. */
export function startRedriver(redrives: Redrives, logger: LogLogger): Redriver {
  const stop = new AbortController();

  /** Works off what is due, of all redrives in turn; answers how long nothing more can be. */
  async function work(): Promise<number> {
    let waitMs = POLL_MS;
    while (!stop.signal.aborted) {
      const step = await redrives.step();
      if (!step) break;
      if (step.done) logger.info({ name: step.id }, "a redrive is done");
      else if (step.waitMs > 0) waitMs = Math.min(waitMs, step.waitMs);
    }
    return waitMs;
  }

  async function loop(): Promise<void> {
    while (!stop.signal.aborted) {
      const waitMs = await work().catch((error: unknown) => {
        logger.warn({ err: error }, "a redrive could not go on");
        return POLL_MS;
      });
      await sleep(waitMs, undefined, { signal: stop.signal }).catch(() => {});
    }
  }

  const looping = loop();
  return {
    async stop() {
      stop.abort();
      await looping;
    },
  };
}
