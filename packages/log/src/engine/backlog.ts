// What a service has not got rid of: records in its outbox and records that stepped aside, how many and for how long. Bounded.
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";

/** Counting stops here: beyond it, more or fewer makes no difference to whoever looks. */
const COUNTED = 10_000;

/** How much waits, at most `COUNTED`, and for how long the oldest does, in seconds; 0 when nothing does. */
interface Waiting {
  readonly records: number;
  readonly oldestSeconds: number;
}

/** What a service has not got rid of. */
export interface Backlog {
  /** By whichever process of the service. Its age is counted from when this process first saw its first record. */
  readonly outbox: Waiting;
  readonly parked: Waiting & {
    /** Cases (keys) that wait. */
    readonly keys: number;
  };
}

/** Looks into the tables of a schema; each look remembers the first record of the outbox for the next. */
export function openBacklog(db: Db, schema: string): () => Promise<Backlog> {
  let first: { readonly seq: bigint; readonly at: number } | undefined;
  return async () => {
    const [outbox, parked] = await Promise.all([
      db.query<{ seq: bigint | null; records: number }>(sql`
        SELECT min(seq) AS seq, count(*)::integer AS records FROM (
          SELECT seq FROM ${sql.id(schema, "outbox")} ORDER BY seq LIMIT ${COUNTED}) AS o`),
      db.query<{ records: number; keys: number; seconds: number | null }>(sql`
        SELECT count(*)::integer AS records, count(DISTINCT (grp, topic, key))::integer AS keys,
          extract(epoch FROM clock_timestamp() - min(parked_at))::double precision AS seconds
        FROM (SELECT grp, topic, key, parked_at FROM ${sql.id(schema, "parked")} LIMIT ${COUNTED}) AS p`),
    ]);
    const seq = outbox[0]?.seq ?? undefined;
    const now = performance.now();
    // Rows hold no time, so that writing one costs nothing more: a first row that is the same as before has waited since then.
    first = seq === undefined ? undefined : first?.seq === seq ? first : { seq, at: now };
    return {
      outbox: { records: outbox[0]?.records ?? 0, oldestSeconds: first ? (now - first.at) / 1000 : 0 },
      parked: {
        records: parked[0]?.records ?? 0,
        keys: parked[0]?.keys ?? 0,
        oldestSeconds: Math.max(0, parked[0]?.seconds ?? 0),
      },
    };
  };
}
