// The watchdog of a consumer: lag without progress, and a log whose start has passed what was not consumed.
import type { Log, TopicName } from "../port.ts";
import type { Held } from "./batch.ts";

/** How often it looks; one query a topic. */
const LOOK_MS = 5_000;
/** Lag without progress for so long is reported. */
const STUCK_MS = 10_000;

/** A running watchdog. */
export interface Watch {
  reasons(): string[];
  /** How long the partition that stands still longest has lag without progress, in ms; 0 when none does. */
  standingMs(topic: TopicName): number;
  stop(): void;
}

/** Starts to watch what `held` answers; `lost` is called for a partition whose next record no longer exists. */
export function watch(options: {
  readonly log: Log;
  readonly group: string;
  readonly held: () => readonly Held[];
  readonly lost: (held: Held) => void;
}): Watch {
  const since = new Map<Held, { next: bigint; at: number }>(); // lag seen, and when it began to stand still
  let looking = false;

  async function look(): Promise<void> {
    const held = options.held();
    for (const one of since.keys()) if (!held.includes(one)) since.delete(one);
    for (const topic of new Set(held.map(({ topic }) => topic))) {
      const bounds = await options.log.offsets(topic);
      for (const one of held.filter((other) => other.topic === topic && other.stopped === undefined)) {
        const found = bounds.find(({ partition }) => partition === one.partition);
        if (!found) continue;
        // `next` is read after the bounds: what has moved meanwhile is progress, not loss.
        if (one.next < found.start) options.lost(one);
        else if (one.next >= found.end) since.delete(one);
        else if (since.get(one)?.next !== one.next) since.set(one, { next: one.next, at: performance.now() });
      }
    }
  }

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look()
      .catch(() => {}) // the log's own health check reports that
      .finally(() => {
        looking = false;
      });
  }, LOOK_MS);
  timer.unref();
  return {
    reasons: () =>
      [...since].flatMap(([{ topic, partition }, { at }]) =>
        performance.now() - at >= STUCK_MS
          ? [`${topic}/${partition}: lag without progress for ${STUCK_MS / 1000} s`]
          : [],
      ),
    standingMs: (topic) =>
      Math.max(0, ...[...since].map(([one, { at }]) => (one.topic === topic ? performance.now() - at : 0))),
    stop: () => clearInterval(timer),
  };
}
