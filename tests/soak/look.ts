// One look at a hub in a soak: every table, the files, and each process.
import { join } from "node:path";
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { TOPIC_SPECS } from "@ruta/events";
import type { City } from "../city.ts";
import { inspect, listening } from "../inspect.ts";
import { bytesByTopic, bytesIn } from "./files.ts";
import type { SoakServers } from "./ground.ts";
import type { Meaning } from "./judge.ts";
import { bytes, lookAtTables } from "./tables.ts";

/** What is looked at. */
export interface Watched {
  readonly city: City;
  readonly servers: SoakServers;
  readonly db: Db;
  /** How each quantity may grow; filled by the first look. */
  readonly meanings: Map<string, Meaning>;
}

/** Write-ahead log: PostgreSQL keeps as much as it is set to, and a part more while a checkpoint is under way. */
const WAL_FACTOR = 1.25;

/** All quantities now. */
export async function look(watched: Watched): Promise<Record<string, number>> {
  const { city, servers, db, meanings } = watched;
  const values = await lookAtTables(db, city.env.RUTA_PREFIX ?? "", meanings);
  const note = (name: string, value: number, meaning: Meaning): void => {
    values[name] = value;
    meanings.set(name, meaning);
  };
  const wal = join(servers.databaseFiles, "pg_wal");
  const [limit] = await db.query<{ most: bigint }>(sql`SELECT pg_size_bytes(current_setting('max_wal_size')) AS most`);
  note("database's write-ahead log", bytesIn(wal), bytes({ most: Number(limit?.most) * WAL_FACTOR }, 0));
  note(
    "database's other files",
    bytesIn(servers.databaseFiles, (path) => path === wal),
    bytes("cases", 48),
  );
  note(
    "what processes print",
    bytesIn(city.folder, (path) => !path.endsWith("hub.log")),
    bytes("cases", 4),
  );
  // The memory of the institutions is no part of the hub.
  const own = (path: string): boolean => /hub\.log$|\.journal/.test(path);
  note("the hub's folder", bytesIn(city.folder, own), bytes("flat", 1));
  if (servers.kafkaFiles !== undefined)
    for (const [topic, size] of bytesByTopic(servers.kafkaFiles)) {
      const spec = TOPIC_SPECS.find(({ name }) => topic.endsWith(name));
      note(
        `Kafka's segments of ${spec?.name ?? topic}`,
        size,
        bytes(spec && spec.retentionMs < 0 ? "cases" : "flat", 4),
      );
    }
  for (const { pid, usedBytes, rssBytes } of await inspect(city, servers.folder)) {
    const app = listening(servers.folder).find((one) => one.pid === pid && adminOf(city, one.port) >= 0);
    const name = city.processes[app ? adminOf(city, app.port) : -1]?.name ?? `process ${pid}`;
    note(`${name} memory in use`, usedBytes, { bound: "flat", unit: "bytes", factor: 1.1, slack: 8 * 2 ** 20 });
    note(`${name} RSS`, rssBytes, { bound: "flat", unit: "bytes", factor: 1.15, slack: 24 * 2 ** 20 });
  }
  return values;
}

function adminOf(city: City, port: number): number {
  return city.adminUrls.findIndex((url) => new URL(url).port === String(port));
}
