// The offsets of a group in SQL: the only truth about where it stands, and the fence against former holders.
import { sql } from "@ruta/db";
import type { Querying, Tx } from "@ruta/db";
import type { Position, TopicName, TopicPartition } from "../port.ts";
import { partitionRows } from "./rows.ts";

/** Somebody else has moved an offset since this consumer last read or wrote it: it no longer decides here. */
export class Fenced extends Error {
  readonly code = "fenced";
  constructor() {
    super("another holder has moved the offset");
    this.name = "Fenced";
  }
}

/** A step of one partition, from the value last read or written to the next. */
export interface Step extends TopicPartition {
  readonly expected: bigint;
  readonly next: bigint;
}

/**
 * Moves all offsets and does `fn` behind it, or throws Fenced. The move is the first statement of a consumer's transaction: its row
 * locks make a second holder wait, and then find another value than it expected. What `fn` asks goes together with it, and
 * counts for nothing when it failed.
 */
export async function fenced<T>(
  tx: Tx,
  { schema, group }: { readonly schema: string; readonly group: string },
  steps: readonly Step[],
  fn: () => Promise<T>,
): Promise<T> {
  const moved = advance(tx, schema, group, steps);
  const [step, done] = await Promise.allSettled([moved, fn()]);
  if (step.status === "rejected") throw step.reason;
  if (done.status === "rejected") throw done.reason;
  return done.value;
}

async function advance(tx: Tx, schema: string, group: string, steps: readonly Step[]): Promise<void> {
  const moved = await tx.query(sql`
    UPDATE ${sql.id(schema, "consumer_offset")} o SET next = s.next
    FROM unnest(${steps.map((s) => s.topic)}::text[], ${steps.map((s) => s.partition)}::integer[],
      ${steps.map((s) => s.expected)}::bigint[], ${steps.map((s) => s.next)}::bigint[]) AS s (topic, partition, expected, next)
    WHERE o.grp = ${group} AND o.topic = s.topic AND o.partition = s.partition AND o.next = s.expected
    RETURNING 1`);
  if (moved.length !== steps.length) throw new Fenced();
}

/**
 * Where the group stands in these partitions, waiting for a transaction that moves one of them. A group new to a
 * partition starts where `start` says.
 */
export async function lockOffsets(
  tx: Tx,
  schema: string,
  group: string,
  starts: readonly Position[],
): Promise<Position[]> {
  const table = sql.id(schema, "consumer_offset");
  await tx.query(sql`INSERT INTO ${table} (grp, topic, partition, next)
    SELECT ${group}, p.topic, p.partition, s.next FROM ${partitionRows(starts)} AS p
    JOIN unnest(${starts.map((s) => s.next)}::bigint[]) WITH ORDINALITY AS s (next, ord) ON s.ord = p.ord
    ORDER BY p.topic, p.partition ON CONFLICT DO NOTHING`);
  return tx.query<Position>(sql`SELECT topic, partition, next FROM ${table}
    WHERE grp = ${group} AND (topic, partition) IN (SELECT topic, partition FROM ${partitionRows(starts)} AS p)
    ORDER BY topic, partition FOR UPDATE`);
}

/** Where the groups of a service stand; of one group when it is named. */
export function readOffsets(
  on: Querying,
  schema: string,
  group?: string,
): Promise<{ group: string; topic: TopicName; partition: number; next: bigint }[]> {
  return on.query(sql`SELECT grp AS "group", topic, partition, next FROM ${sql.id(schema, "consumer_offset")}
    WHERE ${group ?? null}::text IS NULL OR grp = ${group ?? null} ORDER BY grp, topic, partition`);
}
