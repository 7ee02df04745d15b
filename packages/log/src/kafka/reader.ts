// Reading one partition from an offset, at once or waiting for records, without a consumer group.
import { setTimeout as sleep } from "node:timers/promises";
import { UnknownTopic } from "../errors.ts";
import { MAX_BATCH } from "../port.ts";
import type { LogRecord, TopicName } from "../port.ts";
import type { OffsetReader } from "./bounds.ts";
import type { HealingCluster } from "./cluster.ts";
import { saysUnknownTopic } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { createLane } from "./lane.ts";
import type { Fetched, Lane } from "./lane.ts";
import { toRecord } from "./record.ts";
import type { Topics } from "./topics.ts";

/** How long one request waits at the broker; who comes while it waits is served after it at the latest. */
const WAIT_MS = 150;

/** Reads as the port says. */
export interface Reader {
  read(
    topic: TopicName,
    partition: number,
    from: bigint,
    options?: { readonly max?: number; readonly maxWaitMs?: number },
  ): Promise<LogRecord[]>;
  /** Readers that wait get [] now. */
  stop(): void;
}

/**
 * kafkajs can read only as a member of a group, and a group a reader would cost a join of half a second and leave
 * traces at the broker. So its Fetch request is used as it is: all readers of the process share one request at a time
 * on a connection for those who wait, and another connection for those who do not. At rest that is 7 small requests a
 * second, and none while nobody waits.
 */
export function createReader(
  connection: Connection,
  clusters: { readonly now: HealingCluster; readonly waiting: HealingCluster },
  topics: Topics,
  offsets: OffsetReader,
): Reader {
  const now = createLane(clusters.now, 0);
  const waiting = createLane(clusters.waiting, WAIT_MS);
  const stopping = new AbortController();

  async function fetch(lane: Lane, topic: TopicName, wanted: Parameters<Lane["fetch"]>[0]): Promise<Fetched> {
    try {
      return await lane.fetch(wanted);
    } catch (error) {
      if (!saysUnknownTopic(error)) throw error;
      // It may be another reader's topic that is gone: ask about this one.
      topics.forget();
      await topics.count(topic);
      throw error;
    }
  }

  return {
    async read(topic, partition, asked, { max = MAX_BATCH, maxWaitMs = 0 } = {}) {
      if (partition >= (await topics.count(topic))) throw new UnknownTopic(`${topic}/${partition}`);
      const until = performance.now() + maxWaitMs;
      const name = connection.full(topic);
      let from = asked;
      let lane = now;
      for (;;) {
        const fetched = await fetch(lane, topic, { topic: name, partition, from, max });
        if ("messages" in fetched) return fetched.messages.map((message) => toRecord(topic, partition, message));
        if ("outOfRange" in fetched) {
          const { start } = (await offsets.bounds(topic))[partition]!;
          if (start > from) {
            from = start;
            continue;
          }
        }
        const left = until - performance.now();
        if (left <= 0 || stopping.signal.aborted) return [];
        lane = waiting;
        // Beyond the end nothing can be waited for at the broker: a look now and then does.
        if ("outOfRange" in fetched)
          await sleep(Math.min(left, WAIT_MS), undefined, { signal: stopping.signal }).catch(() => {});
      }
    },
    stop: () => stopping.abort(),
  };
}
