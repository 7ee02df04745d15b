// The way of one referral through running services: each record of its case with topic, offset and time, and the tables that know it.
import { openDb, sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { TOPICS, decodeRecord } from "@ruta/events";
import type { TopicName } from "@ruta/events";
import { openLog } from "@ruta/log";
import type { Log, LogRecord } from "@ruta/log";
import type { City } from "../city.ts";

/** One step of the way. */
interface Step {
  /** Since the request was sent, in milliseconds. */
  readonly ms: number;
  /** Who did it: a service, or an institution. */
  readonly who: string;
  readonly what: string;
  /** topic partition/offset; empty for what is no record. */
  readonly where: string;
}

/** Rows that a table has of the case. */
interface TableRows {
  readonly table: string;
  readonly rows: number;
}

/** The whole way. */
export interface Walk {
  readonly referral: string;
  readonly steps: readonly Step[];
  readonly tables: readonly TableRows[];
}

const WALKED: readonly TopicName[] = [TOPICS.commands, TOPICS.events, TOPICS.attempts, TOPICS.access];

/** Sends one referral from one institution to another that serves it, waits until its sender has read the outcome, and looks where it was. */
export async function walk(city: City, from: string, to: string, id: string, signal: AbortSignal): Promise<Walk> {
  const prefix = city.env.RUTA_PREFIX ?? "";
  const db = openDb({ url: city.databaseUrl, name: "ruta-walk", max: 2 });
  const brokers = city.env.KAFKA_BROKERS === undefined ? {} : { kafkaBrokers: city.env.KAFKA_BROKERS };
  const log = await openLog({
    ...brokers,
    databaseUrl: city.databaseUrl,
    db,
    prefix: `${prefix}.`,
    clientId: "ruta-walk",
  });
  try {
    const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
    const data = { serviceType: "ALO-FAM", priority: "urgent", performer: to, consent };
    const sent = Date.now();
    const taken = await city.citizen(from).send(id, "request", data);
    if (taken.status !== 202) throw new Error(`the request was refused: ${JSON.stringify(taken.body)}`);
    const answered: Step = { ms: Date.now() - sent, who: from, what: "has the receipt (202)", where: "" };
    const [caseId, referral] = [String(taken.body.case), String(taken.body.referral)];
    const records = await untilEnd(log, caseId, signal);
    const start: Step = { ms: 0, who: from, what: "posts the request", where: "" };
    const steps = [start, answered, ...records.flatMap((record) => stepsOf(record, sent))];
    return { referral, steps: steps.toSorted((a, b) => a.ms - b.ms), tables: await tablesOf(db, caseId, prefix) };
  } finally {
    await log.close();
    await db.close();
  }
}

/** The records of a case, once its outcome is acknowledged and the last thing told of it is delivered. */
async function untilEnd(log: Log, caseId: string, signal: AbortSignal): Promise<LogRecord[]> {
  for (;;) {
    signal.throwIfAborted();
    const found = (await Promise.all(WALKED.map((topic) => recordsOf(log, topic, caseId)))).flat();
    const events = found.filter(({ topic }) => topic === TOPICS.events);
    const told = events.findIndex((record) => typeOf(record) === "acknowledged");
    if (told >= 0 && events.slice(told).some((record) => typeOf(record) === "delivered")) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function recordsOf(log: Log, topic: TopicName, key: string): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for (const { partition, start, end } of await log.offsets(topic))
    for (let next = start; next < end;) {
      const batch = await log.read(topic, partition, next);
      const last = batch.at(-1);
      if (!last) break;
      found.push(...batch.filter((record) => record.key === key));
      next = last.offset + 1n;
    }
  return found;
}

const typeOf = ({ headers }: LogRecord): string => (headers.ce_type ?? "").split(".").at(-1) ?? "";

function stepsOf(record: LogRecord, sent: number): Step[] {
  const { topic, partition, offset, time, headers } = record;
  const who = (headers.ce_source ?? "").replace("/ruta/", "");
  const where = `${topic} ${partition}/${offset}`;
  if (topic !== TOPICS.attempts) {
    const kind = topic === TOPICS.commands ? "command" : topic === TOPICS.events ? "event" : "record";
    return [{ ms: time - sent, who, what: `${kind}: ${typeOf(record)}`, where }];
  }
  const { institution, startedAt, durationMs, status } = decodeRecord(topic, record.value);
  const began = startedAt ? Number(startedAt.seconds) * 1000 + startedAt.nanos / 1e6 : time;
  return [
    { ms: began - sent, who, what: `posts to ${institution}`, where: "" },
    { ms: began + durationMs - sent, who: institution, what: `answers ${status}`, where },
  ];
}

/** The tables of the services that have rows of the case, by their columns. */
async function tablesOf(db: Db, caseId: string, prefix: string): Promise<TableRows[]> {
  const tables = await db.query<{ schema: string; name: string }>(sql`
    SELECT c.table_schema AS schema, c.table_name AS name FROM information_schema.columns AS c
    WHERE c.column_name = 'case_id' AND c.table_schema LIKE ${`${prefix}\\_%`} ORDER BY 1, 2`);
  const counted: TableRows[] = [];
  for (const { schema, name } of tables) {
    const [row] = await db.query<{ rows: number }>(
      sql`SELECT count(*)::integer AS rows FROM ${sql.id(schema, name)} WHERE case_id = ${caseId}`,
    );
    if (row && row.rows > 0) counted.push({ table: `${schema.slice(prefix.length + 1)}.${name}`, rows: row.rows });
  }
  return counted;
}

/** The walk as people read it. */
export function inWords({ referral, steps, tables }: Walk): string {
  const lines = steps.map(({ ms, who, what, where }) =>
    `${ms.toFixed(0).padStart(6)}  ${who.padEnd(10)}  ${what.padEnd(32)}  ${where}`.trimEnd(),
  );
  const rows = tables.map(({ table, rows }) => `${table} ${rows}`).join(", ");
  return [
    `referral ${referral}`,
    `    ms  who         what                              topic partition/offset`,
    ...lines,
    `rows of its case: ${rows}`,
  ].join("\n");
}
