// The breaker on real servers: what is spared, one probe for all workers, what is told of it, and when an endpoint is given up.
import type { ServerResponse } from "node:http";
import { sql } from "@ruta/db";
import { Priority, TOPICS, newCaseId } from "@ruta/events";
import type { TestLog } from "@ruta/log/testing";
import { testLogs } from "@ruta/log/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openLanes } from "./lanes.ts";
import type { EventInit } from "./scenario.ts";
import type { Received, Receiver } from "./test-receiver.ts";
import { Bed, SOON } from "./test-service.ts";

const driver = testLogs().find(({ name }) => name === "postgres") as TestLog;
const addressed: EventInit = { fact: { case: "addressed", value: {} } };

let bed: Bed;

beforeEach(async () => {
  bed = await Bed.open(driver);
});
afterEach(() => bed.close());

type Row = { opened: boolean; waitMs: number; failures: number; reason: string | null; probeInMs: number };

const row = async (institution = "house"): Promise<Row> => {
  const [found] = await bed.db.query<Row>(sql`
    SELECT opened_at IS NOT NULL AS opened, wait_ms AS "waitMs", failures, disabled_reason AS reason,
      (extract(epoch FROM probe_at - now()) * 1000)::double precision AS "probeInMs"
    FROM ${sql.id(bed.schema, "endpoints")} WHERE institution = ${institution}`);
  return found!;
};
const rowIs = (expected: Partial<Row>) => vi.waitFor(async () => expect(await row()).toMatchObject(expected), SOON);
const says =
  (status: number) =>
  (_: Received, response: ServerResponse): void =>
    void response.writeHead(status).end();
const tell = async (count: number, init: EventInit = {}): Promise<string[]> => {
  const cases = Array.from({ length: count }, newCaseId);
  for (const caseId of cases) await bed.tell(caseId, { ...addressed, ...init });
  return cases;
};
/** An institution whose endpoint has failed until it was spared. */
async function spared(): Promise<{ house: Receiver; failed: number }> {
  const house = await bed.receiver("house", { proved: true });
  house.answer = says(500);
  await tell(10);
  await rowIs({ opened: true, waitMs: 30_000 });
  return { house, failed: house.got.length };
}
/** Every worker has looked for what is due, and sent what it may: much else came and went meanwhile. */
async function allLook(): Promise<void> {
  const other = await bed.receiver("other", { proved: true });
  await tell(20, { performer: "other" });
  await vi.waitFor(() => expect(other.got).toHaveLength(20), SOON);
}
const attemptsOf = async (cases: readonly string[]): Promise<{ attempts: number; step: number }[]> =>
  bed.db.query(
    sql`SELECT attempts, step FROM ${sql.id(bed.schema, "deliveries")} WHERE case_id = ANY(${cases}::text[])`,
  );

test("ten failures in a row spare the endpoint: what comes then waits and spends no try, over a restart too", async () => {
  const { service } = await bed.start();
  const { house, failed } = await spared();
  const later = await tell(5);
  await allLook();
  await service.stop();
  await bed.start();
  await bed.passTime();
  await tell(20, { performer: "other" });
  await bed.states({ waiting: 15, delivered: 40 });
  expect(house.got).toHaveLength(failed);
  expect(await attemptsOf(later)).toEqual(later.map(() => ({ attempts: 0, step: 0 })));
});

test("two workers let one probe through: it fails, and the wait doubles; it succeeds, and everything goes", async () => {
  const limits = { deadlineMs: 60_000 };
  await bed.start({ limits });
  await bed.start({ limits });
  const { house, failed } = await spared();
  await tell(5);
  const held: ServerResponse[] = [];
  house.answer = (_, response) => held.push(response);
  await bed.passTime();
  await bed.passProbe();
  await vi.waitFor(() => expect(held).toHaveLength(1), SOON);
  await allLook();
  expect(house.got).toHaveLength(failed + 1);
  held[0]?.writeHead(503).end();
  await rowIs({ opened: true, waitMs: 60_000, failures: 11 });
  expect(house.got).toHaveLength(failed + 1);
  house.answer = says(200);
  await bed.passProbe();
  await bed.states({ delivered: 35 });
  await rowIs({ opened: false, failures: 0 });
});

