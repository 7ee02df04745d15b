// The group tables: who is alive, who is a member, who holds what; each change is one statement.
import { isGone, sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import type { TopicPartition } from "../port.ts";

/** A process not seen for so long has ended, on the database's clock, though its connections may stand; what it held is free. */
const EXPIRY_MS = 6_000;

/** One row of a group: a member of a topic, or (with a partition) the holder of a partition. */
export interface GroupRow {
  readonly grp: string;
  readonly topic: string;
  readonly member: string;
  readonly partition: number | null;
}

/** How far a group has consumed in a partition, by the topic's id. */
interface NotedPosition {
  readonly topicId: number;
  readonly partition: number;
  readonly next: bigint;
}

/** The statements on the group tables, for one process. */
export interface GroupTable {
  /** Says that this process lives. */
  enter(): Promise<void>;
  /** Says so again and removes the ended ones; false when this one had been taken for ended. */
  beat(): Promise<boolean>;
  /** Whether others were removed by the last `beat` is seen in these rows. */
  rows(groups: readonly string[]): Promise<GroupRow[]>;
  join(group: string, topics: readonly string[], member: string): Promise<void>;
  leave(group: string, member: string): Promise<void>;
  claim(group: string, member: string, topic: string, partitions: readonly number[]): Promise<number[]>;
  release(group: string, member: string, partitions: readonly TopicPartition[]): Promise<void>;
  /** Notes how far a group has consumed: retention keeps what lies above. */
  note(group: string, positions: readonly NotedPosition[]): Promise<void>;
  /** Takes this process out. */
  exit(): Promise<void>;
}

/** The tables in one schema. */
export function openGroupTable(db: Db, schema: string, processId: string): GroupTable {
  const process = sql.id(schema, "process");
  const memberTable = sql.id(schema, "member");
  const holding = sql.id(schema, "holding");
  return {
    async enter() {
      await db.query(sql`INSERT INTO ${process} VALUES (${processId}, clock_timestamp())
        ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()`);
    },
    async beat() {
      // A heartbeat need not survive a crash of the server: it does not wait for the disk.
      const [mine] = await db.query<{
        before: Date;
      }>(sql`WITH soft AS (SELECT set_config('synchronous_commit', 'off', true) AS set),
          before AS (SELECT seen_at FROM ${process} WHERE id = ${processId})
        UPDATE ${process} SET seen_at = clock_timestamp() FROM soft, before WHERE id = ${processId} AND soft.set = 'off'
        RETURNING before.seen_at AS before`);
      await db.query(sql`DELETE FROM ${process} AS p
        WHERE p.seen_at < clock_timestamp() - make_interval(secs => ${EXPIRY_MS / 1000})
          OR ${isGone(sql`p.id`, sql`p.seen_at`, sql`${mine?.before ?? null}::timestamptz`)}`);
      return mine !== undefined;
    },
    rows: (groups) =>
      db.query(sql`SELECT grp, topic, id AS member, NULL::integer AS partition FROM ${memberTable} WHERE grp = ANY(${groups})
        UNION ALL SELECT grp, topic, member_id, partition FROM ${holding} WHERE grp = ANY(${groups})`),
    async join(group, topics, member) {
      await db.query(sql`INSERT INTO ${memberTable} (grp, topic, id, process_id)
        SELECT ${group}, topic, ${member}, ${processId} FROM unnest(${topics}::text[]) AS topic ON CONFLICT DO NOTHING`);
    },
    async leave(group, member) {
      await db.query(sql`DELETE FROM ${memberTable} WHERE grp = ${group} AND id = ${member}`);
    },
    async claim(group, member, topic, partitions) {
      const claimed = await db.query<{ partition: number }>(sql`
        INSERT INTO ${holding} (grp, topic, partition, member_id)
        SELECT ${group}, ${topic}, n, ${member} FROM unnest(${partitions}::integer[]) AS n
        ON CONFLICT DO NOTHING RETURNING partition`);
      return claimed.map(({ partition }) => partition);
    },
    async release(group, member, partitions) {
      await db.query(sql`DELETE FROM ${holding} WHERE grp = ${group} AND member_id = ${member} AND (topic, partition) IN
        (SELECT * FROM unnest(${partitions.map((p) => p.topic)}::text[], ${partitions.map((p) => p.partition)}::integer[]))`);
    },
    async note(group, positions) {
      await db.query(sql`WITH soft AS (SELECT set_config('synchronous_commit', 'off', true) AS set)
        INSERT INTO ${sql.id(schema, "position")} (grp, topic_id, partition, next, seen_at)
        SELECT ${group}, p.*, clock_timestamp() FROM soft, unnest(${positions.map((p) => p.topicId)}::integer[],
          ${positions.map((p) => p.partition)}::integer[], ${positions.map((p) => p.next)}::bigint[]) AS p
        ON CONFLICT (topic_id, partition, grp) DO UPDATE SET next = excluded.next, seen_at = excluded.seen_at`);
    },
    async exit() {
      await db.query(sql`DELETE FROM ${process} WHERE id = ${processId}`);
    },
  };
}
