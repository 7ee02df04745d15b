// Who has ended, as the server sees it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDb } from "./open.ts";
import { isGone, processId } from "./session.ts";
import { sql } from "./sql.ts";
import { testDatabase } from "./testing.ts";
import type { Db } from "./open.ts";

let database: Awaited<ReturnType<typeof testDatabase>>;
let judge: Db;
beforeAll(async () => {
  database = await testDatabase();
  judge = openDb({ url: database.url, name: "judge" });
});
afterAll(async () => {
  await judge?.close();
  await database?.drop();
});

interface Seen {
  readonly agoS?: number;
  /** Null: the judge has just come. */
  readonly judgeAgoS?: number | null;
}
async function gone(id: string, { agoS = 3, judgeAgoS = 1 }: Seen = {}): Promise<boolean> {
  const ago = (seconds: number | null) => sql`(clock_timestamp() - make_interval(secs => ${seconds}))`;
  const [row] = await judge.query<{ gone: boolean }>(
    sql`SELECT ${isGone(sql`${id}::text`, ago(agoS), ago(judgeAgoS))} AS gone`,
  );
  return row!.gone;
}

test("a process is gone when it is silent and has no connection left", async () => {
  const other = openDb({ url: database.url, name: "other" });
  const id = processId(other);
  await other.query(sql`SELECT 1`);
  expect(await gone(id)).toBe(false);
  await other.close();
  await expect.poll(() => gone(id)).toBe(true);
  expect(await gone(id, { agoS: 1 })).toBe(false);
});

test("who was not heard of itself for long judges nobody, and who has just come does", async () => {
  const other = openDb({ url: database.url, name: "other" });
  const id = processId(other);
  await other.close();
  expect(await gone(id, { judgeAgoS: 5 })).toBe(false);
  expect(await gone(id, { judgeAgoS: null })).toBe(true);
});

test("an id that names no connection is never gone: its silence has to do", async () => {
  expect(await gone("somebody", { agoS: 3_600 })).toBe(false);
});
