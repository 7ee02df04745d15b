// Sweeps: what is old goes, a bounded part in each transaction, by one process at a time, now and then.
import { setTimeout as sleep } from "node:timers/promises";
import type { Db, Tx } from "./open.ts";
import { sql } from "./sql.ts";
import type { Sql } from "./sql.ts";

/** One kind of what goes. */
export interface Sweep {
  /** Whether it may be looked for now; asked outside of any transaction. */
  readonly when?: () => Promise<boolean>;
  /** Drops at most so many rows as take well below a second, and answers whether there may be more. */
  readonly drop: (tx: Tx) => Promise<boolean>;
}

/** What `startSweeps` takes. */
export interface SweepOptions {
  readonly db: Db;
  /** Whose tables they are: one process sweeps a schema at a time. */
  readonly schema: string;
  readonly sweeps: readonly Sweep[];
  readonly onError: (error: unknown) => void;
  /** Between two looks, in milliseconds; a minute when not said. */
  readonly everyMs?: number | undefined;
}

const EVERY_MS = 60_000;
/** The least pause after a part: whoever else writes comes first. */
const PAUSE_MS = 20;

/** Most rows that go in one transaction. */
const PART = 1_000;

/** A drop by a statement that takes at most as many rows as it is told, and returns one for each. */
export function inParts(statement: (most: number) => Sql): Sweep["drop"] {
  return async (tx) => (await tx.query(statement(PART))).length === PART;
}

/** A drop of rows of a table that nobody holds: `which` is the condition, with its order if it has one, on the table as `old`. */
export function rowsOf(table: Sql, which: Sql): Sweep["drop"] {
  return inParts(
    (most) => sql`
      DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
        SELECT old.ctid FROM ${table} AS old WHERE ${which} LIMIT ${most} FOR UPDATE SKIP LOCKED)) RETURNING 1`,
  );
}

/** Drops a part; false when there is no more, or another process is at it. */
async function part(db: Db, schema: string, sweep: Sweep): Promise<boolean> {
  return db.tx(async (tx) => {
    const [lock] = await tx.query<{ mine: boolean }>(
      sql`SELECT pg_try_advisory_xact_lock(hashtextextended(${`sweep ${schema}`}, 0)) AS mine`,
    );
    return lock?.mine === true && sweep.drop(tx);
  });
}

/** Drops everything that is old, with a pause after each part that is as long as the part took. */
export async function sweepAll(
  { db, schema, sweeps, onError }: Omit<SweepOptions, "everyMs">,
  signal?: AbortSignal,
): Promise<void> {
  for (const sweep of sweeps) {
    try {
      if (sweep.when && !(await sweep.when())) continue;
      for (let more = true; more && !signal?.aborted;) {
        const began = performance.now();
        more = await part(db, schema, sweep);
        if (more) await sleep(Math.max(PAUSE_MS, performance.now() - began), undefined, { signal }).catch(() => {});
      }
    } catch (error) {
      onError(error); // the next look makes it good
    }
  }
}

/** Sweeps now and then until the answer is called, which waits for the part in hand. The first look is at a time of its own. */
export function startSweeps({ everyMs = EVERY_MS, ...options }: SweepOptions): () => Promise<void> {
  const stop = new AbortController();
  async function loop(): Promise<void> {
    // Processes that start together do not look together, and none does while it starts.
    for (let waitMs = Math.random() * everyMs; ; waitMs = everyMs) {
      await sleep(waitMs, undefined, { signal: stop.signal, ref: false }).catch(() => {});
      if (stop.signal.aborted) return;
      await sweepAll(options, stop.signal);
    }
  }
  const looping = loop();
  return async () => {
    stop.abort();
    await looping;
  };
}
