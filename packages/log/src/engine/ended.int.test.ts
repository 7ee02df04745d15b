// What a process that was killed leaves behind goes to the living as soon as its connections are gone, long before its silence
// says so; one that stands still is waited for.
import { TOPICS } from "@ruta/events";
import { migrate, openDb, processId, sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { testDatabase } from "@ruta/db/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openGroupTable } from "../postgres/group-table.ts";
import { openOutbox } from "./outbox.ts";

let database: Awaited<ReturnType<typeof testDatabase>>;
let db: Db;
let other: Db;
beforeEach(async () => {
  database = await testDatabase();
  db = openDb({ url: database.url, name: "living" });
  other = openDb({ url: database.url, name: "other" });
});
afterEach(async () => {
  await Promise.all([db.close(), other.close()]);
  await database.drop();
});

/** The other was last heard of so long ago that it may have ended, and so lately that its silence does not say so. */
const silent = async (table: string, id: string): Promise<void> =>
  void (await db.query(
    sql`UPDATE ${sql.id("s", table)} SET seen_at = clock_timestamp() - interval '3 seconds' WHERE id = ${id}`,
  ));

test("rows of the outbox", async () => {
  await migrate(db, { schema: "s", folder: new URL("./migrations/", import.meta.url) });
  const id = processId(other);
  const left = openOutbox(other, "s", id);
  await left.beat();
  const record = { topic: TOPICS.events, key: "k", value: Buffer.from("left"), headers: {} };
  await other.tx((tx) => left.insert(tx, [record]));
  const outbox = openOutbox(db, "s", processId(db));
  await silent("engine_instance", id);
  expect(await outbox.beat()).toBe(0);
  await other.close();
  await expect
    .poll(async () => {
      await silent("engine_instance", id);
      return outbox.beat();
    })
    .toBe(1);
  expect((await outbox.next([], 10)).map(({ key }) => key)).toEqual(["k"]);
});

test("partitions of a group", async () => {
  await migrate(db, { schema: "s", folder: new URL("../postgres/migrations/", import.meta.url) });
  const [id, living] = [processId(other), processId(db)];
  const ended = openGroupTable(other, "s", id);
  await ended.enter();
  await ended.join("g", ["t"], "m");
  await ended.claim("g", "m", "t", [0]);
  const table = openGroupTable(db, "s", living);
  await table.enter();
  await silent("process", id);
  expect(await table.beat()).toBe(true);
  expect(await table.rows(["g"])).toHaveLength(2);
  await other.close();
  await expect
    .poll(async () => {
      await silent("process", id);
      await table.beat();
      return table.rows(["g"]);
    })
    .toEqual([]);
});
