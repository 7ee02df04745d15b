// Migrations against a real server: order, races, changed files, several folders in one schema.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MigrationChanged, migrate, openDb, sql } from "./index.ts";
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

test("what a newer version has applied is left alone", async () => {
  const older = { "001-first.sql": "CREATE TABLE number (n int)" };
  const newer = { ...older, "002-more.sql": "ALTER TABLE number ADD COLUMN later int" };
  await migrate(db, { schema: "t-1", folder: folderWith(newer) });
  expect(await migrate(db, { schema: "t-1", folder: folderWith(older) })).toEqual([]);
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
