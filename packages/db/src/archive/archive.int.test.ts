// Archives on a real server: what was written is loaded again to the last byte, one moment of a database that runs, and no half of it.
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "../migrate.ts";
import { openDb } from "../open.ts";
import type { Db } from "../open.ts";
import { sql } from "../sql.ts";
import { testDatabase } from "../testing.ts";
import type { TestDatabase } from "../testing.ts";
import { loadArchive } from "./load.ts";
import { SUMS } from "./manifest.ts";
import { verifyArchive } from "./verify.ts";
import { writeArchive } from "./write.ts";

const root = mkdtempSync(join(tmpdir(), "ruta-archive-"));
const migrations = pathToFileURL(join(root, "migrations/"));
const schemas = ["one", "two"];
const folders = { one: [migrations], two: [migrations] };
const databases: TestDatabase[] = [];
let db: Db;
let url = "";

async function empty(): Promise<string> {
  const database = await testDatabase();
  databases.push(database);
  return database.url;
}

async function folderOf(name: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder);
  return folder;
}

const ALL = sql`SELECT a.id, a.kind, a.bytes, a.words, a.at, p.name FROM one.part AS a LEFT JOIN one.kind AS p ON p.id = a.kind ORDER BY 1`;

beforeAll(async () => {
  await mkdir(migrations);
  await writeFile(
    new URL("001-tables.sql", migrations),
    `CREATE TABLE kind (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
     INSERT INTO kind (name) VALUES ('made by the migration');
     CREATE TABLE part (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind integer REFERENCES kind, bytes bytea,
       words text[], at timestamptz, twice bigint GENERATED ALWAYS AS (id * 2) STORED);`,
  );
  url = await empty();
  db = openDb({ url, name: "archive test" });
  for (const schema of schemas) await migrate(db, { schema, folder: migrations });
  await db.query(sql`UPDATE one.kind SET name = ${"tab\t newline\n backslash \\ quote ' null \\N ñ 語"}`);
  await db.query(sql`INSERT INTO one.part (kind, bytes, words, at)
    SELECT nullif(n % 3, 0) / 2 + 1 , sha256(n::text::bytea), ARRAY['a', NULL, n::text], to_timestamp(n + 0.123456)
    FROM generate_series(1, 5000) AS n WHERE n % 3 <> 2`);
});
afterAll(async () => {
  await db.close();
  for (const database of databases) await database.drop();
  rmSync(root, { recursive: true, force: true });
});

test("what was archived stands again in another database, with its sequences, and goes on", async () => {
  const folder = await folderOf("whole");
  const shares: number[] = [];
  const written = await writeArchive({ url, schemas, folder, about: { a: 1 }, progress: (done) => shares.push(done) });
  expect(await verifyArchive(folder)).toEqual(written);
  const target = await empty();
  await loadArchive({ url: target, folder, manifest: written, folders });
  const other = openDb({ url: target, name: "archive test" });
  expect(await other.query(ALL)).toEqual(await db.query(ALL));
  expect(shares.at(-1)).toBe(written.tables.reduce((sum, { rows }) => sum + rows, 0));
  const next = sql`INSERT INTO one.part (kind) VALUES (1) RETURNING id > (SELECT max(id) FROM one.part) AS behind`;
  expect(await other.query(next)).toEqual([{ behind: true }]);
  expect(await migrate(other, { schema: "one", folder: migrations })).toEqual([]);
  await other.close();
});

test("an archive is one moment: what is written meanwhile is not in it", async () => {
  const folder = await folderOf("moment");
  const before = Number((await db.query<{ n: bigint }>(sql`SELECT count(*) AS n FROM two.part`))[0]?.n);
  let wrote: Promise<unknown> | undefined;
  const written = await writeArchive({
    url,
    schemas,
    folder,
    about: {},
    // The first table is told of while the last is still to come.
    progress() {
      wrote ??= db.query(sql`INSERT INTO two.part (bytes) VALUES ('later')`);
    },
  });
  await wrote;
  expect(written.tables.find(({ schema, table }) => schema === "two" && table === "part")?.rows).toBe(before);
});

test("a file that is changed, missing or not listed is found, and so is an archive that was not finished", async () => {
  const folder = await folderOf("bitten");
  const { tables } = await writeArchive({ url, schemas, folder, about: {} });
  const file = join(folder, tables.find(({ rows }) => rows > 1000)?.file ?? "");
  const bytes = readFileSync(file);
  const place = bytes.length >> 1;
  writeFileSync(file, Buffer.concat([bytes.subarray(0, place), randomBytes(1), bytes.subarray(place + 1)]));
  await expect(verifyArchive(folder)).rejects.toMatchObject({ code: "file-changed" });
  rmSync(file);
  await expect(verifyArchive(folder)).rejects.toMatchObject({ code: "file-missing" });
  writeFileSync(file, bytes);
  writeFileSync(join(folder, "more"), "");
  await expect(verifyArchive(folder)).rejects.toMatchObject({ code: "file-changed", what: "more" });
  rmSync(join(folder, "more"));
  await verifyArchive(folder);
  // The hashes are those that sha256sum knows, of files that gunzip opens.
  const sums = readFileSync(join(folder, SUMS), "utf8");
  expect(sums).toContain(`${createHash("sha256").update(bytes).digest("hex")}  `);
  expect(gunzipSync(bytes).toString().split("\n").length).toBeGreaterThan(1000);
  rmSync(join(folder, SUMS));
  await expect(verifyArchive(folder)).rejects.toMatchObject({ code: "not-whole" });
});

test("loading is refused where something is already, and whatever ends it leaves nothing behind", async () => {
  const folder = await folderOf("again");
  const manifest = await writeArchive({ url, schemas, folder, about: {} });
  await expect(loadArchive({ url, folder, manifest, folders })).rejects.toMatchObject({
    code: "not-empty",
    what: "one",
  });
  const target = await empty();
  const stop = new AbortController();
  const stopped = loadArchive({
    url: target,
    folder,
    manifest,
    folders,
    signal: stop.signal,
    progress: () => stop.abort(),
  });
  await expect(stopped).rejects.toThrow("stopped");
  const failing = { url: target, folder, manifest, folders, finish: () => Promise.reject(new Error("no")) };
  await expect(loadArchive(failing)).rejects.toThrow("no");
  await loadArchive({ url: target, folder, manifest, folders });
});

test("migrations that this version does not know, or knows otherwise, are refused before anything is loaded", async () => {
  const folder = await folderOf("newer");
  const manifest = await writeArchive({ url, schemas, folder, about: {} });
  const target = await empty();
  const more = { schema: "two", migration: "002-later.sql", sha256: "00" };
  const newer = { ...manifest, migrations: [...manifest.migrations, more] };
  await expect(loadArchive({ url: target, folder, manifest: newer, folders })).rejects.toMatchObject({
    code: "newer-schema",
    what: "two 002-later.sql",
  });
  const other = { ...manifest, migrations: manifest.migrations.map((one) => ({ ...one, sha256: "00" })) };
  await expect(loadArchive({ url: target, folder, manifest: other, folders })).rejects.toThrow("differs from the one");
});

test("schemas that are not there are no archive", async () => {
  const folder = await folderOf("nothing");
  const writing = writeArchive({ url, schemas: ["one", "three"], folder, about: {} });
  await expect(writing).rejects.toMatchObject({ code: "nothing-to-archive", what: "three" });
});
