// Statements that come often have one plan for whatever their parameters are: it goes by the index that is made for each.
import { migrate, openDb, sql } from "@ruta/db";
import type { Db, Sql } from "@ruta/db";
import { testDatabase } from "@ruta/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClaims } from "./claims.ts";
import { createState } from "./state.ts";

let database: Awaited<ReturnType<typeof testDatabase>>;
let db: Db;
beforeAll(async () => {
  database = await testDatabase();
  db = openDb({ url: database.url, name: "plans" });
  await migrate(db, { schema: "gateway", folder: new URL("./migrations/", import.meta.url) });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

/** The indexes in the plan of what `ask` asks. */
async function indexesOf(ask: (on: { query<R>(asked: Sql): Promise<R[]> }) => Promise<unknown>): Promise<string[]> {
  const asked: Sql[] = [];
  await ask({
    query: async (one) => {
      asked.push(one);
      return [];
    },
  });
  const plans = await Promise.all(
    asked.map(({ text }) => db.query<Record<string, string>>(sql`EXPLAIN (GENERIC_PLAN) ${sql.raw(text)}`)),
  );
  const lines = plans.flat().map((row) => row["QUERY PLAN"] ?? "");
  expect(lines.join("\n")).not.toContain("Seq Scan");
  return lines.flatMap((line) => / (?:using|on) ((?:claim|referral)_\w+)/.exec(line)?.[1] ?? []);
}

const page = { institution: "i", status: undefined, since: 0, after: undefined, limit: 10 };

test("the referrals of a requester, and those of a performer", async () => {
  const { page: list } = createState("gateway");
  expect(await indexesOf((on) => list(on, { ...page, role: "requester" }))).toEqual(["referral_requester"]);
  expect(await indexesOf((on) => list(on, { ...page, role: "performer" }))).toEqual(["referral_performer"]);
  const both = await indexesOf((on) => list(on, { ...page, role: undefined }));
  expect(both.toSorted()).toEqual(["referral_performer", "referral_requester"]);
});

test("the claims under a webhook-id, and those under a number", async () => {
  const { find } = createClaims("gateway");
  const key = { institution: "i", webhookId: "w", number: "n" };
  const indexes = await indexesOf((on) => find(on, [key]));
  expect(indexes.toSorted()).toEqual(["claim_number", "claim_pkey"]);
});
