// What a bench stands on: a database with fsync on and, for Kafka, a broker, in a folder of their own that is removed at the end.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDb, sql } from "@ruta/db";
import { startEmbedded } from "@ruta/db/embedded";
import { startBroker } from "../../infra/kafka/broker.ts";
import { KAFKA_VERSION } from "../../infra/kafka/jars.ts";

/** Where the log lies. */
export type Backend = "embedded" | "kafka";

/** Running servers. */
export interface Servers {
  readonly folder: string;
  readonly databaseUrl: string;
  /** host:port; none for a log in the database. */
  readonly kafkaBrokers: string | undefined;
  /** What they are, by name. */
  readonly versions: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts them. */
export async function startServers(backend: Backend, say: (line: string) => void): Promise<Servers> {
  const folder = mkdtempSync(join(tmpdir(), "ruta-bench-"));
  chmodSync(folder, 0o711); // passable for the database's user
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).toReversed()) await one();
  };
  try {
    const database = await startEmbedded({ folder: join(folder, "database"), say });
    stops.push(database.stop);
    const postgres = await versionOf(database.url);
    if (backend === "embedded")
      return { folder, databaseUrl: database.url, kafkaBrokers: undefined, versions: { postgres }, stop };
    const broker = await startBroker({ folder: join(folder, "kafka"), say });
    stops.push(() => broker.stop());
    const versions = { postgres, kafka: KAFKA_VERSION };
    return { folder, databaseUrl: database.url, kafkaBrokers: broker.brokers, versions, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function versionOf(url: string): Promise<string> {
  const db = openDb({ url, name: "bench", max: 1 });
  try {
    const [row] = await db.query<{ version: string }>(sql`SELECT current_setting('server_version') AS version`);
    return row?.version ?? "unknown";
  } finally {
    await db.close();
  }
}
