// What the contract's sentences share: records, a log of its own for each file, engines over it, and a counting effect.
import { randomBytes } from "node:crypto";
import { openDb, sql } from "@ruta/db";
import type { Db, Tx } from "@ruta/db";
import { testDatabase } from "@ruta/db/testing";
import { TOPICS } from "@ruta/events";
import { openEngine } from "../engine/engine.ts";
import type { Engine, EngineOptions } from "../engine/engine.ts";
import type { Handled } from "../engine/work.ts";
import type { Log, LogRecord, NewRecord, TopicName, TopicSpec } from "../port.ts";
import type { TestLog } from "../testing.ts";

/** Bounds of every wait for a state. */
export const SOON = { timeout: 30_000, interval: 20 };

/** A prefix nobody else has. */
const newPrefix = (): string => `t${randomBytes(5).toString("hex")}.`;

/** A record with a text as its value. */
export function record(key: string, text: string, topic: TopicName = TOPICS.commands): NewRecord {
  return { topic, key, value: Buffer.from(text), headers: { ce_id: `${key}/${text}` } };
}

/** The text of a record's value. */
export const textOf = ({ value }: { readonly value: Uint8Array }): string => Buffer.from(value).toString();

/** Small topics for tests. */
export function specs(partitions: number): TopicSpec[] {
  return [TOPICS.commands, TOPICS.events].map((name) => ({ name, partitions, retentionMs: -1 }));
}

/** All records of a topic, partition by partition. */
export async function readAll(log: Log, topic: TopicName): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (const { partition, start, end } of await log.offsets(topic)) {
    for (let next = start; next < end;) {
      const records = await log.read(topic, partition, next, { maxWaitMs: 1_000 });
      const last = records.at(-1);
      if (!last) break;
      all.push(...records);
      next = last.offset + 1n;
    }
  }
  return all;
}

/** A log and a database of one test. */
export interface Bed {
  readonly prefix: string;
  readonly log: Log;
  readonly db: Db;
  readonly url: string;
  /** A second log client, as another process has it. */
  another(): Promise<Log>;
  engine(options?: Partial<EngineOptions>): Promise<Engine>;
  close(): Promise<void>;
}

/** Makes a bed with topics of so many partitions. */
export async function makeBed(driver: TestLog, partitions: number): Promise<Bed> {
  const prefix = newPrefix();
  const database = await testDatabase();
  const db = openDb({ url: database.url, name: "contract" });
  const logs: Log[] = [];
  const engines: Engine[] = [];
  const another = async (): Promise<Log> => {
    const log = await driver.open(prefix);
    logs.push(log);
    return log;
  };
  const log = await another();
  await log.createTopics(specs(partitions));
  await db.query(sql`CREATE TABLE effect (seq bigint GENERATED ALWAYS AS IDENTITY, key text, text text, by text)`);
  return {
    prefix,
    log,
    db,
    url: database.url,
    another,
    async engine(options = {}) {
      const engine = await openEngine({ log, db, service: "contract", schema: "contract", ...options });
      engines.push(engine);
      return engine;
    },
    async close() {
      await Promise.all(engines.map((engine) => engine.stop()));
      for (const one of logs.toReversed()) await one.close();
      await db.close();
      await database.drop();
    },
  };
}

/** Writes each record to the table `effect` and answers one event for it. */
export function counting(by: string) {
  return async (tx: Tx, batch: readonly Handled<string>[]): Promise<NewRecord[]> => {
    await tx.query(sql`INSERT INTO effect (key, text, by) SELECT *, ${by} FROM unnest(
      ${batch.map(({ record }) => record.key)}::text[], ${batch.map(({ message }) => message)}::text[])`);
    return batch.map(({ record: { key }, message }) => record(key, `did ${message}`, TOPICS.events));
  };
}

/** What the table `effect` holds, in order. */
export function effects(db: Db): Promise<{ key: string; text: string; by: string }[]> {
  return db.query(sql`SELECT key, text, by FROM effect ORDER BY seq`);
}
