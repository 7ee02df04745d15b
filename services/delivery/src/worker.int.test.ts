// The worker against real endpoints: order in a lane, outages, dead and slow workers, bounded stops, pace.
import { spawn } from "node:child_process";
import type { ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { openDb, processId, sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { Priority, TOPICS, newCaseId } from "@ruta/events";
import type { TestLog } from "@ruta/log/testing";
import { testLogs } from "@ruta/log/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openLanes } from "./lanes.ts";
import type { Head, Lanes } from "./lanes.ts";
import { settle } from "./results.ts";
import type { EventInit } from "./scenario.ts";
import type { Received, Receiver } from "./test-receiver.ts";
import { Bed, NO_WIRE, SOON } from "./test-service.ts";

// What is tested here is between worker and database; the drivers of the log meet in service.int.test.ts.
const driver = testLogs().find(({ name }) => name === "postgres") as TestLog;

let bed: Bed;

beforeEach(async () => {
  bed = await Bed.open(driver);
});
afterEach(() => bed.close());

const addressed: EventInit = { fact: { case: "addressed", value: {} } };
const acknowledged: EventInit = { fact: { case: "acknowledged", value: {} } };
const actsOf = ({ got }: Receiver): string[] => got.map(({ event }) => event.type.replace("ruta.referral.", ""));
const arrived = (receiver: Receiver, count: number): Promise<void> =>
  vi.waitFor(() => expect(receiver.got.length).toBeGreaterThanOrEqual(count), SOON);
const idsOf = ({ got }: Receiver): unknown[] => got.map(({ headers }) => headers["webhook-id"]);
const delivered = (count: number): Promise<void> => bed.states({ delivered: count });

test("a head that is due again holds its lane, and what follows keeps its order", async () => {
  await bed.start();
  const house = await bed.receiver("house");
  const statuses = [500, 500];
  house.answer = (_, response) => response.writeHead(statuses.shift() ?? 200).end();
  await bed.tell(newCaseId(), addressed, acknowledged);
  await arrived(house, 1);
  await bed.passTime();
  await arrived(house, 2);
  await bed.passTime();
  await delivered(2);
  expect(actsOf(house)).toEqual(["request", "request", "request", "acknowledge"]);
  expect(house.got.map(({ event }) => event.sequence)).toEqual([1, 1, 1, 2].map((n) => String(n).padStart(10, "0")));
  expect(new Set(idsOf(house).slice(0, 3)).size).toBe(1);
});

test("other cases of the same endpoint do not wait for a head", async () => {
  await bed.start();
  const house = await bed.receiver("house");
  const [stuck, free] = [newCaseId(), newCaseId()];
  house.answer = ({ event }, response) => response.writeHead(event.data["case"] === stuck ? 404 : 200).end();
  await bed.tell(stuck, addressed);
  await arrived(house, 1);
  await bed.tell(free, addressed);
  await arrived(house, 2);
  expect(house.got[1]?.event.data["case"]).toBe(free);
});

test("an endpoint that was down gets what waits at its first success, without spending tries of the others", async () => {
  await bed.start();
  const house = await bed.receiver("house", { proved: true });
  await house.stop();
  const cases = [newCaseId(), newCaseId(), newCaseId()];
  for (const caseId of cases) await bed.tell(caseId, addressed);
  for (const caseId of cases) await bed.expectMessages(TOPICS.attempts, caseId, 1);
  // Long after the schedule's five seconds: all lanes but one are due in an hour.
  await bed.db.query(sql`UPDATE ${sql.id(bed.schema, "lanes")} SET next_due = now() + interval '1 hour'`);
  await house.start();
  await bed.tell(newCaseId(), addressed);
  await delivered(4);
  const attempts = await Promise.all(cases.map((caseId) => bed.expectMessages(TOPICS.attempts, caseId, 2)));
  expect(attempts.map((list) => list.map(({ failure }) => failure))).toEqual(cases.map(() => ["connect", ""]));
});

test("what waits for an institution is sent at once when an operator says that it is back, with the act on record", async () => {
  const { admin } = await bed.start();
  const house = await bed.receiver("house");
  house.answer = (_, response) => response.writeHead(503, { "retry-after": "3600" }).end();
  const caseId = newCaseId();
  await bed.tell(caseId, addressed);
  await bed.expectMessages(TOPICS.attempts, caseId, 1);
  house.answer = (_, response) => response.writeHead(200).end();
  const wake = (role: string, reason: string) =>
    admin.inject({
      method: "POST",
      url: "/admin/delivery/institutions/house/wake",
      headers: { "x-role": role },
      payload: { reason },
    });
  expect((await wake("auditor", "llamaron")).statusCode).toBe(403);
  expect((await wake("operator", "")).statusCode).toBe(400);
  await vi.waitFor(async () => {
    const { lanes } = (await wake("operator", "llamaron")).json<{ lanes: number }>();
    expect(lanes).toBe(1);
  }, SOON);
  await delivered(1);
  const acts = await bed.messages(TOPICS.access, "house");
  expect(acts[0]?.access).toMatchObject({ value: { act: "delivery.institution.wake", reason: "llamaron" } });
});

test("what is urgent does not wait out the back-off of what stands before it", async () => {
  await bed.start({ limits: { pollMs: 50 } });
  const house = await bed.receiver("house");
  house.answer = (_, response) => response.writeHead(500).end();
  const caseId = newCaseId();
  await bed.tell(caseId, addressed);
  await arrived(house, 1);
  const due = async () => {
    const [row] = await bed.db.query<{ seconds: number }>(sql`
      SELECT extract(epoch FROM next_due - now())::double precision AS seconds FROM ${sql.id(bed.schema, "lanes")}`);
    return row?.seconds ?? Number.NaN;
  };
  await vi.waitFor(async () => expect(await due()).toBeGreaterThan(0), SOON);
  await bed.db.query(sql`UPDATE ${sql.id(bed.schema, "lanes")} SET next_due = now() + interval '10 hours'`);
  await bed.tell(caseId, { ...acknowledged, version: 2n, priority: Priority.EMERGENCY });
  await vi.waitFor(async () => expect(await due()).toBeLessThanOrEqual(60), SOON);
});

test("an endpoint gets no more than its share at a time, and a slow one does not hold up the others", async () => {
  await bed.start({ limits: { perEndpoint: 3, deadlineMs: 10_000 } });
  const slow = await bed.receiver("house");
  const prompt = await bed.receiver("other");
  const waiting: ServerResponse[] = [];
  slow.answer = (_, response) => waiting.push(response);
  for (let n = 0; n < 8; n += 1) await bed.tell(newCaseId(), addressed);
  await arrived(slow, 3);
  await bed.tell(newCaseId(), { ...addressed, performer: "other" });
  await arrived(prompt, 1);
  expect(slow.got).toHaveLength(3);
  slow.answer = (_, response) => response.end();
  for (const response of waiting) response.end();
  await delivered(9);
});

test("an endpoint that takes so many a second gets no more", async () => {
  await bed.start();
  const house = await bed.receiver("house", { ratePerSecond: 4 });
  const times: number[] = [];
  house.answer = (_, response) => {
    times.push(performance.now());
    response.end();
  };
  for (let n = 0; n < 8; n += 1) await bed.tell(newCaseId(), addressed);
  await delivered(8);
  expect(times[7]! - times[0]!).toBeGreaterThan(700);
});

test("a stop finishes what it began, and ends what does not end", async () => {
  const { service } = await bed.start({ limits: { stopMs: 1_000, deadlineMs: 10_000 } });
  const house = await bed.receiver("house");
  const other = await bed.receiver("other");
  const answers: ServerResponse[] = [];
  house.answer = (_, response) => answers.push(response);
  other.answer = () => {};
  const [finished, ended] = [newCaseId(), newCaseId()];
  await bed.tell(finished, addressed);
  await bed.tell(ended, { ...addressed, performer: "other" });
  await Promise.all([arrived(house, 1), arrived(other, 1)]);
  const stopped = service.stop();
  answers[0]?.end();
  await stopped;
  expect(await bed.messages(TOPICS.attempts, finished)).toMatchObject([{ failure: "", status: 200 }]);
  expect(await bed.messages(TOPICS.attempts, ended)).toMatchObject([{ failure: "stopped" }]);
  other.answer = (_, response) => response.end();
  await bed.start();
  await delivered(2);
  expect(new Set(idsOf(other)).size).toBe(1);
});

test("what a killed worker had in hand is sent again by another, under the same webhook-id", async () => {
  const house = await bed.receiver("house");
  const held: Received[] = [];
  house.answer = (received) => held.push(received);
  const child = spawn(process.execPath, [fileURLToPath(new URL("./test-child.ts", import.meta.url))], {
    env: {
      ...process.env,
      CHILD: JSON.stringify({
        databaseUrl: bed.database.url,
        schema: bed.schema,
        log: driver.config(bed.prefix),
        masterKey: Buffer.from(bed.masterKey).toString("base64"),
      }),
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  try {
    const caseId = newCaseId();
    await bed.tell(caseId, addressed, acknowledged);
    await arrived(house, 1);
    child.kill("SIGKILL");
    house.answer = (_, response) => response.end();
    await bed.start();
    await delivered(2);
    expect(actsOf(house)).toEqual(["request", "request", "acknowledge"]);
    expect(idsOf(house)[1]).toBe(idsOf(house)[0]);
    const attempts = await bed.expectMessages(TOPICS.attempts, caseId, 2);
    expect(attempts.map(({ trigger }) => trigger)).toEqual(["takeover", "schedule"]);
  } finally {
    child.kill("SIGKILL");
  }
});

test("a worker that has lost its connections is forgotten at once, one that stands still is waited for", async () => {
  const { service } = await bed.start();
  await service.stop();
  const other = openDb({ url: bed.database.url, name: "other" });
  const ended = processId(other);
  const [gone, living] = [openLanes(other, bed.schema, ended, 60_000), openLanes(bed.db, bed.schema, "living", 60_000)];
  const silent = async (): Promise<void> =>
    void (await bed.db.query(sql`
      UPDATE ${sql.id(bed.schema, "workers")} SET beat_at = clock_timestamp() - interval '3 seconds' WHERE worker = ${ended}`));
  await gone.beat();
  await silent();
  expect(await living.beat()).toBe(false);
  await other.close();
  await vi.waitUntil(async () => {
    await silent();
    return living.beat();
  }, SOON);
});

test("lanes whose claim was committed and never answered are given back by the worker, which lives on", async () => {
  let lose = 1;
  const tx: Db["tx"] = async (fn) => {
    const result = await bed.db.tx(fn);
    const [head] = Array.isArray(result) ? (result as unknown[]) : [];
    if (typeof head !== "object" || head === null || !("takenOver" in head) || lose === 0) return result;
    lose -= 1;
    throw new Error("Query read timeout");
  };
  await bed.start({ db: { ...bed.db, tx } });
  const house = await bed.receiver("house");
  await bed.tell(newCaseId(), addressed, acknowledged);
  await delivered(2);
  expect(lose).toBe(0);
  expect(actsOf(house)).toEqual(["request", "acknowledge"]);
});

test("the result of a worker that lost its lane is void", async () => {
  const { service } = await bed.start();
  await bed.register("house", "http://127.0.0.1:1/in", { proved: true });
  await bed.tell(newCaseId(), addressed);
  await bed.states({ waiting: 1 });
  await service.stop();
  await bed.db.query(sql`UPDATE ${sql.id(bed.schema, "lanes")} SET next_due = now()`);
  const all = { total: 10, perEndpoint: 10, limited: new Map<string, number>() };
  const [old, young] = ["old", "young"].map((name) => openLanes(bed.db, bed.schema, name, 60_000)) as [Lanes, Lanes];
  await old.beat();
  const [stale] = await old.claim(all);
  await young.beat();
  expect(await young.claim(all)).toEqual([]);
  await bed.db.query(sql`
    UPDATE ${sql.id(bed.schema, "workers")} SET beat_at = clock_timestamp() - interval '2 minutes' WHERE worker = 'old'`);
  const [taken] = await young.claim(all);
  expect(taken).toMatchObject({ id: stale?.id, takenOver: true });
  expect(await old.claim(all)).toEqual([]);
  const outcome = { ok: true, status: 200 } as const;
  const tried = { endpointId: "endpoint-house", startedAt: Date.now(), durationMs: 1, outcome, wire: NO_WIRE };
  const write = (worker: string, head: Head) =>
    bed.db.tx((tx) => settle(tx, bed.schema, worker, [{ head, tried }], () => 0));
  expect(await write("old", stale!)).toEqual({ settled: [undefined], records: [] });
  await bed.states({ waiting: 1 });
  expect(await write("young", taken!)).toMatchObject({
    settled: [{ verdict: { kind: "delivered" }, waits: false }],
    records: [{}, {}],
  });
  expect(await write("young", taken!)).toEqual({ settled: [undefined], records: [] });
});

test("two services share the lanes and send nothing twice", async () => {
  await bed.start({ limits: { total: 5 } });
  await bed.start({ limits: { total: 5 } });
  const house = await bed.receiver("house");
  const cases = Array.from({ length: 30 }, newCaseId);
  await Promise.all(cases.map((caseId) => bed.tell(caseId, addressed, acknowledged)));
  await delivered(60);
  expect(house.got).toHaveLength(60);
  for (const caseId of cases)
    expect(house.got.filter(({ event }) => event.data["case"] === caseId).map(({ event }) => event.type)).toEqual([
      "ruta.referral.request",
      "ruta.referral.acknowledge",
    ]);
});
