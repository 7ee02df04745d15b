// Migrations against a real server: order, races, changed files, several folders in one schema.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DatabaseNewer, MigrationChanged, migrate, openDb, sql } from "./index.ts";
import type { Db } from "./index.ts";
import { testDatabase } from "./testing.ts";
import type { TestDatabase } from "./testing.ts";

let database: TestDatabase;
let db: Db;
let folders: string[] = [];

beforeEach(async () => {
  database = await testDatabase();
  db = openDb({ url: database.url, name: "migrate-test" });
});

afterEach(async () => {
  await db.close();
  await database.drop();
  for (const folder of folders) rmSync(folder, { recursive: true });
  folders = [];
});

function folderWith(files: Record<string, string>): URL {
  const folder = mkdtempSync(join(tmpdir(), "ruta-migrate-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return pathToFileURL(folder);
}

const numbers = async (): Promise<number[]> =>
  (await db.query<{ n: number }>(sql`SELECT n FROM "t-1".number ORDER BY n`)).map((row) => row.n);

test("files run once, in order, in their schema, by :schema or by unqualified name", async () => {
  const folder = folderWith({
    "002-more.sql": "INSERT INTO :schema.number VALUES (2::int)",
    "001-first.sql": "CREATE TABLE :schema.number (n int); INSERT INTO number VALUES (1);",
    "readme.md": "not SQL",
  });
  const told: string[] = [];
  const options = { schema: "t-1", folder, after: (name: string) => told.push(name) };
  expect(await migrate(db, options)).toEqual(["001-first.sql", "002-more.sql"]);
  expect(await migrate(db, options)).toEqual([]);
  expect(told).toEqual(["001-first.sql", "002-more.sql"]);
  expect(await numbers()).toEqual([1, 2]);
});

test("a cast to a type named schema is not taken for the schema", async () => {
  const folder = folderWith({
    "001-cast.sql": "CREATE DOMAIN schema AS int; CREATE TABLE number (n int); INSERT INTO number SELECT 5::schema",
  });
  await migrate(db, { schema: "t-1", folder });
  expect(await numbers()).toEqual([5]);
});

test("eight that start at once do the work once", async () => {
  const folder = folderWith({
    "001-first.sql": "CREATE TABLE number (n int)",
    "002-more.sql": "INSERT INTO number VALUES (1)",
  });
  const done = await Promise.all(Array.from({ length: 8 }, () => migrate(db, { schema: "t-1", folder })));
  expect(done.flat().toSorted()).toEqual(["001-first.sql", "002-more.sql"]);
  expect(await numbers()).toEqual([1]);
});

test("a file that fails leaves nothing of itself and is tried again", async () => {
  const bad = folderWith({ "001-first.sql": "CREATE TABLE number (n int); SELECT 1 / 0;" });
  await expect(migrate(db, { schema: "t-1", folder: bad })).rejects.toThrow("division by zero");
  const good = folderWith({ "001-first.sql": "CREATE TABLE number (n int);" });
  expect(await migrate(db, { schema: "t-1", folder: good })).toEqual(["001-first.sql"]);
});

test("a file changed after it was applied is refused", async () => {
  await migrate(db, { schema: "t-1", folder: folderWith({ "001-first.sql": "CREATE TABLE number (n int)" }) });
  const changed = folderWith({ "001-first.sql": "CREATE TABLE number (n bigint)" });
  await expect(migrate(db, { schema: "t-1", folder: changed })).rejects.toThrow(MigrationChanged);
});

test("line ends of another system are no change", async () => {
  await migrate(db, { schema: "t-1", folder: folderWith({ "001-first.sql": "CREATE TABLE number\n(n int)" }) });
  const other = folderWith({ "001-first.sql": "CREATE TABLE number\r\n(n int)" });
  expect(await migrate(db, { schema: "t-1", folder: other })).toEqual([]);
});

test("what a newer version has added is left alone; where it took something away, an older one is refused", async () => {
  const older = { "001-first.sql": "CREATE TABLE number (n int)" };
  const newer = { ...older, "002-more.sql": "ALTER TABLE number ADD COLUMN later int" };
  await migrate(db, { schema: "t-1", folder: folderWith(newer) });
  expect(await migrate(db, { schema: "t-1", folder: folderWith(older) })).toEqual([]);
  const newest = { ...newer, "003-contract-number.sql": "ALTER TABLE number DROP COLUMN n" };
  await migrate(db, { schema: "t-1", folder: folderWith(newest) });
  const refused = migrate(db, { schema: "t-1", folder: folderWith(newer) });
  await expect(refused).rejects.toThrow(DatabaseNewer);
  await expect(refused).rejects.toThrow(
    "schema t-1 was changed by a newer version (003-contract-number.sql) in a way that this version cannot work with: install the newer version",
  );
  expect(await migrate(db, { schema: "t-1", folder: folderWith(newest) })).toEqual([]);
});

test("a contract of one folder concerns no other folder of its schema", async () => {
  const log = {
    "001-log-first.sql": "CREATE TABLE outbox (n int)",
    "002-log-contract-n.sql": "ALTER TABLE outbox DROP n",
  };
  await migrate(db, { schema: "t-1", folder: folderWith(log), family: "log" });
  const own = { "001-first.sql": "CREATE TABLE number (n int)", "002-contract-n.sql": "ALTER TABLE number DROP n" };
  await migrate(db, { schema: "t-1", folder: folderWith(own) });
  expect(await migrate(db, { schema: "t-1", folder: folderWith(log), family: "log" })).toEqual([]);
  expect(await migrate(db, { schema: "t-1", folder: folderWith(own) })).toEqual([]);
  await expect(migrate(db, { schema: "t-1", folder: folderWith(own), family: "log" })).rejects.toThrow(
    "001-log-what.sql",
  );
});

const valid = sql`SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('"t-1".number_n')`;

test("an index is built while a transaction that was begun before goes on to use its table, and is no hindrance to it", async () => {
  const first = { "001-first.sql": "CREATE TABLE number (n int)" };
  await migrate(db, { schema: "t-1", folder: folderWith(first) });
  const writing = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const writer = db.tx(async (tx) => {
    await tx.query(sql`INSERT INTO "t-1".number VALUES (1)`);
    writing.resolve();
    await go.promise;
    await tx.query(sql`INSERT INTO "t-1".number VALUES (2)`);
  });
  await writing.promise;
  const folder = folderWith({
    ...first,
    "002-index.sql": "-- by number\nCREATE INDEX CONCURRENTLY number_n ON number (n);",
  });
  const migrating = Promise.all([migrate(db, { schema: "t-1", folder }), migrate(db, { schema: "t-1", folder })]);
  await expect.poll(() => db.query(valid)).toEqual([{ valid: false }]);
  await db.query(sql`INSERT INTO "t-1".number VALUES (3)`);
  go.resolve();
  await writer;
  expect((await migrating).flat()).toEqual(["002-index.sql"]);
  expect(await db.query(valid)).toEqual([{ valid: true }]);
});

test("an index whose building was cut short is built anew", async () => {
  const first = { "001-first.sql": "CREATE TABLE number (n int); INSERT INTO number VALUES (1), (1)" };
  await migrate(db, { schema: "t-1", folder: folderWith(first) });
  const unique = { ...first, "002-index.sql": "CREATE UNIQUE INDEX CONCURRENTLY number_n ON number (n)" };
  await expect(migrate(db, { schema: "t-1", folder: folderWith(unique) })).rejects.toThrow(
    "could not create unique index",
  );
  expect(await db.query(valid)).toEqual([{ valid: false }]);
  await db.query(sql`DELETE FROM "t-1".number`);
  expect(await migrate(db, { schema: "t-1", folder: folderWith(unique) })).toEqual(["002-index.sql"]);
  expect(await db.query(valid)).toEqual([{ valid: true }]);
});

test("a file that builds an index beside anything else is refused", async () => {
  const folder = folderWith({
    "001-both.sql": "CREATE TABLE number (n int); CREATE INDEX CONCURRENTLY number_n ON number (n)",
  });
  await expect(migrate(db, { schema: "t-1", folder })).rejects.toThrow("001-both.sql may hold nothing but");
});

test("a change that has to wait for a transaction lets others pass, and is made once that has ended", async () => {
  const first = { "001-first.sql": "CREATE TABLE number (n int)" };
  await migrate(db, { schema: "t-1", folder: folderWith(first) });
  const reading = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const reader = db.tx(async (tx) => {
    await tx.query(sql`SELECT FROM "t-1".number`);
    reading.resolve();
    await go.promise;
  });
  await reading.promise;
  const folder = folderWith({ ...first, "002-more.sql": "ALTER TABLE number ADD COLUMN later int" });
  const migrating = migrate(db, { schema: "t-1", folder });
  const waits = sql`SELECT FROM pg_stat_activity WHERE application_name = 'ruta migrate' AND wait_event_type = 'Lock'
    AND datname = current_database()`;
  await expect.poll(() => db.query(waits)).toHaveLength(1);
  // This one comes behind the change, and is served while the reader goes on.
  await db.query(sql`INSERT INTO "t-1".number VALUES (1)`);
  go.resolve();
  await reader;
  expect(await migrating).toEqual(["002-more.sql"]);
});

test("two folders share a schema", async () => {
  await migrate(db, { schema: "t-1", folder: folderWith({ "001-log.sql": "CREATE TABLE outbox ()" }) });
  const own = folderWith({ "001-own.sql": "CREATE TABLE number (n int)" });
  expect(await migrate(db, { schema: "t-1", folder: own })).toEqual(["001-own.sql"]);
});

test("a file with another form of name is refused before anything runs", async () => {
  const folder = folderWith({ "001-first.sql": "CREATE TABLE number (n int)", "2-more.sql": "SELECT 1" });
  await expect(migrate(db, { schema: "t-1", folder })).rejects.toThrow("2-more.sql");
  expect(await db.query(sql`SELECT FROM pg_namespace WHERE nspname = 't-1'`)).toEqual([]);
});
