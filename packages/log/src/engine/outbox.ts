// The outbox table: written with the effect, read by the relay, handed on when its owner is gone.
import { isGone, sql } from "@ruta/db";
import type { Db, Sql, Tx } from "@ruta/db";
import type { NewRecord, TopicName, TopicPartition } from "../port.ts";
import { partitionRows, recordRows } from "./rows.ts";

/** A process of a service not seen for so long has ended, on the database's clock, though its connections may stand; its rows go to a living one. */
const EXPIRY_MS = 5_000;

/** A record of the outbox. */
interface OutboxRow extends NewRecord {
  readonly seq: bigint;
}

/** Where the records of a batch come from. */
interface Source {
  readonly group: string;
  /** The partition of each record, in their order. */
  readonly partitions: readonly TopicPartition[];
}

/** The outbox of one process of a service. */
export interface Outbox {
  /** Writes records in order, and answers their sequences. */
  insert(tx: Tx, records: readonly NewRecord[]): Promise<bigint[]>;
  /** Writes records in order, with what follows in the transaction. */
  put(tx: Tx, records: readonly NewRecord[], source?: Source): void;
  /** Removes what was sent, and answers this process's next rows by sequence. */
  next(sent: readonly bigint[], max: number): Promise<OutboxRow[]>;
  /** Takes what another process left unsent for partitions that are this one's now. */
  claim(tx: Tx, group: string, partitions: readonly TopicPartition[]): Promise<bigint[]>;
  /** Which of these are still there. */
  present(seqs: readonly bigint[]): Promise<Set<bigint>>;
  /** Whatever any process has yet to send to a topic under a key. */
  unsent(topic: TopicName, key: string): Promise<bigint[]>;
  /** Keys of a topic's records that other processes have committed and the log does not have yet. */
  unsentKeys(tx: Tx, topic: TopicName): Promise<Set<string>>;
  /** Says that this process lives, and takes the rows of those that do not; answers how many. */
  beat(): Promise<number>;
  /** Says that this process has ended. */
  exit(): Promise<void>;
}

/** The outbox in one schema, as `owner` sees it. */
export function openOutbox(db: Db, schema: string, owner: string): Outbox {
  const outbox = sql.id(schema, "outbox");
  const instance = sql.id(schema, "engine_instance");
  const seqs = (rows: readonly { seq: bigint }[]): bigint[] => rows.map(({ seq }) => seq);
  function insertion(records: readonly NewRecord[], source?: Source): Sql {
    const from = source?.partitions;
    return sql`
      INSERT INTO ${outbox} (owner, grp, source_topic, source_partition, topic, key, value, headers)
      SELECT ${owner}, ${source?.group ?? null}, s.source_topic, s.source_partition, s.topic, r.key, r.value, r.headers
      FROM ${recordRows(records)} AS r
      JOIN unnest(${records.map(({ topic }) => topic)}::text[], ${records.map((_, n) => from?.[n]?.topic ?? null)}::text[],
        ${records.map((_, n) => from?.[n]?.partition ?? null)}::integer[])
        WITH ORDINALITY AS s (topic, source_topic, source_partition, ord) ON s.ord = r.ord
      ORDER BY r.ord`;
  }
  return {
    async insert(tx, records) {
      if (records.length === 0) return [];
      return seqs(await tx.query<{ seq: bigint }>(sql`${insertion(records)} RETURNING seq`));
    },
    put(tx, records, source) {
      if (records.length > 0) tx.send(insertion(records, source));
    },
    async next(sent, max) {
      // Were a mark lost with the server, its record would be sent again: it does not wait for the disk.
      const rows = await db.query<{ seq: bigint; topic: TopicName; key: string; value: Buffer; headers: string }>(sql`
        WITH soft AS (SELECT set_config('synchronous_commit', 'off', true)),
        gone AS (DELETE FROM ${outbox} USING soft WHERE seq = ANY(${sent}::bigint[]))
        SELECT seq, topic, key, value, headers FROM ${outbox}
        WHERE owner = ${owner} AND seq <> ALL(${sent}::bigint[]) ORDER BY seq LIMIT ${max}`);
      return rows.map((row) => ({ ...row, headers: JSON.parse(row.headers) as Record<string, string> }));
    },
    async claim(tx, group, partitions) {
      return seqs(
        await tx.query<{ seq: bigint }>(sql`UPDATE ${outbox} SET owner = ${owner}
          WHERE grp = ${group} AND (source_topic, source_partition) IN
            (SELECT topic, partition FROM ${partitionRows(partitions)} AS p) RETURNING seq`),
      );
    },
    async present(asked) {
      return new Set(
        seqs(await db.query<{ seq: bigint }>(sql`SELECT seq FROM ${outbox} WHERE seq = ANY(${asked}::bigint[])`)),
      );
    },
    async unsent(topic, key) {
      return seqs(
        await db.query<{ seq: bigint }>(sql`
          SELECT seq FROM ${outbox} WHERE topic = ${topic} AND key = ${key}`),
      );
    },
    async unsentKeys(tx, topic) {
      const rows = await tx.query<{ key: string }>(sql`
        SELECT DISTINCT key FROM ${outbox} WHERE topic = ${topic} AND owner <> ${owner}`);
      return new Set(rows.map(({ key }) => key));
    },
    async beat() {
      // A heartbeat need not survive a crash of the server: it does not wait for the disk.
      const [row] = await db.query<{ taken: number }>(sql`
        WITH soft AS (SELECT set_config('synchronous_commit', 'off', true) AS set),
        beat AS (INSERT INTO ${instance} SELECT ${owner}, clock_timestamp() FROM soft
          ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()),
        before AS (SELECT max(seen_at) AS seen_at FROM ${instance} WHERE id = ${owner}),
        forgotten AS (DELETE FROM ${instance} WHERE seen_at < clock_timestamp() - interval '1 hour'),
        taken AS (UPDATE ${outbox} SET owner = ${owner} WHERE owner <> ${owner} AND owner NOT IN (
          SELECT i.id FROM ${instance} AS i, before
          WHERE i.seen_at > clock_timestamp() - make_interval(secs => ${EXPIRY_MS / 1000})
            AND NOT ${isGone(sql`i.id`, sql`i.seen_at`, sql`before.seen_at`)})
          RETURNING seq)
        SELECT count(*)::integer AS taken FROM taken`);
      return row?.taken ?? 0;
    },
    async exit() {
      await db.query(sql`DELETE FROM ${instance} WHERE id = ${owner}`);
    },
  };
}
