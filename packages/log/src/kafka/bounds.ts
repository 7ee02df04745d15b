// Where partitions begin and end, and where a time lies in them.
import type { TopicName } from "../port.ts";
import type { Topics } from "./topics.ts";

/** Start and end of a partition. */
interface Bounds {
  readonly partition: number;
  readonly start: bigint;
  readonly end: bigint;
}

/** Asks for offsets. */
export interface OffsetReader {
  bounds(topic: TopicName): Promise<Bounds[]>;
  at(topic: TopicName, timeMs: number): Promise<{ partition: number; offset: bigint }[]>;
}

/** Prepares reading offsets. Callers that come while a request for the same topic is away share the next one. */
export function openOffsets(topics: Topics): OffsetReader {
  const running = new Map<TopicName, Promise<unknown>>();
  const next = new Map<TopicName, Promise<Bounds[]>>();

  /** Offsets by partition of the start (false: of the end), or of the first record at or after a time (-1: none). */
  async function list(
    topic: TopicName,
    what: { fromBeginning: boolean } | { fromTimestamp: number },
  ): Promise<bigint[]> {
    const [answer] = await topics.ask(topic, (cluster, name, count) => {
      const partitions = Array.from({ length: count }, (_, partition) => ({ partition }));
      return cluster.fetchTopicsOffset([{ topic: name, partitions, ...what }]);
    });
    const offsets: bigint[] = [];
    for (const { partition, offset } of answer!.partitions) offsets[partition] = BigInt(offset);
    return offsets;
  }
  async function ask(topic: TopicName): Promise<Bounds[]> {
    const [starts, ends] = await Promise.all([
      list(topic, { fromBeginning: true }),
      list(topic, { fromBeginning: false }),
    ]);
    return ends.map((end, partition) => ({ partition, start: starts[partition]!, end }));
  }

  return {
    bounds(topic) {
      const waiting = next.get(topic);
      if (waiting) return waiting;
      const before = running.get(topic) ?? Promise.resolve();
      const asked = before.then(() => {
        next.delete(topic);
        const asking = ask(topic);
        running.set(
          topic,
          asking.catch(() => {}),
        );
        return asking;
      });
      next.set(topic, asked);
      return asked;
    },
    async at(topic, timeMs) {
      // The ends first: what is appended in between is found by its time.
      const ends = await list(topic, { fromBeginning: false });
      const found = await list(topic, { fromTimestamp: timeMs });
      return found.map((offset, partition) => ({ partition, offset: offset < 0n ? ends[partition]! : offset }));
    },
  };
}
