// What staff sees of parked records and does with them: a list without content, one record whole, release, and giving up.
import { sql } from "@ruta/db";
import type { Querying, Sql, Tx } from "@ruta/db";
import type { LogRecord, TopicName } from "../port.ts";
import type { ParkReason } from "./parked.ts";

/** Where a record lies, and which group cannot process it. */
export interface ParkedId {
  readonly group: string;
  readonly topic: TopicName;
  readonly partition: number;
  readonly offset: bigint;
}

/** A parked record as an operator sees it: no content. Times are milliseconds. */
export interface ParkedRecord extends ParkedId {
  readonly key: string;
  /** `giving-up` until the holder of its partition has set it aside. */
  readonly state: "parked" | "giving-up" | "set-aside";
  /** The first of its key: the others wait behind it. */
  readonly first: boolean;
  readonly reason: ParkReason;
  /** Name, code and place of what was thrown; empty when nothing was. */
  readonly error: string;
  readonly attempts: number;
  readonly parkedAt: number;
  /** Flagged for release; the holder of its partition executes it soon. */
  readonly release: boolean;
  /** What whoever proposed to give it up wrote down; empty while nobody has. */
  readonly note: string;
}

/** Which records, by group, topic, partition and offset. */
export interface ParkedFilter {
  /** What was given up instead of what is parked. */
  readonly setAside?: boolean | undefined;
  readonly key?: string | undefined;
  readonly reason?: ParkReason | undefined;
  readonly after?: ParkedId | undefined;
  readonly limit?: number | undefined;
}

/** The parked records of a service, over all its groups. */
export interface Aside {
  list(on: Querying, filter: ParkedFilter): Promise<ParkedRecord[]>;
  /** One record with its bytes, parked or set aside. */
  get(on: Querying, id: ParkedId): Promise<{ readonly parked: ParkedRecord; readonly record: LogRecord } | undefined>;
  /** Flags the parked records of a key; answers how many. */
  release(tx: Querying, topic: string, key: string): Promise<number>;
  /** Writes a note on the first record of a key; false for any other, and when it is given up already. */
  note(tx: Tx, id: ParkedId, note: string): Promise<boolean>;
  /** Gives up the first record of a key, if its note is still `expected`; the holder of its partition sets it aside. */
  giveUp(tx: Tx, id: ParkedId, expected: string, note: string): Promise<boolean>;
}

type Row = Omit<ParkedRecord, "parkedAt"> & { readonly parkedAt: Date };

/** The parked records in one schema. */
export function openAside(schema: string): Aside {
  const parked = sql.id(schema, "parked");
  const setAside = sql.id(schema, "set_aside");
  const common = sql.raw(
    `grp AS "group", topic, partition, "offset", key, reason, error, attempts, note, parked_at AS "parkedAt"`,
  );
  const whole = sql.raw(`time, value, headers`);
  const rows = (columns: Sql) => ({
    parked: sql`(SELECT ${columns}, release, CASE WHEN give_up THEN 'giving-up' ELSE 'parked' END AS state,
      "offset" = min("offset") OVER (PARTITION BY grp, topic, partition, key) AS first FROM ${parked}) AS p`,
    setAside: sql`(SELECT ${columns}, false AS release, 'set-aside' AS state, false AS first FROM ${setAside}) AS p`,
  });
  const is = ({ group, topic, partition, offset }: ParkedId) =>
    sql`grp = ${group} AND topic = ${topic} AND partition = ${partition} AND "offset" = ${offset}`;
  const isFirst = sql`NOT EXISTS (SELECT 1 FROM ${parked} AS b WHERE (b.grp, b.topic, b.partition, b.key) = (p.grp, p.topic, p.partition, p.key)
    AND b."offset" < p."offset")`;
  const done = (found: readonly unknown[]) => found.length > 0;
  return {
    async list(on, { setAside = false, key, reason, after, limit }) {
      const source = rows(common)[setAside ? "setAside" : "parked"];
      const found = await on.query<Row>(sql`SELECT * FROM ${source}
        WHERE (${key ?? null}::text IS NULL OR key = ${key ?? null}) AND (${reason ?? null}::text IS NULL OR reason = ${reason ?? null})
          AND (${after?.group ?? null}::text IS NULL OR ("group", topic, partition, "offset") > (${after?.group ?? null}::text,
            ${after?.topic ?? null}::text, ${after?.partition ?? null}::integer, ${after?.offset ?? null}::bigint))
        ORDER BY "group", topic, partition, "offset" LIMIT ${limit ?? null}::integer`);
      return found.map(toParked);
    },

    async get(on, id) {
      for (const source of Object.values(rows(sql`${common}, ${whole}`))) {
        const [row] = await on.query<Row & { time: bigint; value: Buffer; headers: string }>(sql`SELECT * FROM ${source}
          WHERE "group" = ${id.group} AND topic = ${id.topic} AND partition = ${id.partition} AND "offset" = ${id.offset}`);
        if (!row) continue;
        const { time, value, headers, ...rest } = row;
        const { topic, partition, offset, key } = rest;
        const read = JSON.parse(headers) as Record<string, string>;
        return {
          parked: toParked(rest),
          record: { topic, partition, offset, key, time: Number(time), value, headers: read },
        };
      }
      return undefined;
    },

    async release(tx, topic, key) {
      const flagged = await tx.query(sql`UPDATE ${parked} SET release = true
        WHERE topic = ${topic} AND key = ${key} RETURNING 1`);
      return flagged.length;
    },

    async note(tx, id, note) {
      return done(
        await tx.query(
          sql`UPDATE ${parked} AS p SET note = ${note} WHERE ${is(id)} AND NOT give_up AND ${isFirst} RETURNING 1`,
        ),
      );
    },

    async giveUp(tx, id, expected, note) {
      const given = await tx.query<{ key: string }>(sql`UPDATE ${parked} AS p SET give_up = true, note = ${note}
        WHERE ${is(id)} AND NOT give_up AND note = ${expected} AND ${isFirst} RETURNING key`);
      const [first] = given;
      // What waits behind it goes on as soon as it is out of the way.
      if (first)
        await tx.query(sql`UPDATE ${parked} SET release = true WHERE grp = ${id.group} AND topic = ${id.topic}
          AND partition = ${id.partition} AND key = ${first.key}`);
      return done(given);
    },
  };
}

function toParked(row: Row): ParkedRecord {
  return { ...row, parkedAt: row.parkedAt.getTime() };
}
