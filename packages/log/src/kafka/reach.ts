// Whether Kafka can be reached as this process is told to, asked once: for whoever sets a hub up and waits for the answer.
import { Kafka } from "kafkajs";
import type { LogConfig } from "../open-log.ts";
import { silentLogger } from "../port.ts";
import { clientOptions } from "./connection.ts";
import { patchIdleLoop } from "./patch.ts";

/** Connects once, without trying again; answers how many brokers there are. Rejects with what was in the way. */
export async function reachKafka(
  config: Pick<LogConfig, "kafkaBrokers" | "kafkaSecurity" | "clientId">,
): Promise<number> {
  const { kafkaBrokers = "", kafkaSecurity: security, clientId } = config;
  patchIdleLoop();
  const options = clientOptions({ kafkaBrokers, security, clientId, logger: silentLogger });
  const admin = new Kafka({ ...options, retry: { ...options.retry, retries: 0 } }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length;
  } finally {
    await admin.disconnect();
  }
}
