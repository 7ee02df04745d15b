// The log in Apache Kafka: put together from topics, appending, reading, offsets and groups.
import type { Log, Membership } from "../port.ts";
import { createAppender } from "./append.ts";
import { openOffsets } from "./bounds.ts";
import { healingCluster } from "./cluster.ts";
import { prepareConnection } from "./connection.ts";
import type { KafkaLogConfig } from "./connection.ts";
import { joinGroup } from "./membership.ts";
import { createReader } from "./reader.ts";
import { openTopics } from "./topics.ts";

export type { KafkaLogConfig } from "./connection.ts";

const HEALTH_MS = 2_000;

/** Opens the log in Kafka; rejects when no broker answers. */
export async function openKafkaLog(config: KafkaLogConfig): Promise<Log> {
  const connection = prepareConnection(config);
  const now = healingCluster(connection);
  const waiting = healingCluster(connection);
  await now.run([], () => Promise.resolve());
  const topics = openTopics(connection, now);
  const offsets = openOffsets(topics);
  const appender = createAppender(connection, topics);
  const reader = createReader(connection, { now, waiting }, topics, offsets);
  const memberships = new Set<Membership>();

  return {
    driver: "kafka",
    createTopics: (specs) => topics.create(specs),
    append: (records) => appender.append(records),
    read: (topic, partition, from, options) => reader.read(topic, partition, from, options),
    offsets: async (topic) => [...(await offsets.bounds(topic))],
    offsetsAt: (topic, timeMs) => offsets.at(topic, timeMs),
    async join(group, names, member) {
      const membership = await joinGroup({ connection, topics, offsets, group, names, member });
      const left: Membership = {
        ...membership,
        leave() {
          memberships.delete(left);
          return membership.leave();
        },
      };
      memberships.add(left);
      return left;
    },
    async healthy() {
      const asked = now.run([], async (cluster) => (await cluster.metadata()) !== null).catch(() => false);
      const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), HEALTH_MS).unref());
      return Promise.race([asked, late]);
    },
    async close() {
      reader.stop();
      await Promise.all([...memberships].map((membership) => membership.leave()));
      await appender.close();
      await Promise.all([now.close(), waiting.close()]);
    },
  };
}
