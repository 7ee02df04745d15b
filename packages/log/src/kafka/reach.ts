// Asks Kafka without opening the log, as this process is told to reach it: for whoever sets a hub up and waits for the answer.
import { Kafka } from "kafkajs";
import type { Admin } from "kafkajs";
import type { LogConfig } from "../open-log.ts";
import { silentLogger } from "../port.ts";
import { clientOptions } from "./connection.ts";
import { patchIdleLoop } from "./patch.ts";

/** How Kafka is reached. */
export type KafkaTarget = Pick<LogConfig, "kafkaBrokers" | "kafkaSecurity" | "clientId">;

/** Connects, tries again what fails so many times, and leaves. Rejects with what was in the way. */
export async function withAdmin<T>(
  { kafkaBrokers = "", kafkaSecurity: security, clientId }: KafkaTarget,
  retries: number,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  patchIdleLoop();
  const options = clientOptions({ kafkaBrokers, security, clientId, logger: silentLogger });
  const admin = new Kafka({ ...options, retry: { ...options.retry, retries } }).admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Connects once, without trying again; answers how many brokers there are. Rejects with what was in the way. */
export function reachKafka(target: KafkaTarget): Promise<number> {
  return withAdmin(target, 0, async (admin) => (await admin.describeCluster()).brokers.length);
}
