// Positions in SQL against the log's end: a log that ends before what was consumed of it, or written to it, is not the one it was.
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { UnknownTopic } from "../errors.ts";
import { nameOf } from "../port.ts";
import type { Log, Position } from "../port.ts";
import { boundsOf } from "./bounds.ts";

/** A broker that has just become the leader may answer less than it has, for a moment. */
const PATIENCE_MS = 3_000;
const LOOK_MS = 300;

/** The log lacks records that this service has consumed or written: nothing may go on as if they had never been. */
export class LogBehind extends Error {
  override readonly name = "LogBehind";
  readonly code = "log-behind";
  /** topic/partition */
  readonly place: string;
  readonly end: bigint;
  readonly known: bigint;

  constructor(schema: string, place: string, end: bigint, known: bigint) {
    super(`the log ends at ${end} in ${place}, and ${schema} has worked with it up to ${known}`);
    this.place = place;
    this.end = end;
    this.known = known;
  }
}

/** Throws LogBehind when the log is shorter than what the tables of a service know of it. */
export async function checkLog(log: Log, db: Db, schema: string): Promise<void> {
  const rows = await db.query<Position>(sql`
    SELECT topic, partition, max(next) AS next FROM (
      SELECT topic, partition, next FROM ${sql.id(schema, "consumer_offset")}
      UNION ALL SELECT topic, partition, next FROM ${sql.id(schema, "output_position")}) AS p
    WHERE next > 0 GROUP BY topic, partition ORDER BY topic, partition`);
  if (rows.length === 0) return;
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const behind = await firstBehind(log, rows);
    if (!behind) return;
    if (performance.now() > until) throw new LogBehind(schema, nameOf(behind), behind.end, behind.next);
    await delay(LOOK_MS);
  }
}

async function firstBehind(log: Log, rows: readonly Position[]): Promise<(Position & { end: bigint }) | undefined> {
  let bounds: Awaited<ReturnType<typeof boundsOf>>;
  try {
    bounds = await boundsOf(log, rows);
  } catch (error) {
    if (!(error instanceof UnknownTopic)) throw error;
    const gone = rows.find(({ topic }) => topic === error.topic) ?? rows[0]!;
    return { ...gone, end: 0n };
  }
  for (const row of rows) {
    const end = bounds.get(nameOf(row))?.end ?? 0n;
    if (row.next > end) return { ...row, end };
  }
  return undefined;
}
