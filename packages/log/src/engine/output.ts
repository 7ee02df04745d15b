// A service's own output: what the log has of it and its tables do not, since they were restored, is taken in before it works on.
import { sql } from "@ruta/db";
import type { Db, Querying, Tx } from "@ruta/db";
import type { Log, LogLogger, LogRecord, NewRecord, TopicName, TopicPartition } from "../port.ts";
import { MAX_BATCH } from "../port.ts";
import { readOffsets } from "./offsets.ts";
import type { Outbox } from "./outbox.ts";

/** How a service takes in its own output. */
export interface OwnOutput {
  /** Topics that it writes to. */
  readonly topics: readonly TopicName[];
  /**
   * Takes in records of one partition, in order, other services' among them; answers how many the tables did not know, and what has
   * to be appended for it. `last`: the log has no more of this partition.
   */
  readonly fold: (
    tx: Tx,
    records: readonly LogRecord[],
    last: boolean,
  ) => Promise<{ readonly unknown: number; readonly records?: readonly NewRecord[] }>;
  /**
   * Makes whatever is numbered from now on differ from what was numbered and lost: after a restore, before anything else. `logToo`:
   * the log was taken back with the tables, and has lost what came since.
   */
  readonly renew?: (tx: Tx, logToo: boolean) => Promise<void>;
}

/** What the position of a service's output stands on. */
export interface OutputDeps {
  readonly log: Log;
  readonly db: Db;
  readonly schema: string;
  readonly outbox: Pick<Outbox, "insert">;
  readonly logger: LogLogger;
}

/** How long one look waits for records that have to be there. */
const WAIT_MS = 1_000;

/** Notes in a schema, in the transaction that restores it, that its next start follows a restore. `takenAt` is the backup's time. */
export async function noteRestored(tx: Querying, schema: string, takenAt: string): Promise<void> {
  await tx.query(sql`INSERT INTO ${sql.id(schema, "restored")} (taken_at) VALUES (${takenAt}::timestamptz)`);
}

/** Takes in what lies behind the positions, and answers how much of it was unknown. Only while no other process decides anew. */
export async function foldOutput(deps: OutputDeps, { topics, fold, renew }: OwnOutput): Promise<number> {
  const { db, schema, log, logger } = deps;
  const restored = sql.id(schema, "restored");
  let renewed = false;
  async function renewOnce(tx: Tx, logToo: boolean): Promise<void> {
    if (!renewed) await renew?.(tx, logToo);
    renewed = true;
  }
  await db.tx(async (tx) => {
    const rows = await tx.query(sql`DELETE FROM ${restored} RETURNING 1`);
    if (rows.length > 0) await renewOnce(tx, log.driver === "postgres");
  });
  let total = 0;
  for (const topic of topics) {
    const bounds = await log.offsets(topic);
    await beginPositions(deps, topic, bounds);
    for (const { partition, end } of bounds)
      for (let more = true; more;) {
        const step = await foldStep(deps, { topic, partition }, end, fold, renewOnce);
        more = step.more;
        total += step.unknown;
        if (step.unknown > 0)
          logger.info({ topic, partition, count: total }, "taking in what the log has and the restored tables lack");
      }
  }
  return total;
}

/** A service that has never consumed begins at the log's start; one that has, and kept no position before, where the log ends. */
async function beginPositions(
  { db, schema }: OutputDeps,
  topic: TopicName,
  bounds: readonly { readonly partition: number; readonly start: bigint; readonly end: bigint }[],
): Promise<void> {
  await db.tx(async (tx) => {
    const isNew = (await readOffsets(tx, schema)).length === 0;
    await tx.query(sql`
      INSERT INTO ${sql.id(schema, "output_position")} (topic, partition, next)
      SELECT ${topic}, * FROM unnest(${bounds.map(({ partition }) => partition)}::integer[],
        ${bounds.map(({ start, end }) => (isNew ? start : end))}::bigint[])
      ON CONFLICT DO NOTHING`);
  });
}

async function foldStep(
  { log, db, schema, outbox }: OutputDeps,
  { topic, partition }: TopicPartition,
  end: bigint,
  fold: OwnOutput["fold"],
  renewOnce: (tx: Tx, logToo: boolean) => Promise<void>,
): Promise<{ more: boolean; unknown: number }> {
  const table = sql.id(schema, "output_position");
  const where = sql`topic = ${topic} AND partition = ${partition}`;
  const [standing] = await db.query<{ next: bigint }>(sql`SELECT next FROM ${table} WHERE ${where}`);
  const from = standing?.next ?? 0n;
  if (from >= end) return { more: false, unknown: 0 };
  const records = await log.read(topic, partition, from, { max: MAX_BATCH, maxWaitMs: WAIT_MS });
  const next = records.length === 0 ? end : records.at(-1)!.offset + 1n;
  return db.tx(async (tx) => {
    // The row is the lock: of two processes that start at once, the second finds it moved.
    const [locked] = await tx.query<{ next: bigint }>(sql`SELECT next FROM ${table} WHERE ${where} FOR UPDATE`);
    if (locked?.next !== from) return { more: true, unknown: 0 };
    const { unknown, records: follow = [] } = await fold(tx, records, next >= end);
    if (unknown > 0) await renewOnce(tx, false);
    await outbox.insert(tx, follow);
    await tx.query(sql`UPDATE ${table} SET next = ${next} WHERE ${where}`);
    return { more: next < end, unknown };
  });
}

/** Moves the positions to where the log ends: whatever it has by then was committed before, for the outbox is written first. */
export async function noteOutput({ log, db, schema }: OutputDeps, topics: readonly TopicName[]): Promise<void> {
  for (const topic of topics) {
    const bounds = await log.offsets(topic);
    await db.query(sql`
      UPDATE ${sql.id(schema, "output_position")} AS p SET next = e.next
      FROM unnest(${bounds.map(({ partition }) => partition)}::integer[], ${bounds.map(({ end }) => end)}::bigint[]) AS e (partition, next)
      WHERE p.topic = ${topic} AND p.partition = e.partition AND p.next < e.next`);
  }
}
