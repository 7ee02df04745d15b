// The parked table: records that stepped aside with those of their key that wait behind them. It is the only dead letter.
import { sql } from "@ruta/db";
import type { Querying } from "@ruta/db";
import type { LogRecord, TopicPartition } from "../port.ts";
import { partitionRows, recordRows } from "./rows.ts";

/** Why a record is parked: `waiting` ones are sound, an earlier record of their key is not. */
export type ParkReason = "undecodable" | "threw" | "unknown-kind" | "waiting";

/** A record about to be parked. */
export interface ToPark {
  readonly record: LogRecord;
  readonly reason: ParkReason;
  readonly error: string;
  readonly attempts: number;
}

/** A key with parked records. */
export interface ParkedKey extends TopicPartition {
  readonly key: string;
}

/** The parked table of one schema, for one group. */
export interface Parked {
  insert(tx: Querying, records: readonly ToPark[]): Promise<void>;
  /** The keys with parked records in these partitions; only those flagged for release when asked. */
  keys(tx: Querying, partitions: readonly TopicPartition[], flagged: boolean): Promise<ParkedKey[]>;
  /** The first records of a key, by offset. */
  head(tx: Querying, key: ParkedKey, max: number): Promise<LogRecord[]>;
  /** The first record of each key in these partitions whose kind was not known when it came. */
  unknownHeads(tx: Querying, partitions: readonly TopicPartition[]): Promise<LogRecord[]>;
  remove(tx: Querying, key: ParkedKey, through: bigint): Promise<void>;
  /** The first record of a key, when staff has given it up. */
  givenUp(tx: Querying, key: ParkedKey): Promise<LogRecord | undefined>;
  /** Takes the first record of a key out of what is parked, and keeps it readable. */
  setAside(tx: Querying, key: ParkedKey, offset: bigint): Promise<void>;
  /** Records another failure of a key's first record, and takes the flag from the key. */
  failed(tx: Querying, key: ParkedKey, offset: bigint, reason: ParkReason, error: string): Promise<void>;
  flag(tx: Querying, keys: readonly ParkedKey[]): Promise<void>;
  /** How many stepped aside within the last minute on the database's clock, waiting ones not counted, by partition. */
  recent(
    tx: Querying,
    partitions: readonly TopicPartition[],
  ): Promise<{ topic: string; partition: number; count: number }[]>;
}

interface Row extends ParkedKey {
  readonly offset: bigint;
  readonly time: bigint;
  readonly value: Buffer;
  readonly headers: string;
}

const toRecord = (row: Row): LogRecord => ({
  ...row,
  time: Number(row.time),
  headers: JSON.parse(row.headers) as Record<string, string>,
});

/** The parked table as one group sees it. */
export function openParked(schema: string, group: string): Parked {
  const parked = sql.id(schema, "parked");
  const columns = sql.raw(`topic, partition, "offset", key, time, value, headers`);
  const within = (partitions: readonly TopicPartition[]) =>
    sql`grp = ${group} AND (topic, partition) IN (SELECT topic, partition FROM ${partitionRows(partitions)} AS p)`;
  const of = ({ topic, partition, key }: ParkedKey) =>
    sql`grp = ${group} AND topic = ${topic} AND partition = ${partition} AND key = ${key}`;
  return {
    async insert(tx, rows) {
      if (rows.length === 0) return;
      const records = rows.map(({ record }) => record);
      await tx.query(sql`
        INSERT INTO ${parked} (grp, topic, partition, "offset", key, time, value, headers, reason, error, attempts)
        SELECT ${group}, s.topic, s.partition, s."offset", r.key, s.time, r.value, r.headers, s.reason, s.error, s.attempts
        FROM ${recordRows(records)} AS r
        JOIN unnest(${records.map((r) => r.topic)}::text[], ${records.map((r) => r.partition)}::integer[],
          ${records.map((r) => r.offset)}::bigint[], ${records.map((r) => r.time)}::bigint[],
          ${rows.map((r) => r.reason)}::text[], ${rows.map((r) => r.error)}::text[], ${rows.map((r) => r.attempts)}::integer[])
          WITH ORDINALITY AS s (topic, partition, "offset", time, reason, error, attempts, ord) ON s.ord = r.ord
        ON CONFLICT DO NOTHING`);
    },
    keys: (tx, partitions, flagged) =>
      tx.query<ParkedKey>(sql`SELECT DISTINCT topic, partition, key FROM ${parked}
        WHERE ${within(partitions)} AND (release OR give_up OR NOT ${flagged})`),
    head: async (tx, key, max) =>
      (await tx.query<Row>(sql`SELECT ${columns} FROM ${parked} WHERE ${of(key)} ORDER BY "offset" LIMIT ${max}`)).map(
        toRecord,
      ),
    unknownHeads: async (tx, partitions) =>
      (
        await tx.query<Row>(sql`SELECT ${columns} FROM (
          SELECT DISTINCT ON (topic, partition, key) * FROM ${parked} WHERE ${within(partitions)}
          ORDER BY topic, partition, key, "offset") AS first WHERE reason = 'unknown-kind'`)
      ).map(toRecord),
    async remove(tx, key, through) {
      await tx.query(sql`DELETE FROM ${parked} WHERE ${of(key)} AND "offset" <= ${through}`);
    },
    async givenUp(tx, key) {
      const rows = await tx.query<Row>(sql`SELECT ${columns} FROM (
        SELECT * FROM ${parked} WHERE ${of(key)} ORDER BY "offset" LIMIT 1) AS first WHERE give_up`);
      return rows.map(toRecord)[0];
    },
    async setAside(tx, key, offset) {
      await tx.query(sql`
        WITH gone AS (DELETE FROM ${parked} WHERE ${of(key)} AND "offset" = ${offset} RETURNING *)
        INSERT INTO ${sql.id(schema, "set_aside")}
          (grp, topic, partition, "offset", key, time, value, headers, reason, error, attempts, note, parked_at)
        SELECT grp, topic, partition, "offset", key, time, value, headers, reason, error, attempts, note, parked_at FROM gone
        ON CONFLICT DO NOTHING`);
    },
    async failed(tx, key, offset, reason, error) {
      await tx.query(sql`UPDATE ${parked} SET release = false,
          reason = CASE WHEN "offset" = ${offset} THEN ${reason} ELSE reason END,
          error = CASE WHEN "offset" = ${offset} THEN ${error} ELSE error END,
          attempts = attempts + CASE WHEN "offset" = ${offset} THEN 1 ELSE 0 END
        WHERE ${of(key)}`);
    },
    async flag(tx, keys) {
      await tx.query(sql`UPDATE ${parked} SET release = true WHERE grp = ${group} AND (topic, partition, key) IN (
        SELECT * FROM unnest(${keys.map((k) => k.topic)}::text[], ${keys.map((k) => k.partition)}::integer[],
          ${keys.map((k) => k.key)}::text[]))`);
    },
    recent: (tx, partitions) =>
      tx.query(sql`SELECT topic, partition, count(*)::integer AS count FROM ${parked}
        WHERE ${within(partitions)} AND reason <> 'waiting' AND parked_at > clock_timestamp() - interval '1 minute'
        GROUP BY topic, partition`),
  };
}
