// Notifications against a real server: received, and received again after the connection was lost.
import { afterAll, beforeAll, expect, test } from "vitest";
import { listen, openDb, sql } from "./index.ts";
import type { Db } from "./index.ts";
import { testDatabase } from "./testing.ts";
import type { TestDatabase } from "./testing.ts";

let database: TestDatabase;
let db: Db;

beforeAll(async () => {
  database = await testDatabase();
  db = openDb({ url: database.url, name: "listen-test" });
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

const listeners = sql`SELECT pid FROM pg_stat_activity WHERE application_name = 'ruta listen'
  AND datname = current_database()`;

test("payloads arrive, an empty one first", async () => {
  const seen: string[] = [];
  const stop = await listen(db, "Strange channel", (payload) => seen.push(payload));
  await db.query(sql`SELECT pg_notify('Strange channel', 'one'), pg_notify('other', 'two')`);
  await expect.poll(() => seen).toEqual(["", "one"]);
  await stop();
  await expect.poll(() => db.query(listeners)).toEqual([]);
});

test("a lost connection comes back, says so by an empty payload, and goes on", async () => {
  const seen: string[] = [];
  const stop = await listen(db, "news", (payload) => seen.push(payload));
  await db.query(sql`SELECT pg_terminate_backend(pid) FROM (${listeners}) AS l`);
  await expect.poll(() => seen).toEqual(["", ""]);
  await db.query(sql`SELECT pg_notify('news', 'after')`);
  await expect.poll(() => seen).toEqual(["", "", "after"]);
  await stop();
});

test("without a server it goes on trying until it is stopped", async () => {
  const stop = await listen({ url: "postgres://nobody@127.0.0.1:1/none" }, "news", () => expect.fail("no server"));
  await stop();
});
