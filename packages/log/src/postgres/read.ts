// Reading: by partition from an offset, ends, and offsets by time.
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import type { LogRecord, Position, TopicName } from "../port.ts";
import type { Topic } from "./topics.ts";

/** A position by the topic's id. */
export interface Cursor extends Position {
  readonly topicId: number;
}

interface Row {
  readonly nth: number;
  readonly offset: bigint;
  readonly time: bigint;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: string;
}

/** At most `max` records behind the cursors, in order inside each partition; earlier cursors are served first. */
export async function readMany(db: Db, schema: string, cursors: readonly Cursor[], max: number): Promise<LogRecord[]> {
  const rows = await db.query<Row>(sql`
    SELECT c.nth::integer, r."offset", r.time, r.key, r.value, r.headers
    FROM unnest(${cursors.map((c) => c.topicId)}::integer[], ${cursors.map((c) => c.partition)}::integer[],
      ${cursors.map((c) => c.next)}::bigint[]) WITH ORDINALITY AS c (topic_id, partition, next, nth)
    CROSS JOIN LATERAL (
      SELECT r."offset", r.time, r.key, r.value, r.headers FROM ${sql.id(schema, "record")} r
      WHERE r.topic_id = c.topic_id AND r.partition = c.partition AND r."offset" >= c.next
      ORDER BY r."offset" LIMIT ${max}) r
    LIMIT ${max}`);
  return rows.map((row) => {
    const { topic, partition } = cursors[row.nth - 1]!;
    const headers = JSON.parse(row.headers) as Record<string, string>;
    return { topic, partition, offset: row.offset, time: Number(row.time), key: row.key, value: row.value, headers };
  });
}

/** First and next offsets of a topic's partitions. */
export function readOffsets(
  db: Db,
  schema: string,
  topic: Topic,
): Promise<{ partition: number; start: bigint; end: bigint }[]> {
  return db.query(sql`SELECT partition, first AS start, next AS "end" FROM ${sql.id(schema, "topic_partition")}
    WHERE topic_id = ${topic.id} ORDER BY partition`);
}

/** Offsets of a topic's partitions by time. */
export function readOffsetsAt(
  db: Db,
  schema: string,
  topic: Topic,
  timeMs: number,
): Promise<{ partition: number; offset: bigint }[]> {
  return db.query(sql`SELECT partition, ${sql.id(schema, "offset_at")}(topic_id, partition, ${Math.ceil(timeMs)}::bigint)
    AS "offset" FROM ${sql.id(schema, "topic_partition")} WHERE topic_id = ${topic.id} ORDER BY partition`);
}

/** A cursor for one partition. */
export function cursor(topic: Topic, name: TopicName, partition: number, next: bigint): Cursor {
  return { topic: name, topicId: topic.id, partition, next };
}
