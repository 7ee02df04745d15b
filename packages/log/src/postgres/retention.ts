// Retention: removes records that are older than their topic keeps them, a slice at a time.
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";

/** How often a process looks; whoever comes first does the work. */
const SWEEP_MS = 60_000;
/** Records removed in one transaction. */
const SLICE = 5_000;

/** Removes a partition's records below an offset (never above its end) and moves its start. */
export async function removeBelow(
  db: Db,
  schema: string,
  topicId: number,
  partition: number,
  below: bigint,
): Promise<void> {
  // The start moves first: a reader then sees a later start, never a hole behind the one it was told.
  const [moved] = await db.query<{ first: bigint }>(sql`UPDATE ${sql.id(schema, "topic_partition")}
    SET first = greatest(first, least(next, ${below}::bigint))
    WHERE topic_id = ${topicId} AND partition = ${partition} RETURNING first`);
  if (!moved) return;
  let removed: number;
  do {
    const rows = await db.query(sql`DELETE FROM ${sql.id(schema, "record")}
      WHERE topic_id = ${topicId} AND partition = ${partition} AND "offset" IN (
        SELECT "offset" FROM ${sql.id(schema, "record")} WHERE topic_id = ${topicId} AND partition = ${partition}
          AND "offset" < ${moved.first} ORDER BY "offset" LIMIT ${SLICE}) RETURNING 1`);
    removed = rows.length;
  } while (removed === SLICE);
}

/** Removes what every topic no longer keeps. */
export async function sweep(db: Db, schema: string): Promise<void> {
  const expired = await db.query<{ id: number; partition: number; below: bigint; first: bigint }>(sql`
    SELECT t.id, p.partition, p.first, ${sql.id(schema, "offset_at")}(t.id, p.partition,
      floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - t.retention_ms) AS below
    FROM ${sql.id(schema, "topic")} t JOIN ${sql.id(schema, "topic_partition")} p ON p.topic_id = t.id
    WHERE t.retention_ms >= 0`);
  for (const { id, partition, below, first } of expired) {
    if (below > first) await removeBelow(db, schema, id, partition, below);
  }
}

/** Sweeps now and then until stopped; a sweep that fails is made good by the next. */
export function startRetention(db: Db, schema: string): () => void {
  const timer = setInterval(() => void sweep(db, schema).catch(() => {}), SWEEP_MS);
  timer.unref();
  return () => clearInterval(timer);
}
