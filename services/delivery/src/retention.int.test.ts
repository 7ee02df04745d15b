// What delivery drops when it is old, on a real database: old rows go, young ones stay, and what is still needed stays however old.
import { sql, sweepAll } from "@ruta/db";
import { newCaseId } from "@ruta/events";
import type { TestLog } from "@ruta/log/testing";
import { testLogs } from "@ruta/log/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { retention } from "./retention.ts";
import { openRedrives } from "./redrives.ts";
import type { EventInit } from "./scenario.ts";
import { Bed } from "./test-service.ts";

const driver = testLogs().find(({ name }) => name === "postgres") as TestLog;
const addressed: EventInit = { fact: { case: "addressed", value: {} } };

let bed: Bed;
beforeEach(async () => {
  bed = await Bed.open(driver);
});
afterEach(() => bed.close());

const table = (name: string) => sql.id(bed.schema, name);
const sweep = (): Promise<void> =>
  sweepAll({
    db: bed.db,
    schema: bed.schema,
    sweeps: retention(bed.schema),
    onError: (error) => {
      throw error;
    },
  });

test("bodies of what was taken go after 14 days and attempts after 90, and no replay finds them", async () => {
  const { admin, service } = await bed.start();
  await bed.receiver("house");
  await bed.tell(newCaseId(), addressed);
  await bed.tell(newCaseId(), addressed);
  await bed.states({ delivered: 2 });
  await service.stop();
  await bed.db.query(sql`
    UPDATE ${table("deliveries")} SET delivered_at = now() - interval '14 days 1 minute'
    WHERE delivery_id = (SELECT min(delivery_id) FROM ${table("deliveries")})`);
  await bed.db.query(sql`
    UPDATE ${table("attempts")} SET started_at = now() - interval '90 days 1 minute'
    WHERE attempt_id = (SELECT min(attempt_id) FROM ${table("attempts")})`);
  await sweep();
  expect(
    await bed.db.query(sql`SELECT body IS NULL AS gone FROM ${table("deliveries")} ORDER BY delivered_at`),
  ).toEqual([{ gone: true }, { gone: false }]);
  expect(await bed.db.query(sql`SELECT FROM ${table("attempts")}`)).toHaveLength(1);
  const { body } = await admin.inject({
    method: "POST",
    url: "/admin/delivery/redrives/count",
    headers: { "x-role": "operator" },
    payload: { what: "all", since: "2020-01-01T00:00:00Z" },
  });
  expect(JSON.parse(body)).toMatchObject({ counts: [{ institution: "house", reason: "delivered", count: 1 }] });
});

test("more than one part goes", async () => {
  await bed.start();
  await bed.db.query(sql`
    INSERT INTO ${table("attempts")} (institution, case_id, referral_id, delivery_id, outcome, started_at, record)
    SELECT 'many', 'c', 'c-1', 'd', 2, now() - CASE WHEN n <= 2500 THEN interval '91 days' ELSE interval '89 days' END, ''
    FROM generate_series(1, 2600) AS n`);
  await sweep();
  expect(
    await bed.db.query(sql`SELECT count(*)::int AS n, min(started_at) > now() - interval '90 days' AS young
    FROM ${table("attempts")}`),
  ).toEqual([{ n: 100, young: true }]);
});

test("redrives go 90 days after they ended; one that runs stays", async () => {
  await bed.start();
  const redrives = openRedrives(bed.db, bed.schema);
  const filter = { what: "failed" as const };
  for (const id of ["running", "old", "young"])
    await bed.db.tx((tx) => redrives.start(tx, { id, staff: "s", reason: "r", filter, perSecond: 1 }));
  await bed.db.query(sql`UPDATE ${table("redrives")} SET next_at = now() + interval '1 hour',
    state = CASE WHEN redrive_id = 'running' THEN 'running' ELSE 'done' END,
    changed_at = now() - CASE WHEN redrive_id = 'young' THEN interval '89 days' ELSE interval '91 days' END`);
  await sweep();
  const left = await bed.db.query<{ id: string }>(sql`SELECT redrive_id AS id FROM ${table("redrives")} ORDER BY 1`);
  expect(left.map(({ id }) => id)).toEqual(["running", "young"]);
});

test("a proof stays while its endpoint does, and goes 90 days after it was given when another took its place", async () => {
  const house = await bed.receiver("house");
  await bed.start();
  await bed.register("house", house.url, { proved: true });
  await bed.tell(newCaseId(), addressed);
  await bed.states({ delivered: 1 });
  await bed.db.query(sql`INSERT INTO ${table("proofs")} VALUES ('house', 'before', now())`);
  await bed.db.query(sql`INSERT INTO ${table("proofs")} VALUES ('house', 'long ago', now())`);
  await bed.db.query(sql`
    UPDATE ${table("proofs")} SET proved_at = now() - interval '91 days' WHERE fingerprint <> 'before'`);
  expect(await bed.db.query(sql`SELECT FROM ${table("endpoints")}`)).not.toEqual([]);
  await sweep();
  const left = await bed.db.query<{ fingerprint: string }>(sql`SELECT fingerprint FROM ${table("proofs")} AS p
    WHERE NOT EXISTS (SELECT FROM ${table("endpoints")} AS e WHERE e.fingerprint = p.fingerprint)`);
  expect(left).toEqual([{ fingerprint: "before" }]);
  expect(await bed.db.query(sql`SELECT FROM ${table("proofs")}`)).toHaveLength(2);
});
