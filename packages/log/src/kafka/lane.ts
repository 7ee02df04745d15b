// Reading without a group: everything that is asked for at one time goes to each broker in one Fetch request.
import type { Cluster, KafkaMessage } from "kafkajs";
import type { HealingCluster } from "./cluster.ts";
import { outOfRangeOf } from "./connection.ts";

const BYTES_A_RECORD = 1_024;
/** More than a broker's largest batch, so that no partition of an answer comes back with a cut one only. */
const MOST_BYTES = 1_048_576;
const READ_UNCOMMITTED = 0;

/** What is asked of one partition. `topic` is the name in Kafka. */
interface Wanted {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly max: number;
}

/** What came: messages in order, or none because the end was reached or the offset lies outside the log. */
export type Fetched =
  | { readonly messages: readonly KafkaMessage[] }
  | { readonly end: true }
  | { readonly outOfRange: true };

/** Requests that share flights. */
export interface Lane {
  fetch(wanted: Wanted): Promise<Fetched>;
}

interface Waiting extends Wanted {
  resolve(fetched: Fetched): void;
  reject(error: unknown): void;
}
interface Answer {
  readonly responses: {
    readonly topicName: string;
    readonly partitions: {
      readonly partition: number;
      readonly highWatermark: string;
      readonly messages: (KafkaMessage & { readonly isControlRecord?: boolean })[];
    }[];
  }[];
}

const placeOf = ({ topic, partition }: Pick<Wanted, "topic" | "partition">): string => `${topic}/${partition}`;

/** Makes a lane; each of its requests waits at most `waitMs` at the broker for the first record. */
export function createLane(cluster: HealingCluster, waitMs: number): Lane {
  let queue: Waiting[] = [];
  let flying = false;

  /** A Fetch names a partition once: those who want it from the same offset share, the others go with the next. */
  function takeFlight(): Map<string, Waiting[]> {
    const flight = new Map<string, Waiting[]>();
    queue = queue.filter((waiting) => {
      const place = placeOf(waiting);
      const same = flight.get(place);
      if (same && same[0]!.from !== waiting.from) return true;
      if (same) same.push(waiting);
      else flight.set(place, [waiting]);
      return false;
    });
    return flight;
  }

  async function fly(): Promise<void> {
    if (flying) return;
    flying = true;
    await Promise.resolve();
    while (queue.length > 0) {
      const flight = takeFlight();
      const all = [...flight.values()].flat();
      try {
        const topics = new Set(all.map(({ topic }) => topic));
        const answers = await cluster.run([...topics], (c) => request(c, flight));
        settle(flight, answers);
      } catch (error) {
        refuse(flight, error);
      }
    }
    flying = false;
  }

  async function request(c: Cluster, flight: ReadonlyMap<string, readonly Waiting[]>): Promise<Answer[]> {
    const byLeader = new Map<string, Map<string, { partition: number; fetchOffset: string; maxBytes: number }[]>>();
    for (const waiting of flight.values()) {
      const { topic, partition, from } = waiting[0]!;
      const [leader = "-1"] = Object.keys(c.findLeaderForPartitions(topic, [partition]));
      const topics = byLeader.get(leader) ?? new Map<string, []>();
      byLeader.set(leader, topics);
      const most = Math.max(...waiting.map(({ max }) => max));
      const maxBytes = Math.min(most * BYTES_A_RECORD, MOST_BYTES);
      topics.set(topic, [...(topics.get(topic) ?? []), { partition, fetchOffset: String(from), maxBytes }]);
    }
    return Promise.all(
      [...byLeader].map(async ([nodeId, byTopic]) => {
        const broker = await c.findBroker({ nodeId });
        const topics = [...byTopic].map(([topic, partitions]) => ({ topic, partitions }));
        const options = { isolationLevel: READ_UNCOMMITTED, maxWaitTime: waitMs, minBytes: 1, topics };
        return broker.fetch(options) as Promise<Answer>;
      }),
    );
  }

  function settle(flight: ReadonlyMap<string, Waiting[]>, answers: readonly Answer[]): void {
    for (const { topicName: topic, partitions } of answers.flatMap(({ responses }) => responses)) {
      for (const { partition, highWatermark, messages } of partitions) {
        for (const waiting of flight.get(`${topic}/${partition}`) ?? []) {
          const wanted = messages.filter((m) => BigInt(m.offset) >= waiting.from && !m.isControlRecord);
          if (wanted.length > 0) waiting.resolve({ messages: wanted.slice(0, waiting.max) });
          else if (BigInt(highWatermark) <= waiting.from) waiting.resolve({ end: true });
          else {
            // The answer was full before it came to this partition, or what it has are marks of transactions.
            const last = messages.at(-1);
            const passed = last === undefined ? waiting.from : BigInt(last.offset) + 1n;
            queue.push({ ...waiting, from: passed > waiting.from ? passed : waiting.from });
          }
        }
      }
    }
  }

  /** An offset outside of one partition fails the whole request: the others go again. */
  function refuse(flight: ReadonlyMap<string, Waiting[]>, error: unknown): void {
    const found = outOfRangeOf(error);
    const outside = found && placeOf(found);
    for (const [place, waiting] of flight) {
      for (const one of waiting) {
        if (place === outside) one.resolve({ outOfRange: true });
        else if (outside !== undefined) queue.push(one);
        else one.reject(error);
      }
    }
  }

  return {
    fetch: (wanted) =>
      new Promise((resolve, reject) => {
        queue.push({ ...wanted, resolve, reject });
        void fly();
      }),
  };
}
