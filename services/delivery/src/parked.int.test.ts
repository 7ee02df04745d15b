// The list of what is parked: filtered, page by page without a gap or a repeat, and refused for what is no cursor.
import { sql } from "@ruta/db";
import { testLogs } from "@ruta/log/testing";
import type { TestLog } from "@ruta/log/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Bed } from "./test-service.ts";

interface Page {
  readonly parked: readonly { readonly id: string; readonly institution: string; readonly reason: string }[];
  readonly next?: string;
}

let bed: Bed;
let admin: Awaited<ReturnType<Bed["start"]>>["admin"];
const get = (query: string) =>
  admin.inject({ url: `/admin/delivery/parked${query}`, headers: { "x-role": "operator" } });
const page = async (query: string): Promise<Page> => (await get(query)).json<Page>();

beforeAll(async () => {
  bed = await Bed.open(testLogs().find(({ name }) => name === "postgres") as TestLog);
  ({ admin } = await bed.start());
  // Several at one instant: the id says which comes first.
  await bed.db.query(sql`
    INSERT INTO ${sql.id(bed.schema, "deliveries")}
      (delivery_id, event_id, institution, case_id, referral_id, sequence, priority, state, parked_at, parked_reason)
    SELECT 'parked-' || n, 'event-' || n, CASE WHEN n % 2 = 0 THEN 'house' ELSE 'other' END, 'case', 'case-1', n, 3, 'parked',
      timestamptz '2026-11-20T10:00:00.123456Z' + (n / 3) * interval '1 microsecond',
      CASE WHEN n < 5 THEN 'exhausted' ELSE 'rejected' END
    FROM generate_series(1, 9) AS n`);
});
afterAll(async () => bed?.close());

test("pages follow each other without a gap and without a repeat", async () => {
  const seen: string[] = [];
  let after = "";
  for (;;) {
    const { parked, next } = await page(`?limit=2${after}`);
    seen.push(...parked.map(({ id }) => id));
    if (next === undefined) break;
    after = `&after=${encodeURIComponent(next)}`;
  }
  expect(seen).toEqual(Array.from({ length: 9 }, (_, n) => `parked-${n + 1}`));
});

test("the list is narrowed by institution, reason and id", async () => {
  expect((await page("?institution=house&reason=exhausted")).parked.map(({ id }) => id)).toEqual([
    "parked-2",
    "parked-4",
  ]);
  expect((await page("?id=parked-7")).parked).toMatchObject([{ id: "parked-7", reason: "rejected" }]);
  expect((await page("?institution=nobody")).parked).toEqual([]);
});

test.each(["?after=none", "?after=1~a'b", "?limit=0", "?limit=501", "?state=waiting"])(
  "%s is refused",
  async (query) => {
    expect((await get(query)).statusCode).toBe(400);
  },
);
