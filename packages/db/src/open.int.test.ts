// Queries and transactions against a real server: types, rollback, lost connections, limits.
import { afterAll, beforeAll, expect, test } from "vitest";
import { isTransient, openDb, sql } from "./index.ts";
import type { Db } from "./index.ts";
import { testDatabase } from "./testing.ts";
import type { TestDatabase } from "./testing.ts";

let database: TestDatabase;
let db: Db;
const idleErrors: Error[] = [];

beforeAll(async () => {
  database = await testDatabase();
  db = openDb({ url: database.url, name: "open-test", max: 3, onError: (error) => idleErrors.push(error) });
  await db.query(sql`CREATE TABLE note (id bigint PRIMARY KEY, body bytea)`);
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

const count = async (id: bigint): Promise<number> => (await db.query(sql`SELECT FROM note WHERE id = ${id}`)).length;

async function rejection(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail("it did not reject"),
    (error: unknown) => error,
  );
}

test("int8 comes as bigint, alone and in arrays, and goes as bigint", async () => {
  const big = 9_007_199_254_740_993n; // not a safe number
  const [row] = await db.query(sql`SELECT ${big}::int8 AS one, ${[big, -1n]}::int8[] AS many, NULL::int8 AS none`);
  expect(row).toEqual({ one: big, many: [big, -1n], none: null });
});

test("bytes go and come unchanged, also in arrays for unnest", async () => {
  const bytes = [new Uint8Array([0, 255, 92, 39]), new Uint8Array()];
  const rows = await db.query<{ b: Buffer }>(sql`SELECT b FROM unnest(${bytes}::bytea[]) AS b`);
  expect(rows.map((row) => [...row.b])).toEqual([[0, 255, 92, 39], []]);
});

test("a transaction that throws leaves nothing", async () => {
  const error = new Error("no");
  const thrown = await rejection(
    db.tx(async (tx) => {
      await tx.query(sql`INSERT INTO note VALUES (1)`);
      throw error;
    }),
  );
  expect(thrown).toBe(error);
  expect(await count(1n)).toBe(0);
});

test("a transaction that hides a failed query does not pass for committed", async () => {
  const work = db.tx(async (tx) => {
    await tx.query(sql`INSERT INTO note VALUES (2)`);
    await tx.query(sql`SELECT 1 / 0`).catch(() => {});
  });
  await expect(work).rejects.toThrow("division by zero");
  expect(await count(2n)).toBe(0);
});

test("what is sent goes in order with what follows, and its failure is that of the transaction", async () => {
  await db.tx(async (tx) => {
    tx.send(sql`INSERT INTO note VALUES (30)`);
    tx.send(sql`UPDATE note SET id = 31 WHERE id = 30`);
    expect(await tx.query(sql`SELECT count(*)::int AS n FROM note WHERE id = 31`)).toEqual([{ n: 1 }]);
  });
  expect(await count(31n)).toBe(1);
  const work = db.tx(async (tx) => {
    tx.send(sql`INSERT INTO note VALUES (32)`);
    tx.send(sql`SELECT 1 / 0`);
    tx.send(sql`INSERT INTO note VALUES (33)`);
    await tx.query(sql`SELECT 1`);
  });
  await expect(work).rejects.toThrow("division by zero");
  const late = db.tx(async (tx) => tx.send(sql`SELECT 1 / 0`));
  await expect(late).rejects.toThrow("division by zero");
  expect(await count(32n)).toBe(0);
});

test("a failed query does not cost the connection", async () => {
  const pid = async (): Promise<unknown> => (await one.query(sql`SELECT pg_backend_pid() AS pid`))[0];
  const one = openDb({ url: database.url, name: "open-test-one", max: 1 });
  const before = await pid();
  await expect(one.query(sql`SELECT 1 / 0`)).rejects.toThrow("division by zero");
  expect(await pid()).toEqual(before);
  await one.close();
});

test("a connection lost inside a transaction is a transient error and the pool mends itself", async () => {
  const error = await rejection(
    db.tx(async (tx) => {
      const [row] = await tx.query<{ pid: number }>(sql`SELECT pg_backend_pid() AS pid`);
      await db.query(sql`SELECT pg_terminate_backend(${row?.pid})`);
      await tx.query(sql`INSERT INTO note VALUES (3)`);
    }),
  );
  expect(isTransient(error)).toBe(true);
  expect(await count(3n)).toBe(0);
});

test("a connection lost during COMMIT is a transient error: nobody knows whether it happened", async () => {
  // A deferred constraint runs inside COMMIT, and this one ends its own connection there.
  await db.query(sql`CREATE TABLE fatal (id int)`);
  await db.query(sql`CREATE FUNCTION end_me() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'`);
  await db.query(sql`CREATE CONSTRAINT TRIGGER ender AFTER INSERT ON fatal DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION end_me()`);
  const error = await rejection(db.tx((tx) => tx.query(sql`INSERT INTO fatal VALUES (1)`)));
  expect(isTransient(error)).toBe(true);
});

test("idle connections that the server ends are told, not thrown", async () => {
  await db.query(sql`SELECT 1`);
  idleErrors.length = 0;
  const other = openDb({ url: database.url, name: "open-test-killer" });
  await other.query(sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ${db.session}`);
  await expect.poll(() => idleErrors.length).toBeGreaterThan(0);
  expect(await db.healthy()).toBe(true);
  await other.close();
});

test("statements and silent transactions are limited to 5 s", async () => {
  const [row] = await db.query(sql`SELECT current_setting('statement_timeout') AS statement,
    current_setting('idle_in_transaction_session_timeout') AS idle`);
  expect(row).toEqual({ statement: "5s", idle: "5s" });
});

test("a schema is where unqualified names are looked up", async () => {
  await db.query(sql`CREATE SCHEMA "its-own"`);
  await db.query(sql`CREATE TABLE "its-own".here AS SELECT 42 AS answer`);
  const inside = openDb({ url: database.url, name: "open-test-schema", schema: "its-own" });
  expect(await inside.query(sql`SELECT answer FROM here`)).toEqual([{ answer: 42 }]);
  await inside.close();
  expect(() => openDb({ url: database.url, name: "x", schema: 'a", public -c x="' })).toThrow(TypeError);
});

test("a statement that comes often is prepared, with one plan for whatever its parameters are", async () => {
  const one = openDb({ url: database.url, name: "open-test-prepared", max: 1 });
  for (const id of [1, 2, 3, 4, 5, 6, 7]) expect(await one.query(sql`SELECT ${id}::int AS id`)).toEqual([{ id }]);
  expect(await one.query(sql`SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements`)).toEqual([
    { statement: "SELECT $1::int AS id", generic_plans: 3n, custom_plans: 0n },
  ]);
  await one.close();
});

test("a prepared statement whose table has another column since is transient, and good on the next connection", async () => {
  const one = openDb({ url: database.url, name: "open-test-stale", max: 1 });
  const all = sql`SELECT * FROM grows`;
  await one.query(sql`CREATE TABLE grows AS SELECT 1 AS a`);
  for (let n = 0; n < 6; n += 1) await one.query(all);
  await one.query(sql`ALTER TABLE grows ADD COLUMN b integer DEFAULT 2`);
  expect(isTransient(await rejection(one.query(all)))).toBe(true);
  expect(await one.query(all)).toEqual([{ a: 1, b: 2 }]);
  for (let n = 0; n < 6; n += 1) await one.query(all);
  await one.query(sql`ALTER TABLE grows ADD COLUMN c integer DEFAULT 3`);
  expect(isTransient(await rejection(one.tx((tx) => tx.query(all))))).toBe(true);
  expect(await one.tx((tx) => tx.query(all))).toEqual([{ a: 1, b: 2, c: 3 }]);
  await one.close();
});

test("a server that is not there is unhealthy and transient, and opening does not fail", async () => {
  const nowhere = openDb({ url: "postgres://nobody@127.0.0.1:1/none", name: "nowhere" });
  expect(await nowhere.healthy()).toBe(false);
  expect(isTransient(await rejection(nowhere.query(sql`SELECT 1`)))).toBe(true);
  await nowhere.close();
});
