// `clocks`: the hub with a million clocks that wait, beside the same hub without: what an idle router and a loaded loop pay for them.
import { setTimeout as delay } from "node:timers/promises";
import { openDb, sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import type { Bed } from "./bed.ts";
import { delays, warm } from "./loop.ts";
import type { Row } from "./shape.ts";
import { percentiles, rounded } from "./times.ts";

const CLOCKS = 1_000_000;
/** Rows in one statement: none lasts long enough to be ended. */
const AT_ONCE = 20_000;
const RATE = 100;
/** Until what a start leaves to do is done. */
const QUIET_MS = 10_000;

/** Measures; `db_percent` is the time that PostgreSQL worked on statements of the database while the router alone was idle. */
export async function clocks(bed: Bed, count = CLOCKS): Promise<Row[]> {
  const db = openDb({ url: bed.servers.databaseUrl, name: "bench", max: 1 });
  try {
    await warm(bed, RATE);
    const without = await measure(bed, db);
    await bed.hub.stop();
    await fill(bed, db, count);
    await warm(bed, RATE);
    const all = await measure(bed, db);
    await bed.hub.stop();
    return [
      { ...without, service: "without" },
      { ...all, service: "with", stored: count },
    ];
  } finally {
    await db.close();
  }
}

/** Everything runs, at a steady load; then the router alone has nothing to do. */
async function measure(bed: Bed, db: Db): Promise<Row> {
  const { backend, hub, seconds, signal } = bed;
  await bed.open();
  const times = percentiles((await delays(bed, RATE, seconds)).map(({ ms }) => ms));
  await hub.run([["router"]], bed.execArgv);
  await delay(Math.min(QUIET_MS, seconds * 1000), undefined, { signal });
  const look = async () => ({ cpuS: (await hub.usage("router")).cpuS, dbMs: await worked(db), at: performance.now() });
  const before = await look();
  await delay(seconds * 1000, undefined, { signal });
  const after = await look();
  const ms = after.at - before.at;
  return {
    backend,
    measure: "clocks",
    rate: RATE,
    ...times,
    cpu_percent: rounded(((after.cpuS - before.cpuS) * 100_000) / ms),
    db_percent: rounded(((after.dbMs - before.dbMs) * 100) / ms),
  };
}

/** How long statements of this database have been worked on, in milliseconds. */
async function worked(db: Db): Promise<number> {
  const [row] = await db.query<{ ms: number }>(sql`
    SELECT active_time AS ms FROM pg_stat_database WHERE datname = current_database()`);
  return row?.ms ?? 0;
}

/** Copies a real case that waits under ids of their own; they ring from tomorrow on, over two weeks. The hub must not run. */
async function fill({ hub, say, signal }: Bed, db: Db, count: number): Promise<void> {
  const cases = sql.id(`${hub.prefix}_router`, "cases");
  say(`  storing ${count} clocks …`);
  // What a database does by itself after so many new rows is no part of what waiting costs.
  await db.query(sql`ALTER TABLE ${cases} SET (autovacuum_enabled = false)`);
  for (let done = 0; done < count; done += AT_ONCE) {
    signal.throwIfAborted();
    await db.query(sql`
      INSERT INTO ${cases} (case_id, version, state, ring_at)
      SELECT lpad(to_hex(n), 8, '0') || substr(case_id, 9), version, state, now() + interval '1 day' + (n % 1209600) * interval '1 second'
      FROM (SELECT case_id, version, state FROM ${cases} WHERE ring_at IS NOT NULL LIMIT 1) AS pattern,
        generate_series(${done + 1}::integer, ${Math.min(count, done + AT_ONCE)}::integer) AS n`);
  }
  await db.tx(async (tx) => {
    await tx.query(sql`SET LOCAL statement_timeout = '5min'`);
    await tx.query(sql`ANALYZE ${cases}`);
  });
}
