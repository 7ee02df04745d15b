// Retention: removes records that are older than their topic keeps them and that every group has read, a part at a time.
import { sql } from "@ruta/db";
import type { Db, Querying, Sweep } from "@ruta/db";

/** Records removed in one transaction. */
const PART = 5_000;
/** A group that nobody has been a member of for so many days holds nothing any more. */
const GROUP_DAYS = 90;

/** A partition as SQL knows it. */
interface Place {
  readonly id: number;
  readonly partition: number;
}

/** Removes a partition's records below an offset (never above its end) and moves its start. */
export async function removeBelow(db: Db, schema: string, place: Place, below: bigint): Promise<void> {
  await moveStart(db, schema, place, below);
  while ((await removePart(db, schema, place)) === PART);
}

/** In a transaction of its own: a reader then sees a later start, never a hole behind it, and writers wait for no removal. */
async function moveStart(on: Querying, schema: string, { id, partition }: Place, to: bigint): Promise<void> {
  await on.query(sql`UPDATE ${sql.id(schema, "topic_partition")} SET first = greatest(first, least(next, ${to}::bigint))
    WHERE topic_id = ${id} AND partition = ${partition}`);
}

/** Removes a part of what lies before the start; answers how many. */
async function removePart(on: Querying, schema: string, { id, partition }: Place): Promise<number> {
  const record = sql.id(schema, "record");
  const here = sql`topic_id = ${id} AND partition = ${partition}`;
  // A stretch of the key: offsets have no gaps, and no planner can take another way than the index.
  const removed = await on.query(sql`DELETE FROM ${record} WHERE ${here} AND "offset" < least(
      (SELECT first FROM ${sql.id(schema, "topic_partition")} WHERE ${here}),
      (SELECT min("offset") + ${PART}::bigint FROM ${record} WHERE ${here})) RETURNING 1`);
  return removed.length;
}

/** What goes of a log: records that no topic keeps any more, and groups that are long gone. */
export function retention(schema: string): Sweep[] {
  const [topic, partition] = [sql.id(schema, "topic"), sql.id(schema, "topic_partition")];
  const [record, position] = [sql.id(schema, "record"), sql.id(schema, "position")];
  return [
    {
      async drop(tx) {
        const moving = await tx.query<Place & { below: bigint }>(sql`
          SELECT p.topic_id AS id, p.partition, e.below
          FROM ${topic} t JOIN ${partition} p ON p.topic_id = t.id
          CROSS JOIN LATERAL (SELECT least(
            ${sql.id(schema, "offset_at")}(p.topic_id, p.partition,
              floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - t.retention_ms),
            (SELECT min(g.next) FROM ${position} g WHERE g.topic_id = p.topic_id AND g.partition = p.partition)) AS below) AS e
          WHERE t.retention_ms >= 0 AND p.first < p.next AND e.below > p.first ORDER BY p.topic_id, p.partition`);
        for (const place of moving) await moveStart(tx, schema, place, place.below);
        return false;
      },
    },
    {
      async drop(tx) {
        const [place] = await tx.query<Place>(sql`
          SELECT p.topic_id AS id, p.partition FROM ${partition} p WHERE EXISTS (SELECT FROM ${record} r
            WHERE r.topic_id = p.topic_id AND r.partition = p.partition AND r."offset" < p.first) LIMIT 1`);
        if (place) await removePart(tx, schema, place);
        return place !== undefined;
      },
    },
    {
      async drop(tx) {
        await tx.query(sql`DELETE FROM ${position}
          WHERE seen_at < clock_timestamp() - make_interval(days => ${GROUP_DAYS})`);
        return false;
      },
    },
  ];
}
