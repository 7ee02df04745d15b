// The lock under which one process migrates a schema: looked for again and again, since whoever waited for it would hold others up.
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { sql } from "./sql.ts";
import type { Sql } from "./sql.ts";

/** Between two looks for the lock, in milliseconds. */
const LOOK_MS = 50;
/** A change of a table waits no longer than this for those who use it: everyone who comes after waits behind it. */
const LOCK_TIMEOUT = "1s";
/** Between two tries of such a change, and how long they go on, in milliseconds. */
const AGAIN_MS = 1_000;
const GIVE_UP_MS = 120_000;
/** No lock in time, or a deadlock with one who uses what is changed. */
const AGAIN = new Set(["55P03", "40P01"]);

const keyOf = (schema: string): Sql => sql`hashtextextended(${`migrate ${schema}`}, 0)`;

async function took(client: pg.Client, query: Sql): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(query.text, [...query.values]);
  return rows[0]?.taken === true;
}

/**
 * Runs `fn` in a transaction under the lock of a schema; the lock comes first, since even CREATE ... IF NOT EXISTS fails when
 * two do it at once. Tried again while others use what `fn` changes; for two minutes at most, then it throws and names `what`.
 */
export async function locked<T>(client: pg.Client, schema: string, what: string, fn: () => Promise<T>): Promise<T> {
  for (const end = performance.now() + GIVE_UP_MS; ;) {
    await client.query("BEGIN");
    try {
      if (await took(client, sql`SELECT pg_try_advisory_xact_lock(${keyOf(schema)}) AS taken`)) {
        await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
        const result = await fn();
        await client.query("COMMIT");
        return result;
      }
      await client.query("ROLLBACK");
      await sleep(LOOK_MS);
    } catch (error) {
      await client.query("ROLLBACK").catch(() => {});
      if (!(error instanceof Error && "code" in error && AGAIN.has(String(error.code)))) throw error;
      if (performance.now() > end)
        throw new Error(
          `migration ${what} of schema ${schema} cannot have the table that it changes: some transaction holds it ` +
            `(pg_stat_activity shows which); end that, and start again`,
          { cause: error },
        );
      await sleep(AGAIN_MS);
    }
  }
}

/** Runs `fn` under the same lock and outside of any transaction. */
export async function lockedForSession<T>(client: pg.Client, schema: string, fn: () => Promise<T>): Promise<T> {
  while (!(await took(client, sql`SELECT pg_try_advisory_lock(${keyOf(schema)}) AS taken`))) await sleep(LOOK_MS);
  try {
    return await fn();
  } finally {
    // An error here would hide the first one; the end of the connection frees the lock as well.
    await took(client, sql`SELECT pg_advisory_unlock(${keyOf(schema)}) AS taken`).catch(() => {});
  }
}
