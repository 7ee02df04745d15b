// Starts once, for all tests with real servers: PostgreSQL from npm, and Kafka where it can be had.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "@ruta/db/embedded";
import { startTestKafka } from "./kafka-server.ts";

/** Vitest calls it before the first test and what it answers after the last; workers read the variables. */
export default async function setup(): Promise<() => Promise<void>> {
  const stops: (() => Promise<void>)[] = [];
  if (!process.env.RUTA_TEST_DATABASE_URL) {
    const folder = mkdtempSync(join(tmpdir(), "ruta-tests-"));
    chmodSync(folder, 0o711); // passable for the database's user, or its data would go elsewhere and stay there
    const server = await startEmbedded({ folder, fsync: false });
    process.env.RUTA_TEST_DATABASE_URL = server.url;
    stops.push(async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    });
  }
  const kafka = await startTestKafka();
  if (kafka.brokers) process.env.RUTA_TEST_KAFKA_BROKERS = kafka.brokers;
  stops.push(() => kafka.stop());
  return async () => {
    for (const stop of stops.toReversed()) await stop();
  };
}