test("however many workers claim at once, one of them gets the probe", async () => {
  const { service } = await bed.start();
  await spared();
  await tell(10);
  await bed.states({ waiting: 20 });
  await service.stop();
  await bed.db.query(sql`UPDATE ${sql.id(bed.schema, "lanes")} SET next_due = now(), holder = NULL`);
  const workers = Array.from({ length: 8 }, (_, n) => openLanes(bed.db, bed.schema, `w-${n}`, 60_000));
  for (const worker of workers) await worker.beat();
  const all = { total: 10, perEndpoint: 10, limited: new Map<string, number>() };
  for (let round = 0; round < 10; round += 1) {
    await bed.db.query(sql`UPDATE ${sql.id(bed.schema, "endpoints")} SET probe_at = now(), prober = NULL`);
    await bed.db.query(sql`UPDATE ${sql.id(bed.schema, "lanes")} SET holder = NULL`);
    const claims = await Promise.all(workers.map((worker) => worker.claim(all)));
    expect(claims.flat()).toMatchObject([{ probe: true }]);
    const held = await bed.db.query(sql`SELECT FROM ${sql.id(bed.schema, "lanes")} WHERE holder IS NOT NULL`);
    expect(held).toHaveLength(1);
  }
});

test("a worker that died with the probe in hand is waited for, and then another makes it", async () => {
  await bed.start();
  const { house, failed } = await spared();
  await bed.db.query(sql`
    INSERT INTO ${sql.id(bed.schema, "workers")} (worker, beat_at) VALUES ('dying', clock_timestamp())`);
  await bed.db.query(sql`UPDATE ${sql.id(bed.schema, "endpoints")} SET prober = 'dying'`);
  house.answer = says(200);
  await bed.passTime();
  await bed.passProbe();
  await bed.states({ delivered: 10 });
  expect(house.got).toHaveLength(failed + 10);
});

test("somebody in danger is not made to wait for the next probe", async () => {
  await bed.start();
  await spared();
  await bed.db.query(sql`
    UPDATE ${sql.id(bed.schema, "endpoints")} SET wait_ms = 900000, probed_at = now(), probe_at = now() + interval '15 minutes'`);
  await tell(1);
  await bed.states({ waiting: 11 });
  expect((await row()).probeInMs).toBeGreaterThan(800_000);
  await tell(1, { priority: Priority.EMERGENCY });
  await bed.states({ waiting: 12 });
  expect((await row()).probeInMs).toBeLessThanOrEqual(60_000);
  // A probe that fails while such a one waits: the next is as near.
  await bed.passTime();
  await bed.passProbe();
  await rowIs({ waitMs: 900_000, failures: 11 });
  expect((await row()).probeInMs).toBeLessThanOrEqual(60_000);
});

test("refusals of single messages never spare an endpoint", async () => {
  await bed.start();
  const house = await bed.receiver("house", { proved: true });
  house.answer = says(422);
  const cases = await tell(12);
  for (const caseId of cases) await bed.expectMessages(TOPICS.attempts, caseId, 1);
  expect(await row()).toMatchObject({ opened: false, failures: 0 });
});

test("an institution is told in its inbox once its endpoint has failed for a while, and when it is back; a flap is not told", async () => {
  const { service } = await bed.start();
  const { house } = await spared();
  house.answer = says(200);
  await bed.passTime();
  await bed.passProbe();
  await bed.states({ delivered: 10 });
  await service.stop();
  expect(await bed.inbox("house", 0)).toEqual([]);

  await bed.start({ limits: { failingMs: 1 } });
  house.answer = says(500);
  await tell(10);
  await bed.expectMessages(TOPICS.inbox, "house", 1);
  house.answer = says(200);
  await bed.passTime();
  await bed.passProbe();
  const items = await bed.expectMessages(TOPICS.inbox, "house", 2);
  expect(items).toMatchObject([
    { institution: "house", caseId: "", eventId: "", referralId: "" },
    { institution: "house", caseId: "", eventId: "", referralId: "" },
  ]);
  expect(new Set(items.map(({ webhookId }) => webhookId)).size).toBe(2);
  expect(await bed.inbox("house", 2)).toMatchObject([
    { specversion: "1.0", id: items[0]?.webhookId, type: "ruta.endpoint.failing", subject: "house" },
    { type: "ruta.endpoint.recovered", data: { institution: "house", endpoint: "endpoint-house" } },
  ]);
});

