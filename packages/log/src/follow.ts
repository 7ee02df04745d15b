// Following a topic without a group: every partition from its start or end into memory, then on and on.
import { backoff } from "./backoff.ts";
import { createBell } from "./bell.ts";
import { silentLogger } from "./port.ts";
import type { Log, LogLogger, LogRecord, TopicName } from "./port.ts";

/** How long one look waits for new records. */
const WAIT_MS = 5_000;

/** A topic that is being followed. */
export interface Following {
  /** Resolves when everything that the log holds at the call has been handed over. Rejects when the log cannot be asked. */
  caughtUp(): Promise<void>;
  /** Whether it follows without failures now; a throw of `onRecords` ends it for good. */
  healthy(): boolean;
  /** No record is handed over after this. */
  stop(): Promise<void>;
}

/**
 * Hands over every record of a topic, in order inside a partition, from the log's start, or from its end as of the call.
 * Resolves when everything that the log held at the call has been handed over. `onRecords` must not throw.
 */
export async function follow(
  log: Log,
  topic: TopicName,
  onRecords: (records: LogRecord[]) => void,
  options: { readonly logger?: LogLogger; readonly from?: "start" | "end" } = {},
): Promise<Following> {
  const { logger = silentLogger, from = "start" } = options;
  const moved = createBell();
  const stopping = createBell();
  const next = new Map<number, bigint>();
  let failing = 0;
  let broken: unknown;
  let stopped = false;

  async function run(partition: number): Promise<void> {
    let failures = 0;
    while (!stopped) {
      let records: LogRecord[];
      try {
        records = await log.read(topic, partition, next.get(partition)!, { maxWaitMs: WAIT_MS });
        if (failures > 0) failing -= 1;
        failures = 0;
      } catch (error) {
        if (stopped) return; // the log may be closed while a look still waits
        if (failures === 0) failing += 1;
        failures += 1;
        const code = error instanceof Error && "code" in error ? error.code : "unknown";
        logger.warn(
          { topic, partition, count: failures, err: { code } },
          "a followed topic could not be read; reading again",
        );
        await stopping.wait(0, backoff(failures, Math.random()));
        continue;
      }
      const last = records.at(-1);
      if (!last || stopped) continue;
      onRecords(records);
      next.set(partition, last.offset + 1n);
      moved.ring();
    }
  }

  async function caughtUp(): Promise<void> {
    const ends = await log.offsets(topic);
    for (;;) {
      const seen = moved.count();
      if (broken !== undefined) throw broken;
      if (stopped) throw new Error(`${topic} is followed no more`);
      if (ends.every(({ partition, start, end }) => start === end || (next.get(partition) ?? 0n) >= end)) return;
      await moved.wait(seen, 1_000);
    }
  }

  for (const { partition, start, end } of await log.offsets(topic)) next.set(partition, from === "start" ? start : end);
  void Promise.all([...next.keys()].map(run)).catch((error: unknown) => {
    broken = error;
    stopped = true;
    moved.ring();
    logger.error({ topic, code: "follow" }, "a followed topic could not be taken in; following ends");
  });
  const following: Following = {
    caughtUp,
    healthy: () => failing === 0 && broken === undefined,
    async stop() {
      stopped = true;
      stopping.ring();
      moved.ring();
    },
  };
  await caughtUp();
  return following;
}
