// Migrations by processes of their own that start at once or are killed at work, on a real server.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openDb, sql } from "./index.ts";
import type { Db } from "./index.ts";
import { testDatabase } from "./testing.ts";
import type { TestDatabase } from "./testing.ts";

const PROCESS = fileURLToPath(new URL("./test-migrate.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const ENGINE = "packages/log/src/engine/migrations";

let database: TestDatabase;
let db: Db;
let root: string;

beforeEach(async () => {
  database = await testDatabase();
  db = openDb({ url: database.url, name: "migrate-races", max: 1 });
  root = mkdtempSync(join(tmpdir(), "ruta-migrate-"));
});

afterEach(async () => {
  await db.close();
  await database.drop();
  rmSync(root, { recursive: true });
});

/** Every folder of migrations of the hub, with its schema, the engine's in that of each service. */
function everyFolder(): string[] {
  const services = globSync("services/*/src/migrations", { cwd: ROOT });
  const packages = ["packages/log/src/postgres/migrations=log", "packages/seal/src/migrations=keyring"];
  return [
    ...services.flatMap((folder) => {
      const schema = basename(dirname(dirname(folder)));
      return [`${schema}=${ROOT}${folder}`, `${schema}=${ROOT}${ENGINE}=log`];
    }),
    ...packages.map((pair) => pair.split("=")).map(([folder, schema]) => `${schema}=${ROOT}${folder}`),
  ];
}

/** Runs a process over these folders; answers what it applied. */
async function run(folders: readonly string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROCESS, database.url, ...folders]);
  return JSON.parse(stdout) as string[];
}

const applied = async (): Promise<string[]> => {
  const schemas = await db.query<{ schema: string }>(sql`
    SELECT schemaname AS schema FROM pg_tables WHERE tablename = 'migrations' ORDER BY schemaname`);
  const names = await Promise.all(
    schemas.map(async ({ schema }) => {
      const rows = await db.query<{ name: string }>(sql`SELECT name FROM ${sql.id(schema, "migrations")}`);
      return rows.map(({ name }) => `${schema}/${name}`);
    }),
  );
  return names.flat().toSorted();
};

test.each([2, 5])("%i processes at once, on an empty and on an older database, do the work once", async (count) => {
  const folders = everyFolder();
  const all = folders.flatMap((folder) => {
    const [schema, path = ""] = folder.split("=");
    return globSync("*.sql", { cwd: path }).map((name) => `${schema}/${name}`);
  });
  expect(all.length).toBeGreaterThan(20);
  // Of an older version: the first file of each folder, under other schemas.
  const older = folders.map((folder, n) => {
    const [schema, path = "", family] = folder.split("=");
    const [first = ""] = globSync("*.sql", { cwd: path }).toSorted();
    cpSync(join(path, first), join(root, String(n), first), { recursive: true });
    return [`old_${schema}`, join(root, String(n)), ...(family === undefined ? [] : [family])].join("=");
  });
  await run(older);
  const upgrade = folders.map((folder) => `old_${folder}`);
  const had = await applied();
  const done = await Promise.all(Array.from({ length: count }, () => run([...folders, ...upgrade])));
  const both = [...all, ...all.map((name) => `old_${name}`)].toSorted();
  expect([...had, ...done.flat()].toSorted()).toEqual(both);
  expect(await applied()).toEqual(both);
});

test("one that is killed in the middle leaves nothing of its file, and another does it", async () => {
  await db.query(sql`SELECT pg_advisory_lock(7)`); // on its one connection
  writeFileSync(join(root, "001-first.sql"), "CREATE TABLE number (n int)");
  const text = "CREATE TABLE half (n int); SELECT pg_advisory_xact_lock(7); CREATE TABLE other (n int)";
  writeFileSync(join(root, "002-more.sql"), text);
  const killed = spawn(process.execPath, [PROCESS, database.url, `t=${root}`], { stdio: "ignore" });
  const migrators = sql`SELECT pid FROM pg_stat_activity WHERE application_name = 'ruta migrate' AND datname = current_database()
    AND wait_event = 'advisory'`;
  await vi.waitFor(async () => expect(await db.query(migrators)).toHaveLength(1), { timeout: 10_000 });
  killed.kill("SIGKILL");
  await once(killed, "exit");
  const again = run([`t=${root}`]);
  // The server itself finds that whoever asked is gone; then the other holds the lock and waits at the same place.
  const [former] = await db.query<{ pid: number }>(migrators);
  await vi.waitFor(
    async () => {
      const now = await db.query<{ pid: number }>(migrators);
      expect(now).toHaveLength(1);
      expect(now[0]).not.toEqual(former);
    },
    { timeout: 20_000 },
  );
  expect(await db.query(sql`SELECT to_regclass('t.half') AS half`)).toEqual([{ half: null }]);
  await db.query(sql`SELECT pg_advisory_unlock_all()`);
  expect(await again).toEqual(["t/002-more.sql"]);
  expect(await db.query(sql`SELECT FROM t.half, t.other`)).toEqual([]);
});