/** As if the endpoint had failed for five days. */
const longAgo = () =>
  bed.db.query(sql`
    UPDATE ${sql.id(bed.schema, "endpoints")} SET good_at = now() - interval '121 hours',
      first_failed_at = now() - interval '30 hours'`);

test("an endpoint that is useless for five days is disabled: what is for it is parked, can be sent again, and a new one is tried", async () => {
  const { admin } = await bed.start();
  const { house, failed } = await spared();
  await longAgo();
  await bed.passTime();
  await bed.passProbe();
  await bed.states({ parked: 10 });
  expect(await row()).toMatchObject({ reason: "failing" });
  expect(house.got).toHaveLength(failed + 1);
  const [next] = await tell(1);
  const [told] = await bed.expectMessages(TOPICS.commands, next!, 1);
  expect(told?.act).toMatchObject({ case: "recordUndeliverable", value: { reasonCode: "disabled", attempts: 0 } });
  expect(await bed.inbox("house", 1)).toMatchObject([
    { type: "ruta.endpoint.disabled", data: { endpoint: "endpoint-house", reasonCode: "failing" } },
  ]);

  const moved = await bed.receiver("house");
  await tell(1);
  await vi.waitFor(() => expect(moved.got).toHaveLength(1), SOON);
  expect(moved.challenges).toHaveLength(1);
  expect((await bed.inbox("house", 2))[1]).toMatchObject({ type: "ruta.endpoint.recovered" });
  const { parked } = (await admin.inject({ url: "/admin/delivery/parked", headers: { "x-role": "operator" } })).json<{
    parked: { id: string; reason: string }[];
  }>();
  expect(parked.map(({ reason }) => reason)).toEqual(Array.from({ length: 11 }, () => "disabled"));
  const retry = `/admin/delivery/parked/${parked[0]?.id}/retry`;
  await admin.inject({
    method: "POST",
    url: retry,
    headers: { "x-role": "operator" },
    payload: { reason: "otra vez" },
  });
  await vi.waitFor(() => expect(moved.got).toHaveLength(2), SOON);
});

test("an endpoint that an operator resumes has its five days again", async () => {
  const { admin } = await bed.start();
  const { house, failed } = await spared();
  await longAgo();
  await bed.passTime();
  await bed.passProbe();
  await bed.states({ parked: 10 });
  const url = "/admin/delivery/endpoints/house/resume";
  await admin.inject({ method: "POST", url, headers: { "x-role": "operator" }, payload: { reason: "dicen que ya" } });
  await tell(1);
  await rowIs({ failures: 1, reason: null, opened: true });
  expect(house.got).toHaveLength(failed + 2);
  await bed.states({ parked: 10, waiting: 1 });
});

test("410 disables at once, to a delivery or to a challenge, and the institution is told", async () => {
  await bed.start();
  const [house, other] = [await bed.receiver("house"), await bed.receiver("other")];
  house.answer = says(410);
  other.prove = says(410);
  await tell(1);
  await tell(1, { performer: "other" });
  await bed.states({ parked: 2 });
  await tell(1);
  await tell(1, { performer: "other" });
  await bed.states({ parked: 4 });
  expect([house.got.length, other.got.length, other.challenges.length]).toEqual([1, 0, 1]);
  expect([(await row()).reason, (await row("other")).reason]).toEqual(["gone", "gone"]);
  for (const institution of ["house", "other"])
    expect(await bed.inbox(institution, 1)).toMatchObject([
      { type: "ruta.endpoint.disabled", data: { reasonCode: "gone" } },
    ]);
});
