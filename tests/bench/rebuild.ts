// `rebuild`: the gateway's view is emptied and folded again from the start of the log; the same rows must come out.
import { setTimeout as delay } from "node:timers/promises";
import { openDb, sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import type { Bed } from "./bed.ts";
import { Lost } from "./books.ts";
import type { Row } from "./shape.ts";
import { rounded } from "./times.ts";

/** With fewer events stored, some are made first. */
const ENOUGH = 20_000;
const LIMIT_MS = 300_000;
const LOOK_MS = 100;

async function storedIn(bed: Bed): Promise<number> {
  return (await bed.log.offsets(TOPICS.events)).reduce((sum, { start, end }) => sum + Number(end - start), 0);
}

/** Measures. */
export async function rebuild(bed: Bed): Promise<Row[]> {
  const { hub, servers, backend } = bed;
  const enough = Math.min(ENOUGH, ENOUGH * bed.seconds);
  while ((await storedIn(bed)) < enough) {
    await bed.open();
    await hub.run(bed.everything);
    await bed.send({ seconds: Math.max(5, bed.seconds) });
    await bed.settle();
  }
  await hub.stop();
  const stored = await storedIn(bed);
  const db = openDb({ url: servers.databaseUrl, name: "bench", max: 1 });
  try {
    const schema = `${hub.prefix}_gateway`;
    const before = await viewOf(db, schema);
    const tables = ["case_event", "referral", "referral_number"].map((name) => sql.id(schema, name));
    for (const table of tables) await db.query(sql`TRUNCATE ${table}`);
    await db.query(sql`UPDATE ${sql.id(schema, "consumer_offset")} SET next = 0 WHERE topic = ${TOPICS.events}`);
    await hub.run([["gateway"]], bed.execArgv);
    const seconds = await folded(bed, db, schema);
    if ((await viewOf(db, schema)) !== before) throw new Lost("the view that was folded again differs");
    return [{ backend, measure: "rebuild", per_s: rounded(stored / seconds), stored }];
  } finally {
    await db.close();
  }
}

/** Waits until the gateway has folded everything; answers the seconds from its first batch on. */
async function folded(bed: Bed, db: Db, schema: string): Promise<number> {
  const goal = (await bed.log.offsets(TOPICS.events)).reduce((sum, { end }) => sum + end, 0n);
  let began: number | undefined;
  for (const end = performance.now() + LIMIT_MS; performance.now() < end;) {
    const [row] = await db.query<{ next: bigint | null }>(sql`
      SELECT sum(next)::bigint AS next FROM ${sql.id(schema, "consumer_offset")} WHERE topic = ${TOPICS.events}`);
    const next = row?.next ?? 0n;
    if (next > 0n) began ??= performance.now();
    if (began !== undefined && next >= goal) return (performance.now() - began) / 1000;
    await delay(LOOK_MS, undefined, { signal: bed.signal });
  }
  throw new Lost("the view was not folded to its end");
}

/** A digest of the view: how many events of how many cases, and where each referral stands. */
async function viewOf(db: Db, schema: string): Promise<string> {
  const [row] = await db.query<{ digest: string }>(sql`
    SELECT concat((SELECT count(*) FROM ${sql.id(schema, "case_event")}), ' ',
      (SELECT sum(hashtextextended(referral_id || status || performer || changed_at, 0)) FROM ${sql.id(schema, "referral")})) AS digest`);
  return row?.digest ?? "";
}
