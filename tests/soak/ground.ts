// What a soak runs on: a database and, for Kafka, a broker of its own, in a folder whose files are measured.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "@ruta/db/embedded";
import { startBroker } from "../../infra/kafka/broker.ts";

/** Servers of a soak. */
export interface SoakServers {
  readonly databaseUrl: string;
  /** Where the database's files lie. */
  readonly databaseFiles: string;
  readonly kafkaBrokers: string | undefined;
  /** Where the broker's segments lie. */
  readonly kafkaFiles: string | undefined;
  /** An empty folder. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts them; the broker looks for what is old as often as said. */
export async function startSoakServers(
  driver: "postgres" | "kafka",
  lookMs: number,
  say: (line: string) => void,
): Promise<SoakServers> {
  const root = mkdtempSync(join(tmpdir(), "ruta-soak-"));
  chmodSync(root, 0o711); // passable for the database's user
  const stops: (() => Promise<void>)[] = [async () => rmSync(root, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).toReversed()) await one();
  };
  try {
    const database = await startEmbedded({ folder: join(root, "database") });
    stops.push(() => database.stop());
    const broker =
      driver === "kafka"
        ? await startBroker({
            folder: join(root, "kafka"),
            settings: { "log.retention.check.interval.ms": lookMs, "log.initial.task.delay.ms": 1_000 },
            say,
          })
        : undefined;
    if (broker) stops.push(() => broker.stop());
    return {
      databaseUrl: database.url,
      databaseFiles: database.data,
      kafkaBrokers: broker?.brokers,
      kafkaFiles: broker && join(root, "kafka", "data"),
      folder: mkdtempSync(join(root, "inside-")),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
