// Makes the topics that Kafka lacks: the one way, of a service that starts and of the command.
import type { Admin } from "kafkajs";
import { setTimeout as sleep } from "node:timers/promises";
import type { TopicSpec } from "../port.ts";
import { codeOf } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { configOf, replicasFor } from "./topic-config.ts";

const CREATE_TIMEOUT_MS = 15_000;
const POLL_MS = 50;
const NOT_YET = new Set(["UNKNOWN_TOPIC_OR_PARTITION", "NOT_LEADER_FOR_PARTITION", "LEADER_NOT_AVAILABLE"]);

/** Makes what is missing, and waits until every partition answers. */
export async function makeMissing(
  admin: Admin,
  { full, replicas }: Pick<Connection, "full" | "replicas">,
  specs: readonly TopicSpec[],
): Promise<void> {
  const there = new Set(await admin.listTopics());
  const missing = specs.filter(({ name }) => !there.has(full(name)));
  if (missing.length > 0) {
    const { brokers } = await admin.describeCluster();
    const topics = missing.map((spec) => {
      const config = configOf(spec, replicasFor(replicas, brokers.length));
      return {
        topic: full(spec.name),
        numPartitions: config.partitions,
        replicationFactor: config.replicas,
        configEntries: Object.entries(config.settings).map(([name, value]) => ({ name, value })),
      };
    });
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
