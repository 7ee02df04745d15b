// The topics of the log in Kafka: made when missing, and how many partitions each has.
import type { Cluster } from "kafkajs";
import { UnknownTopic } from "../errors.ts";
import type { TopicName, TopicSpec } from "../port.ts";
import type { HealingCluster } from "./cluster.ts";
import { saysUnknownTopic } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { makeMissing } from "./topic-make.ts";

/** Topics as Kafka has them. */
export interface Topics {
  /** Makes what is missing, and waits until every partition answers. */
  create(specs: readonly TopicSpec[]): Promise<void>;
  /** Number of partitions. Throws UnknownTopic. */
  count(topic: TopicName): Promise<number>;
  /** Runs requests about one topic, by its name in Kafka and with its number of partitions. Throws UnknownTopic. */
  ask<T>(topic: TopicName, work: (cluster: Cluster, name: string, partitions: number) => Promise<T>): Promise<T>;
  /** Asks Kafka again at the next `count`: something said that what is known no longer holds. */
  forget(): void;
}

/** Prepares topics; connects nothing. */
export function openTopics(connection: Connection, cluster: HealingCluster): Topics {
  const { full } = connection;
  const counts = new Map<TopicName, number>();

  async function ask<T>(
    topic: TopicName,
    work: (c: Cluster, name: string, partitions: number) => Promise<T>,
  ): Promise<T> {
    const name = full(topic);
    try {
      return await cluster.run([name], async (c) => {
        let known = counts.get(topic);
        if (known === undefined) {
          await c.refreshMetadata(); // what this cluster knows of the topic may be as old as what was forgotten
          known = c.findTopicPartitionMetadata(name).length;
          counts.set(topic, known);
        }
        return work(c, name, known);
      });
    } catch (error) {
      if (!saysUnknownTopic(error)) throw error;
      counts.delete(topic);
      throw new UnknownTopic(topic);
    }
  }

  return {
    ask,
    count: async (topic) => counts.get(topic) ?? ask(topic, async (_c, _name, partitions) => partitions),
    forget: () => counts.clear(),
    async create(specs) {
      const admin = connection.client().admin();
      await admin.connect();
      try {
        await makeMissing(admin, connection, specs);
      } finally {
        await admin.disconnect();
      }
      counts.clear();
    },
  };
}
