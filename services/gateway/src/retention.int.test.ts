// What the gateway drops when it is old, on a real database: a repeat within the time gets its first answer however often that was.
import { sql, sweepAll } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { smallRequest } from "./examples.ts";
import { retention } from "./retention.ts";
import { Bed } from "./test-service.ts";
import type { Door } from "./test-service.ts";

let bed: Bed;
let door: Door;
beforeAll(async () => {
  bed = await Bed.open(testLogs()[0]!);
  door = await bed.start();
});
afterAll(async () => bed?.close());

const sweep = (): Promise<void> =>
  sweepAll({
    db: bed.db,
    schema: "gateway",
    sweeps: retention("gateway"),
    onError: (error) => {
      throw error;
    },
  });
const age = (days: number) =>
  bed.db.query(sql`UPDATE gateway.claim SET received_at = now() - ${days} * interval '1 day' + interval '1 minute'`);

test("a claim goes after 30 days; until then what comes again gets the first answer again, byte for byte", async () => {
  const event = JSON.stringify(smallRequest({ number: "R-1" }));
  const first = await bed.send(door, "sender", event, "one");
  for (const days of [1, 7, 30]) {
    await age(days);
    await sweep();
    expect(await bed.send(door, "sender", event, "one")).toMatchObject({ status: 202, text: first.text });
    expect((await bed.send(door, "sender", event, "another")).text).toBe(first.text);
    const other = await bed.send(door, "sender", smallRequest({ number: "R-2" }), "one");
    expect(other).toMatchObject({ status: 422, body: { code: "webhook-id-reused" } });
  }
  expect(await bed.records(TOPICS.commands)).toHaveLength(1);
  await age(30.01);
  await bed.send(door, "sender", smallRequest({ number: "R-3" }), "young");
  await sweep();
  const left = await bed.db.query<{ id: string }>(sql`SELECT webhook_id AS id FROM gateway.claim`);
  expect(left).toEqual([{ id: "young" }]);
});

test("more than one part goes, and what an inbox holds for longer than 14 days", async () => {
  await bed.db.query(sql`
    INSERT INTO gateway.claim (institution, webhook_id, command_id, act, case_id, referral_id, received_at, sealed)
    SELECT 'sender', 'many-' || n, 'c-' || n, 'accept', 'case', 'case-1',
      now() - CASE WHEN n <= 2500 THEN interval '31 days' ELSE interval '29 days' END, '' FROM generate_series(1, 2600) AS n`);
  await bed.db.query(sql`
    INSERT INTO gateway.inbox_item SELECT 'sender', n, 'w-' || n, 'e-' || n, 'case', 'case-1', 'application/json', '{}',
      now() - CASE WHEN n <= 2500 THEN interval '15 days' ELSE interval '13 days' END, 0 FROM generate_series(1, 2600) AS n`);
  await sweep();
  expect(await bed.db.query(sql`SELECT count(*)::int AS n FROM gateway.claim WHERE webhook_id LIKE 'many-%'`)).toEqual([
    { n: 100 },
  ]);
  expect(await bed.db.query(sql`SELECT count(*)::int AS n FROM gateway.inbox_item`)).toEqual([{ n: 100 }]);
});
