// Logs for tests: each driver on its real server, as the test run provides it.
import { openDb, sql } from "@ruta/db";
import { Kafka, logLevel } from "kafkajs";
import { openLog } from "./open-log.ts";
import type { LogConfig } from "./open-log.ts";
import type { Log, TopicPartition } from "./port.ts";
import { logSchema } from "./postgres/driver.ts";
import { removeBelow } from "./postgres/retention.ts";

/** One driver as the test run has it. */
export interface TestLog {
  readonly name: Log["driver"];
  /** False when the run has no such server: its tests are skipped. */
  readonly available: boolean;
  /** How to open the log of this prefix, also from another process. */
  config(prefix: string): LogConfig;
  /** Opens the log of this prefix. With PostgreSQL its tables go when the last one that was opened here is closed. */
  open(prefix: string): Promise<Log>;
  /** Removes the records of a partition below an offset, as retention does. */
  truncate(prefix: string, partition: TopicPartition, below: bigint): Promise<void>;
}

const openLogs = new Map<string, number>();

function postgres(url: string | undefined): TestLog {
  const config = (prefix: string): LogConfig => ({ databaseUrl: url ?? "", prefix, clientId: "test" });
  const withDb = async (run: (db: ReturnType<typeof openDb>) => Promise<void>): Promise<void> => {
    const db = openDb({ url: url ?? "", name: "test", max: 1 });
    try {
      await run(db);
    } finally {
      await db.close();
    }
  };
  return {
    name: "postgres",
    available: url !== undefined,
    config,
    async open(prefix) {
      const log = await openLog(config(prefix));
      openLogs.set(prefix, (openLogs.get(prefix) ?? 0) + 1);
      return {
        ...log,
        async close() {
          await log.close();
          const left = (openLogs.get(prefix) ?? 1) - 1;
          openLogs.set(prefix, left);
          if (left > 0) return;
          await withDb(async (db) => {
            await db.query(sql`DROP SCHEMA IF EXISTS ${sql.id(logSchema(prefix))} CASCADE`);
          });
        },
      };
    },
    truncate: (prefix, { topic, partition }, below) =>
      withDb(async (db) => {
        const schema = logSchema(prefix);
        const [row] = await db.query<{ id: number }>(
          sql`SELECT id FROM ${sql.id(schema, "topic")} WHERE name = ${`${prefix}${topic}`}`,
        );
        if (row) await removeBelow(db, schema, { id: row.id, partition }, below);
      }),
  };
}

function kafka(brokers: string | undefined): TestLog {
  const config = (prefix: string): LogConfig => ({
    kafkaBrokers: brokers ?? "",
    databaseUrl: "",
    prefix,
    clientId: "test",
  });
  return {
    name: "kafka",
    available: brokers !== undefined,
    config,
    open: (prefix) => openLog(config(prefix)),
    async truncate(prefix, { topic, partition }, below) {
      const client = new Kafka({ brokers: (brokers ?? "").split(","), logLevel: logLevel.NOTHING });
      const admin = client.admin();
      await admin.connect();
      try {
        const name = `${prefix}${topic}`;
        await admin.fetchTopicOffsets(name); // kafkajs removes records only of topics it was asked about before
        await admin.deleteTopicRecords({ topic: name, partitions: [{ partition, offset: String(below) }] });
      } finally {
        await admin.disconnect();
      }
    },
  };
}

/** Every driver; servers come from RUTA_TEST_DATABASE_URL and RUTA_TEST_KAFKA_BROKERS. */
export function testLogs(): readonly TestLog[] {
  return [
    postgres(process.env.RUTA_TEST_DATABASE_URL || undefined),
    kafka(process.env.RUTA_TEST_KAFKA_BROKERS || undefined),
  ];
}
