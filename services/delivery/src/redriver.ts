// Works off redrives, batch after batch, and drops what was kept long enough: bodies of what was taken, attempts.
import { setTimeout as sleep } from "node:timers/promises";
import type { Db } from "@ruta/db";
import type { LogLogger } from "@ruta/log";
import { dropOld } from "./kept.ts";
import type { Redrives } from "./redrives.ts";

/** A running redriver. */
export interface Redriver {
  /** Ends the batch in hand, and no other begins. */
  stop(): Promise<void>;
}

/** Between two looks at what may be due, and between two at what is old, in milliseconds. */
const POLL_MS = 1_000;
const OLD_MS = 60_000;

/** Starts it. Each process has one; a redrive goes on wherever one lives. */
export function startRedriver(db: Db, schema: string, redrives: Redrives, logger: LogLogger): Redriver {
  const stop = new AbortController();
  let lookAt = 0;

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

  async function drop(): Promise<void> {
    if (performance.now() < lookAt) return;
    const more = await dropOld(db, schema);
    lookAt = performance.now() + (more ? 0 : OLD_MS);
  }

  async function loop(): Promise<void> {
    while (!stop.signal.aborted) {
      const waitMs = await work()
        .then(async (ms) => {
          await drop();
          return ms;
        })
        .catch((error: unknown) => {
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
