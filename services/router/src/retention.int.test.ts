// What the router drops when it is old, on a real database: decided commands, disputes that ended, whose work has ended.
import { sql, sweepAll } from "@ruta/db";
import { newCaseId } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { retention } from "./retention.ts";
import { asks } from "./scenario.ts";
import { openBed } from "./test-service.ts";
import type { Bed } from "./test-service.ts";

let bed: Bed;
beforeAll(async () => {
  bed = await openBed(testLogs()[0]!);
});
afterAll(() => bed?.close());

const sweep = (engine: Parameters<typeof retention>[1] = bed.router().engine): Promise<void> =>
  sweepAll({
    db: bed.db,
    schema: "router",
    sweeps: retention("router", engine),
    onError: (error) => {
      throw error;
    },
  });

test("what was decided is forgotten after 45 days, and a repeat until then is decided no second time", async () => {
  const [old, young] = [newCaseId(), newCaseId()];
  const commands = [old, young].map((caseId) => bed.command(caseId, asks(), "sender"));
  await bed.log.append(commands);
  const before = [(await bed.events(old, 2)).length, (await bed.events(young, 2)).length];
  await bed.db.query(sql`UPDATE router.decided SET decided_at = now() - interval '44 days'`);
  await sweep();
  await bed.log.append(commands);
  const marker = newCaseId();
  await bed.log.append([bed.command(marker, asks(), "sender")]);
  await bed.events(marker, 2);
  expect(
    await bed.router().engine.waitForEnd({ group: "router", topic: "ruta.referral.commands.v1", withinMs: 10_000 }),
  ).toBe(true);
  expect([(await bed.records(old)).length, (await bed.records(young)).length]).toEqual(before);
  await bed.db.query(sql`UPDATE router.decided SET decided_at = now() - interval '46 days' WHERE case_id = ${old}`);
  await sweep({
    lag: async () => [
      { group: "router", topic: "ruta.referral.commands.v1", partition: 0, records: 1n, seconds: 90_000 },
    ],
  });
  expect(await bed.db.query(sql`SELECT FROM router.decided WHERE case_id = ${old}`)).toHaveLength(1);
  await sweep();
  expect(await bed.db.query(sql`SELECT FROM router.decided WHERE case_id = ${old}`)).toEqual([]);
  expect(await bed.db.query(sql`SELECT FROM router.decided WHERE case_id = ${young}`)).toHaveLength(1);
});

test("disputes go 90 days after they ended; whose work a row was goes when it has left the worklist for a day", async () => {
  await bed.db.query(sql`
    INSERT INTO router.disputes (event_id, case_id, referral_id, institution, reason_code, priority, since, resolution, resolved_at)
    VALUES ('open', 'c', 'r', 'i', 'x', 1, now() - interval '200 days', NULL, NULL),
      ('old', 'c', 'r', 'i', 'x', 1, now(), 'upheld', now() - interval '91 days'),
      ('young', 'c', 'r', 'i', 'x', 1, now(), 'upheld', now() - interval '89 days')`);
  await bed.db.query(sql`
    INSERT INTO router.assignments VALUES ('open', 's', now() - interval '2 days'), ('young', 's', now() - interval '2 days'),
      ('gone', 's', now() - interval '2 days'), ('just gone', 's', now() - interval '23 hours')`);
  await sweep();
  const ids = async (query: ReturnType<typeof sql>) => (await bed.db.query<{ id: string }>(query)).map(({ id }) => id);
  expect(await ids(sql`SELECT event_id AS id FROM router.disputes ORDER BY 1`)).toEqual(["open", "young"]);
  expect(await ids(sql`SELECT item_id AS id FROM router.assignments ORDER BY 1`)).toEqual(["just gone", "open"]);
});
