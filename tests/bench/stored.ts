// Stored events from a seed: real referrals, copied under ids of their own into the log and every table that grows with cases.
import { openDb, sql } from "@ruta/db";
import type { Db, Sql } from "@ruta/db";
import { TOPICS, decodeRecord, encodeRecord, referralId } from "@ruta/events";
import type { NewRecord, ReferralEvent } from "@ruta/events";
import type { LogRecord } from "@ruta/log";
import type { Bed } from "./bed.ts";

/** What grows with cases, by schema. */
const GROWING: Readonly<Record<string, readonly string[]>> = {
  gateway: ["claim", "known_person", "case_event", "referral", "referral_number"],
  router: ["cases", "decided"],
  delivery: ["cases", "referrals", "lanes", "deliveries", "attempts"],
  keyring: ["key"],
};
/** Columns whose text holds no id and must differ from copy to copy. */
const OWN_NUMBERS: ReadonlySet<string> = new Set(["webhook_id", "placer_number", "number"]);
/** Copies in one statement: none lasts long enough to be ended. */
const AT_ONCE = 10;
const CASES = 200;
const SEED_RATE = 100;
/** In Crockford's alphabet an id has 26 characters; the first eight of a copy say which it is. */
const PREFIX = 8;

/** Copies that can be made of the cases it was opened on. */
export interface Stored {
  /** Adds copies until the log holds so many events; answers how many it holds. The hub must not run. */
  fill(events: number): Promise<number>;
  close(): Promise<void>;
}

/** Runs some referrals through the hub, and keeps them as the pattern of all others. */
export async function openStored(bed: Bed): Promise<Stored> {
  const { hub, log, servers, seed, say } = bed;
  const from = new Map((await log.offsets(TOPICS.events)).map(({ partition, end }) => [partition, end]));
  await bed.open();
  await hub.run(bed.everything);
  await bed.send({ rate: SEED_RATE, seconds: CASES / SEED_RATE });
  await bed.settle();
  await hub.stop();
  const pattern = await recordsFrom(bed, from);
  const cases = [...new Set(pattern.map(({ key }) => key))];
  const db = openDb({ url: servers.databaseUrl, name: "bench", max: 1 });
  const persons = pattern.flatMap(({ value }) => personsOf(decodeRecord(TOPICS.events, value)));
  const ids = [...cases, ...cases.map((id) => referralId(id, 1)), ...persons];
  const tables = await patternTables(db, hub.prefix, ids);
  let copies = 0;

  async function copy(count: number): Promise<void> {
    for (const { table, kept, columns, values } of tables)
      await db.query(sql`
        INSERT INTO ${table} (${sql.raw(columns)}) SELECT ${sql.raw(values)}
        FROM ${kept}, generate_series(${copies + 1}::integer, ${copies + count}::integer) AS n`);
    const records: NewRecord[] = [];
    for (let n = copies + 1; n <= copies + count; n += 1)
      records.push(...pattern.map((record) => copied(record, n, seed)));
    await log.append(records);
    copies += count;
  }
  const held = async (): Promise<number> =>
    (await log.offsets(TOPICS.events)).reduce((sum, { end, start }) => sum + Number(end - start), 0);

  return {
    async fill(events) {
      let told = performance.now();
      for (;;) {
        const now = await held();
        const missing = Math.ceil((events - now) / pattern.length);
        if (missing <= 0) break;
        bed.signal.throwIfAborted();
        await copy(Math.min(AT_ONCE, missing));
        if (performance.now() - told < 10_000) continue;
        told = performance.now();
        say(`  ${now} of ${events} events stored`);
      }
      await passOver(bed, db);
      return held();
    },
    close: db.close,
  };
}

async function recordsFrom({ log }: Bed, from: ReadonlyMap<number, bigint>): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (const { partition, end } of await log.offsets(TOPICS.events))
    for (let next = from.get(partition) ?? 0n; next < end;) {
      const batch = await log.read(TOPICS.events, partition, next, { maxWaitMs: 1_000 });
      all.push(...batch);
      next = (batch.at(-1)?.offset ?? end) + 1n;
    }
  return all;
}

/** The first characters of the ids of the n-th copy: hexadecimal digits are in the alphabet. */
function prefixOf(n: number): string {
  return n.toString(16).padStart(PREFIX, "0");
}

