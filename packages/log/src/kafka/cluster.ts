// A connection to the cluster for requests outside any group: made when first used, and made anew when it fails.
import type { Cluster } from "kafkajs";
import { setTimeout as sleep } from "node:timers/promises";
import { backoff } from "../backoff.ts";
import { codeOf, saysUnknownTopic } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { isRefused } from "./security.ts";

const ATTEMPTS = 5;

/** A cluster that heals. */
export interface HealingCluster {
  /**
   * Runs requests with the metadata of these topics (names in Kafka) known. What fails is tried again on a new
   * connection; UNKNOWN_TOPIC_OR_PARTITION, OFFSET_OUT_OF_RANGE and a broker or user that is not trusted are thrown on,
   * since they are answers.
   */
  run<T>(topics: readonly string[], work: (cluster: Cluster) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

interface Made {
  readonly cluster: Cluster;
  disconnect(): Promise<void>;
}

/** kafkajs hands its cluster to the partition assigner of a consumer, when that is made: this one never joins a group. */
async function connect(connection: Connection): Promise<Made> {
  let cluster: Cluster | undefined;
  const consumer = connection.client().consumer({
    groupId: connection.full("no-group"),
    allowAutoTopicCreation: false,
    readUncommitted: true,
    partitionAssigners: [
      (config) => {
        cluster = config.cluster;
        return {
          name: "none",
          version: 0,
          assign: () => Promise.resolve([]),
          protocol: () => ({ name: "none", metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  await consumer.connect();
  return { cluster: cluster!, disconnect: () => consumer.disconnect() };
}

/** Prepares a cluster; the first `run` connects. */
export function healingCluster(connection: Connection): HealingCluster {
  let current: Promise<Made> | undefined;
  let closed = false;

  function renew(failed: Promise<Made>): void {
    if (current === failed) current = undefined;
    failed.then((made) => made.disconnect()).catch(() => {}); // it has failed already
  }

  return {
    async run(topics, work) {
      for (let attempt = 1; ; attempt += 1) {
        if (closed) throw new Error("the log is closed");
        const making = (current ??= connect(connection));
        try {
          const { cluster } = await making;
          await cluster.addMultipleTargetTopics([...topics]);
          return await work(cluster);
        } catch (error) {
          if (codeOf(error) === "OFFSET_OUT_OF_RANGE" || closed) throw error;
          if (isRefused(error)) {
            renew(making);
            throw error;
          }
          // A cluster never forgets a topic it was asked for: one that was deleted since fails every later request.
          renew(making);
          if (saysUnknownTopic(error) ? attempt > 1 : attempt >= ATTEMPTS) throw error;
          if (!saysUnknownTopic(error)) await sleep(backoff(attempt, Math.random()));
        }
      }
    },
    async close() {
      closed = true;
      const made = await current?.catch(() => undefined);
      await made?.disconnect().catch(() => {}); // what is closed need not be closed well
    },
  };
}
