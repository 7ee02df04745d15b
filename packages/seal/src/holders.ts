// Which living process was started with which of the hub's keys: noted at its start, said again while it runs, taken back at its end.
import { hostname } from "node:os";
import { sql } from "@ruta/db";
import type { Db, Querying, Sql } from "@ruta/db";

/** This process, as one that holds keys. */
export interface Holder {
  /** Notes fingerprints, beside those that it noted before. */
  note(tx: Querying, fingerprints: readonly string[]): Promise<void>;
  /** Takes everything back. */
  stop(): Promise<void>;
}

/** Between two signs of life, in ms: often enough that the connection which they use stays open. */
const BEAT_MS = 5_000;
/** Who was not heard of for so long, in seconds, has ended, or is cut off; one that was killed has lost its connection at once. */
const ALIVE_S = 30;

const tableOf = (schema: string): Sql => sql.id(schema, "holder");

/** SQL: the living processes that hold a key, as host/pid, in order. */
export function holdersOf(schema: string, fingerprint: Sql): Sql {
  return sql`ARRAY(SELECT host FROM ${tableOf(schema)} WHERE ${fingerprint} = ANY(fingerprints)
    AND seen_at > now() - make_interval(secs => ${ALIVE_S})
    AND EXISTS (SELECT FROM pg_stat_activity WHERE application_name = process) ORDER BY host)`;
}

/** Opens what is noted of this process, and says every few seconds that it lives. */
export function openHolder(db: Db, schema: string): Holder {
  const table = tableOf(schema);
  const held = new Set<string>();
  async function put(on: Querying): Promise<void> {
    await on.query(sql`
      INSERT INTO ${table} (process, host, fingerprints)
      VALUES (${db.session}, ${`${hostname()}/${process.pid}`}, ${[...held]}::text[])
      ON CONFLICT (process) DO UPDATE SET seen_at = now(), fingerprints = excluded.fingerprints`);
  }
  async function beat(): Promise<void> {
    await put(db);
    await db.query(sql`DELETE FROM ${table} WHERE seen_at < now() - interval '10 minutes'`);
  }
  // While the database is away there is nobody to tell; the next one makes it good.
  const timer = setInterval(() => void beat().catch(() => {}), BEAT_MS);
  timer.unref();
  return {
    async note(tx, fingerprints) {
      for (const fingerprint of fingerprints) held.add(fingerprint);
      await put(tx);
    },
    async stop() {
      clearInterval(timer);
      await db.query(sql`DELETE FROM ${table} WHERE process = ${db.session}`).catch(() => {});
    },
  };
}