function copied({ key, value, headers }: LogRecord, n: number, seed: number): NewRecord {
  const own = (id: string): string => prefixOf(n) + id.slice(PREFIX);
  const event = decodeRecord(TOPICS.events, value);
  event.caseId = own(event.caseId);
  event.referralId = own(event.referralId);
  if (event.cause) event.cause.commandId = own(event.cause.commandId);
  const meta = { id: own(headers.ce_id ?? ""), source: headers.ce_source ?? "", type: headers.ce_type ?? "" };
  return encodeRecord(TOPICS.events, own(key), event, { ...meta, time: Date.parse(headers.ce_time ?? "") || seed });
}

/** Persons that an event brings. */
function personsOf({ fact }: ReferralEvent): string[] {
  if (fact.case !== "requested") return [];
  const { personId, members } = fact.value;
  return [personId, ...members.map((member) => member.personId)];
}

interface PatternTable {
  readonly table: Sql;
  readonly kept: Sql;
  readonly columns: string;
  readonly values: string;
}

/** Columns that say what a row belongs to, the surest first. */
const BELONGING = ["case_id", "referral_id", "person_id", "subject"];

/** Keeps the rows of some ids apart, and says how a copy of each column is written. */
async function patternTables(db: Db, prefix: string, ids: readonly string[]): Promise<PatternTable[]> {
  const tables: PatternTable[] = [];
  await db.query(sql`DROP SCHEMA IF EXISTS bench_pattern CASCADE`);
  await db.query(sql`CREATE SCHEMA bench_pattern`);
  for (const [service, names] of Object.entries(GROWING))
    for (const name of names) {
      const schema = `${prefix}_${service}`;
      const [table, kept] = [sql.id(schema, name), sql.id("bench_pattern", `${service}_${name}`)];
      const columns = await db.query<{ name: string; type: string }>(sql`
        SELECT column_name AS name, data_type AS type FROM information_schema.columns
        WHERE table_schema = ${schema} AND table_name = ${name} AND is_identity = 'NO' AND is_generated = 'NEVER'
        ORDER BY ordinal_position`);
      const belonging = BELONGING.find((one) => columns.some((column) => column.name === one)) ?? "";
      await db.query(sql`CREATE TABLE ${kept} AS SELECT * FROM ${table} LIMIT 0`);
      await db.query(sql`INSERT INTO ${kept} SELECT * FROM ${table} WHERE ${sql.id(belonging)} = ANY(${ids}::text[])`);
      const list = columns.map((column) => `"${column.name}"`).join(", ");
      tables.push({ table, kept, columns: list, values: columns.map(copyOf).join(", ") });
    }
  return tables;
}

/** A column of the n-th copy: every id in it is another's. */
function copyOf({ name, type }: { readonly name: string; readonly type: string }): string {
  const column = `"${name}"`;
  const anew = (text: string): string =>
    `regexp_replace(${text}, '[0-9a-hjkmnp-tv-z]{${PREFIX}}([0-9a-hjkmnp-tv-z]{18})', lpad(to_hex(n), ${PREFIX}, '0') || '\\1', 'g')`;
  if (OWN_NUMBERS.has(name)) return `${column} || '~' || n`;
  if (type === "ARRAY") return `string_to_array(${anew(`array_to_string(${column}, ',')`)}, ',')`;
  return type === "text" ? anew(column) : column;
}

/** What was copied is behind every reader: its rows are there already. */
async function passOver({ hub, log }: Bed, db: Db): Promise<void> {
  const ends = await log.offsets(TOPICS.events);
  const pass = (service: string, table: string) =>
    db.query(sql`
      UPDATE ${sql.id(`${hub.prefix}_${service}`, table)} AS o SET next = e.next
      FROM unnest(${ends.map(({ partition }) => partition)}::integer[], ${ends.map(({ end }) => end)}::bigint[]) AS e (partition, next)
      WHERE o.topic = ${TOPICS.events} AND o.partition = e.partition`);
  for (const service of ["gateway", "delivery", "router"]) await pass(service, "consumer_offset");
  // The router wrote them, as it is to believe: else its start would take them in, which is a restore and not what is measured.
  await pass("router", "output_position");
  // With a million of them it takes longer than a statement of the hub may.
  await db.tx(async (tx) => {
    await tx.query(sql`SET LOCAL statement_timeout = '5min'`);
    await tx.query(sql`ANALYZE`);
  });
}
