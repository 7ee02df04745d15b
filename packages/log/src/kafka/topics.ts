// The topics of the log in Kafka: made when missing, and how many partitions each has.
import type { Admin, Cluster, ITopicConfig } from "kafkajs";
import { setTimeout as sleep } from "node:timers/promises";
import { UnknownTopic } from "../errors.ts";
import type { TopicName, TopicSpec } from "../port.ts";
import type { HealingCluster } from "./cluster.ts";
import { codeOf, saysUnknownTopic } from "./connection.ts";
import type { Connection } from "./connection.ts";

const CREATE_TIMEOUT_MS = 15_000;
const POLL_MS = 50;
const NOT_YET = new Set(["UNKNOWN_TOPIC_OR_PARTITION", "NOT_LEADER_FOR_PARTITION", "LEADER_NOT_AVAILABLE"]);

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

  function configOf(spec: TopicSpec, brokers: number): ITopicConfig {
    const factor = connection.replicas ?? Math.min(3, brokers);
    const minInSync = factor >= 3 ? 2 : 1;
    const settings = {
      "cleanup.policy": "delete",
      "retention.ms": String(spec.retentionMs),
      "retention.bytes": "-1",
      // A record's time is the log's: what a sender claims stands in the record itself.
      "message.timestamp.type": "LogAppendTime",
      "min.insync.replicas": String(minInSync),
      "unclean.leader.election.enable": "false",
    };
    return {
      topic: full(spec.name),
      numPartitions: spec.partitions,
      replicationFactor: factor,
      configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
    };
  }

  return {
    ask,
    count: async (topic) => counts.get(topic) ?? ask(topic, async (_c, _name, partitions) => partitions),
    forget: () => counts.clear(),
    async create(specs) {
      const admin = connection.client().admin();
      await admin.connect();
      try {
        const there = new Set(await admin.listTopics());
        const missing = specs.filter(({ name }) => !there.has(full(name)));
        if (missing.length > 0) {
          const { brokers } = await admin.describeCluster();
          const topics = missing.map((spec) => configOf(spec, brokers.length));
          // Another process may make them at the same time: kafkajs answers false then, which is as good. It would make
          // topics by itself on first use (and fail to, under KRaft): every client here is told not to.
          await admin.createTopics({ topics, waitForLeaders: false, timeout: CREATE_TIMEOUT_MS });
        }
        const names = specs.map(({ name }) => full(name));
        const until = performance.now() + CREATE_TIMEOUT_MS;
        while (!(await usable(admin, names))) {
          if (performance.now() > until) throw new Error("the new topics cannot be used yet");
          await sleep(POLL_MS);
        }
      } finally {
        await admin.disconnect();
      }
      counts.clear();
    },
  };
}

/** A leader that the metadata names may not serve its partition yet: it does when it tells the partition's offsets. */
async function usable(admin: Admin, names: string[]): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: names });
    if (topics.some(({ partitions }) => partitions.some(({ leader }) => leader < 0))) return false;
    await Promise.all(names.map((name) => admin.fetchTopicOffsets(name)));
    return true;
  } catch (error) {
    if (NOT_YET.has(codeOf(error))) return false;
    throw error;
  }
}
