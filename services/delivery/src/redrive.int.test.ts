// Redrives on a real database to real endpoints: what is counted is what is sent, under its own id, whatever is killed or stopped.
import { spawn } from "node:child_process";
import type { ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { sql } from "@ruta/db";
import { TOPICS, newCaseId } from "@ruta/events";
import type { HttpApp } from "@ruta/kit";
import type { TestLog } from "@ruta/log/testing";
import { testLogs } from "@ruta/log/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openRedrives } from "./redrives.ts";
import type { EventInit } from "./scenario.ts";
import type { Received, Receiver } from "./test-receiver.ts";
import { Bed, SOON } from "./test-service.ts";

// What is tested here is between workers and database; the drivers of the log meet in service.int.test.ts.
const driver = testLogs().find(({ name }) => name === "postgres") as TestLog;

let bed: Bed;

beforeEach(async () => {
  bed = await Bed.open(driver);
});
afterEach(() => bed.close());

const addressed: EventInit = { fact: { case: "addressed", value: {} } };
const acknowledged: EventInit = { fact: { case: "acknowledged", value: {} } };
const ok = (_: Received, response: ServerResponse): void => void response.end();
const answering =
  (status: number, headers: Record<string, string> = {}) =>
  (_: Received, response: ServerResponse): void =>
    void response.writeHead(status, headers).end();
const arrived = (receiver: Receiver, count: number): Promise<void> =>
  vi.waitFor(() => expect(receiver.got.length).toBeGreaterThanOrEqual(count), SOON);
const idOf = ({ headers }: Received): string => String(headers["webhook-id"]);

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & {
    id: string;
    counts: unknown;
    state: string;
    madeDue: number;
    total: number;
  };
}

const post = async (admin: HttpApp, path: string, payload: object, role = "operator"): Promise<Answer> => {
  const url = `/admin/delivery/${path}`;
  const { statusCode, body } = await admin.inject({ method: "POST", url, headers: { "x-role": role }, payload });
  return { status: statusCode, body: JSON.parse(body) as Answer["body"] };
};
const shown = async (admin: HttpApp, id: string): Promise<Answer["body"]> => {
  const { body } = await admin.inject({ url: `/admin/delivery/redrives/${id}`, headers: { "x-role": "auditor" } });
  return JSON.parse(body) as Answer["body"];
};
const ended = (admin: HttpApp, id: string): Promise<void> =>
  vi.waitFor(async () => expect(await shown(admin, id)).toMatchObject({ state: "done" }), SOON);
const start = (admin: HttpApp, filter: object): Promise<Answer> =>
  post(admin, "redrives", { reason: "han vuelto", perSecond: 1_000, ...filter });
const idsOf = async (state: string): Promise<string[]> => {
  const rows = await bed.db.query<{ id: string }>(sql`
    SELECT delivery_id AS id FROM ${sql.id(bed.schema, "deliveries")} WHERE state = ${state} ORDER BY 1`);
  return rows.map(({ id }) => id);
};

/** Tells `count` cases to an institution that answers 410: all are parked, and its endpoint disabled. */
async function park(house: Receiver, count: number, performer = "house"): Promise<void> {
  house.answer = answering(410);
  for (let n = 0; n < count; n += 1) await bed.tell(newCaseId(), { ...addressed, performer });
}

test("what is counted first is what is then sent, each under its own id, and nothing else", async () => {
  const { admin } = await bed.start();
  const [house, other] = [await bed.receiver("house"), await bed.receiver("other")];
  await park(house, 7);
  await park(other, 2, "other");
  await bed.tell(newCaseId(), { ...addressed, performer: "nowhere" });
  await bed.states({ parked: 10 });
  const all = await post(admin, "redrives/count", { what: "failed" }, "auditor");
  expect(all.body.counts).toEqual([
    { institution: "house", reason: "disabled", count: 7 },
    { institution: "nowhere", reason: "no-endpoint", count: 1 },
    { institution: "other", reason: "disabled", count: 2 },
  ]);
  const filter = { what: "failed", institution: "house", since: new Date(Date.now() - 60_000).toISOString() };
  const counted = await post(admin, "redrives/count", filter);
  expect(counted.body.counts).toEqual([{ institution: "house", reason: "disabled", count: 7 }]);
  expect(await idsOf("parked")).toHaveLength(10);
  const parked = await bed.db.query<{ id: string }>(sql`
    SELECT delivery_id AS id FROM ${sql.id(bed.schema, "deliveries")} WHERE institution = 'house' ORDER BY 1`);
  house.got.length = 0;
  house.answer = ok;
  other.answer = ok;
  const started = await start(admin, filter);
  expect(started).toMatchObject({ status: 200, body: { state: "running", counts: counted.body.counts } });
  await bed.states({ parked: 3, delivered: 7 });
  await ended(admin, started.body.id);
  expect(house.got.map(idOf).toSorted()).toEqual(parked.map(({ id }) => id));
  expect(await shown(admin, started.body.id)).toMatchObject({ total: 7, madeDue: 7, staff: "staff-1", filter });
  const acts = await bed.messages(TOPICS.access, started.body.id);
  expect(acts.map(({ access }) => access.value)).toMatchObject([
    { staff: "staff-1", act: "delivery.redrive.start", reason: "han vuelto" },
  ]);
});

const endpoint = (admin: HttpApp, act: string): Promise<Answer> =>
  post(admin, `endpoints/house/${act}`, { reason: "no son ellos" });

test("what an operator disabled is counted apart and left as it is, by a redrive and one by one", async () => {
  const { admin } = await bed.start();
  const [house, other] = [await bed.receiver("house"), await bed.receiver("other")];
  await vi.waitFor(async () => expect((await endpoint(admin, "disable")).status).toBe(200), SOON);
  await park(other, 1, "other");
  await park(house, 2);
  await bed.states({ parked: 3 });
  other.answer = ok;
  house.answer = ok;
  const started = await start(admin, { what: "failed" });
  expect(started.body.counts).toEqual([
    { institution: "house", reason: "disabled", count: 2, disabled: true },
    { institution: "other", reason: "disabled", count: 1 },
  ]);
  await ended(admin, started.body.id);
  expect(await shown(admin, started.body.id)).toMatchObject({ total: 1, madeDue: 1 });
  await bed.states({ parked: 2, delivered: 1 });
  const [id] = await idsOf("parked");
  expect(await post(admin, `parked/${id}/retry`, { reason: "han vuelto" })).toMatchObject({
    status: 409,
    body: { code: "endpoint-disabled" },
  });
  expect(house.got).toEqual([]);
  expect((await endpoint(admin, "resume")).status).toBe(200);
  expect((await post(admin, `parked/${id}/retry`, { reason: "eran ellos" })).status).toBe(200);
  await bed.states({ parked: 1, delivered: 2 });
});

test("an endpoint that is gone again is asked once by a redrive, whose rest stays parked and tells no case anew", async () => {
  const { admin } = await bed.start();
  const house = await bed.receiver("house");
  await park(house, 6);
  await bed.states({ parked: 6 });
  const told = async () => (await bed.messages(TOPICS.commands)).length;
  await vi.waitFor(async () => expect(await told()).toBe(6), SOON);
  house.got.length = 0;
  const { body } = await start(admin, { what: "failed", perSecond: 1 });
  await vi.waitFor(() => expect(house.got).toHaveLength(1), SOON);
  await ended(admin, body.id);
  await bed.states({ parked: 6 });
  expect(house.got).toHaveLength(1);
  expect(await shown(admin, body.id)).toMatchObject({ total: 6, madeDue: 1 });
  await vi.waitFor(async () => expect(await told()).toBeGreaterThan(6), SOON);
  expect(await told()).toBe(7);
});

test("each filter names what it says", async () => {
  const { admin } = await bed.start();
  const house = await bed.receiver("house");
  house.answer = answering(410);
  const [first, second] = [newCaseId(), newCaseId()];
  await bed.tell(first, addressed, acknowledged);
  await bed.tell(second, addressed);
  await bed.states({ parked: 3 });
  const [id] = await idsOf("parked");
  const count = async (filter: object): Promise<number> => {
    const { body } = await post(admin, "redrives/count", { what: "failed", ...filter });
    return (body.counts as { count: number }[]).reduce((sum, one) => sum + one.count, 0);
  };
  const minute = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
  expect(await count({ case: first })).toBe(2);
  expect(await count({ referral: `${second}-1` })).toBe(1);
  expect(await count({ referral: `${second}-2` })).toBe(0);
  expect(await count({ delivery: id })).toBe(1);
  expect(await count({ parkedReason: "disabled" })).toBe(3);
  expect(await count({ parkedReason: "exhausted" })).toBe(0);
  expect(await count({ since: minute(-5), until: minute(5) })).toBe(3);
  expect(await count({ since: minute(5) })).toBe(0);
  expect(await count({ until: minute(-5) })).toBe(0);
  expect(await count({ what: "never-attempted" })).toBe(0);
  expect(await count({ what: "all", since: minute(-5) })).toBe(3);
  expect(await count({ institution: "another" })).toBe(0);
});

test.each<[string, object]>([
  ["body.what", {}],
  ["body.what", { what: "everything" }],
  ["body.institution", { what: "failed", institution: "x' OR 'a' = 'a" }],
  ["body.institution", { what: "failed", institution: "a".repeat(65) }],
  ["body.case", { what: "failed", case: "%" }],
  ["body.referral", { what: "failed", referral: "0123456789abcdefghjkmnpqrs" }],
  ["body.delivery", { what: "failed", delivery: ["a"] }],
  ["body.since", { what: "failed", since: "yesterday" }],
  ["body.since", { what: "failed", since: "2026-11-20T10:00:00" }],
  ["body.since", { what: "all" }],
  ["body.since", { what: "all", institution: "house" }],
  ["body.until", { what: "failed", since: "2026-11-20T10:00:00Z", until: "2026-11-20T10:00:00Z" }],
  ["body.parkedReason", { what: "failed", parkedReason: "GONE'; --" }],
  ["body.parkedReason", { what: "never-attempted", parkedReason: "disabled" }],
  ["body.perSecond", { what: "failed", perSecond: 0 }],
  ["body.perSecond", { what: "failed", perSecond: 1_001 }],
  ["body.perSecond", { what: "failed", perSecond: 1.5 }],
  ["body.reason", { what: "failed", reason: " " }],
  ["body", { what: "failed", state: "delivered" }],
])("a redrive whose %s is wrong is refused: %j", async (field, filter) => {
  const { admin } = await bed.start();
  const { status, body } = await post(admin, "redrives", { reason: "han vuelto", ...filter });
  expect({ status, ...body }).toMatchObject({ status: 400, code: "invalid-request", field });
  expect((await shown(admin, "")).redrives ?? []).toEqual([]);
});

test("only operators start, stop and let go on, and only what is in a state for it", async () => {
  const { admin } = await bed.start();
  const reason = "han vuelto";
  expect((await post(admin, "redrives", { what: "failed", reason }, "auditor")).status).toBe(403);
  expect((await post(admin, "redrives/none/stop", { reason })).status).toBe(404);
  const { body } = await start(admin, { what: "failed" });
  await ended(admin, body.id);
  expect((await post(admin, `redrives/${body.id}/stop`, { reason }, "auditor")).status).toBe(403);
  for (const word of ["stop", "resume"])
    expect(await post(admin, `redrives/${body.id}/${word}`, { reason })).toMatchObject({
      status: 409,
      body: { code: "redrive-state" },
    });
  const listed = await admin.inject({ url: "/admin/delivery/redrives?limit=1", headers: { "x-role": "auditor" } });
  expect(listed.json()).toMatchObject({
    redrives: [{ id: body.id, state: "done", total: 0 }],
    next: expect.anything(),
  });
  for (const query of ["limit=0", "limit=501", "cursor=x", "more=1"]) {
    const { statusCode } = await admin.inject({
      url: `/admin/delivery/redrives?${query}`,
      headers: { "x-role": "auditor" },
    });
    expect(statusCode, query).toBe(400);
  }
});

test("a batch is no more than a second's worth, and the next one waits that second", async () => {
  const { service } = await bed.start();
  await park(await bed.receiver("house"), 10);
  await bed.states({ parked: 10 });
  await service.stop();
  const redrives = openRedrives(bed.db, bed.schema);
  const filter = { what: "failed" as const };
  await bed.db.tx((tx) => redrives.start(tx, { id: "one", staff: "s", reason: "r", filter, perSecond: 4 }));
  const table = sql.id(bed.schema, "redrives");
  expect(await redrives.step()).toEqual({ id: "one", madeDue: 4, waitMs: 1_000, done: false });
  const [row] = await bed.db.query<{ ms: number }>(sql`
    SELECT extract(milliseconds FROM next_at - changed_at)::double precision AS ms FROM ${table}`);
  expect(Math.round(row?.ms ?? 0)).toBe(1_000);
  await bed.db.query(sql`UPDATE ${table} SET next_at = now() + interval '1 hour'`);
  expect(await redrives.step()).toBeUndefined();
  for (const expected of [
    { madeDue: 4, waitMs: 1_000, done: false },
    { madeDue: 2, waitMs: 0, done: true },
  ]) {
    await bed.db.query(sql`UPDATE ${table} SET next_at = now()`);
    expect(await redrives.step()).toEqual({ id: "one", ...expected });
  }
  expect(await redrives.step()).toBeUndefined();
  await bed.states({ waiting: 10 });
});

test("two processes never work on one batch at a time", async () => {
  const { service } = await bed.start();
  await park(await bed.receiver("house"), 12);
  await bed.states({ parked: 12 });
  await service.stop();
  const redrives = openRedrives(bed.db, bed.schema);
  const filter = { what: "failed" as const };
  await bed.db.tx((tx) => redrives.start(tx, { id: "one", staff: "s", reason: "r", filter, perSecond: 3 }));
  const steps = await Promise.all([redrives.step(), redrives.step(), redrives.step()]);
  expect(steps.filter((step) => step !== undefined)).toMatchObject([{ madeDue: 3 }]);
  await bed.states({ parked: 9, waiting: 3 });
});

test("what is stopped makes nothing more due, and goes on where it was", async () => {
  const { admin } = await bed.start();
  const house = await bed.receiver("house");
  await park(house, 30);
  await bed.states({ parked: 30 });
  house.got.length = 0;
  house.answer = ok;
  const { body } = await start(admin, { what: "failed", perSecond: 10 });
  await arrived(house, 1);
  expect(await post(admin, `redrives/${body.id}/stop`, { reason: "esperen" })).toMatchObject({ status: 200 });
  const { madeDue } = await shown(admin, body.id);
  expect(madeDue).toBeLessThan(30);
  await bed.states({ parked: 30 - madeDue, delivered: madeDue });
  await bed.db.query(sql`UPDATE ${sql.id(bed.schema, "redrives")} SET next_at = now()`);
  expect(await openRedrives(bed.db, bed.schema).step()).toBeUndefined();
  expect(await post(admin, `redrives/${body.id}/resume`, { reason: "sigan" })).toMatchObject({ status: 200 });
  await bed.states({ delivered: 30 });
  await ended(admin, body.id);
  expect(await shown(admin, body.id)).toMatchObject({ madeDue: 30, total: 30 });
  expect(new Set(house.got.map(idOf)).size).toBe(30);
  expect(house.got).toHaveLength(30);
  const acts = await bed.messages(TOPICS.access, body.id);
  expect(acts.map(({ access }) => access.value)).toMatchObject(
    ["start", "stop", "resume"].map((word) => ({ act: `delivery.redrive.${word}` })),
  );
});

test("a redrive whose worker was killed is gone on with by another: nothing lost, and nothing under another id", async () => {
  const house = await bed.receiver("house");
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
    await vi.waitFor(() => bed.db.query(sql`SELECT FROM ${sql.id(bed.schema, "redrives")}`), SOON);
    await park(house, 60);
    await bed.states({ parked: 60 });
    const ids = await idsOf("parked");
    house.got.length = 0;
    // The last of them never gets an answer from the process that is killed.
    house.answer = (_, response) => void (house.got.length < 20 && response.end());
    const redrives = openRedrives(bed.db, bed.schema);
    const redrive = { id: "one", staff: "s", reason: "r", filter: { what: "failed" as const }, perSecond: 20 };
    await bed.db.tx((tx) => redrives.start(tx, redrive));
    await arrived(house, 20);
    child.kill("SIGKILL");
    expect((await redrives.get("one"))?.state).toBe("running");
    house.answer = ok;
    await bed.start();
    await bed.states({ delivered: 60 });
    await vi.waitFor(async () => expect(await redrives.get("one")).toMatchObject({ state: "done" }), SOON);
    expect(await redrives.get("one")).toMatchObject({ total: 60, madeDue: 60 });
    expect([...new Set(house.got.map(idOf))].toSorted()).toEqual(ids);
    const pairs = new Set(house.got.map((received) => `${received.event.id} ${idOf(received)}`));
    expect(pairs.size).toBe(60);
  } finally {
    child.kill("SIGKILL");
  }
});

test("what was taken is sent again since a time: same ids, bodies and order, and the case is told nothing new", async () => {
  const { admin } = await bed.start();
  const house = await bed.receiver("house");
  const caseId = newCaseId();
  await bed.tell(caseId, addressed, acknowledged);
  await bed.states({ delivered: 2 });
  const told = await bed.expectMessages(TOPICS.commands, caseId, 2);
  const filter = { what: "all", institution: "house", since: new Date(Date.now() - 60_000).toISOString() };
  expect((await post(admin, "redrives/count", filter)).body.counts).toEqual([
    { institution: "house", reason: "delivered", count: 2 },
  ]);
  const { body } = await start(admin, filter);
  await arrived(house, 4);
  await ended(admin, body.id);
  await bed.states({ delivered: 2 });
  expect(house.got.slice(2).map(idOf)).toEqual(house.got.slice(0, 2).map(idOf));
  expect(house.got.slice(2).map((one) => one.body)).toEqual(house.got.slice(0, 2).map((one) => one.body));
  // The router decides a command id once: the same one says nothing new.
  const after = await bed.expectMessages(TOPICS.commands, caseId, 4);
  expect(after.slice(2).map(({ commandId }) => commandId)).toEqual(told.map(({ commandId }) => commandId));
  const attempts = await bed.expectMessages(TOPICS.attempts, caseId, 4);
  expect(attempts.map(({ trigger, attempt }) => [trigger, attempt])).toEqual([
    ["schedule", 1],
    ["schedule", 1],
    ["operator", 2],
    ["operator", 2],
  ]);
  // Gone through once more from its beginning, it finds nothing: what it has sent came into its state after its start.
  await bed.db.query(sql`
    UPDATE ${sql.id(bed.schema, "redrives")} SET state = 'running', after_institution = '', after_case = '', after_sequence = 0`);
  await ended(admin, body.id);
  expect(await shown(admin, body.id)).toMatchObject({ madeDue: 2 });
});

test("a replay that is given up is parked, and a case that knows it as delivered is told nothing", async () => {
  const { admin } = await bed.start();
  const house = await bed.receiver("house");
  const caseId = newCaseId();
  await bed.tell(caseId, addressed);
  await bed.states({ delivered: 1 });
  await bed.db.query(sql`UPDATE ${sql.id(bed.schema, "deliveries")} SET late_at = now()`);
  house.answer = answering(410);
  await start(admin, { what: "all", case: caseId });
  await bed.states({ parked: 1 });
  house.answer = ok;
  await start(admin, { what: "failed", case: caseId });
  await bed.states({ delivered: 1 });
  const commands = await bed.expectMessages(TOPICS.commands, caseId, 2);
  expect(commands.map(({ act }) => act.case)).toEqual(["recordDelivered", "recordDelivered"]);
});

test("what was never attempted is tried at once behind its head, whose schedule stays where it was", async () => {
  const { admin } = await bed.start();
  const house = await bed.receiver("house");
  house.answer = answering(503, { "retry-after": "3600" });
  const caseId = newCaseId();
  await bed.tell(caseId, addressed, acknowledged);
  await bed.expectMessages(TOPICS.attempts, caseId, 1);
  const filter = { what: "never-attempted", institution: "house" };
  expect((await post(admin, "redrives/count", filter)).body.counts).toEqual([
    { institution: "house", reason: "waiting", count: 1 },
  ]);
  const steps = () =>
    bed.db.query<{ step: number }>(sql`
    SELECT step FROM ${sql.id(bed.schema, "deliveries")} ORDER BY sequence`);
  await vi.waitFor(async () => expect(await steps()).toEqual([{ step: 1 }, { step: 0 }]), SOON);
  await start(admin, filter);
  await bed.expectMessages(TOPICS.attempts, caseId, 2);
  await vi.waitFor(async () => {
    const [lane] = await bed.db.query<{ far: boolean; holder: string | null }>(sql`
      SELECT next_due > now() + interval '30 minutes' AS far, holder FROM ${sql.id(bed.schema, "lanes")}`);
    expect(lane).toEqual({ far: true, holder: null });
  }, SOON);
  expect(await steps()).toEqual([{ step: 1 }, { step: 0 }]);
  house.answer = ok;
  await start(admin, filter);
  await bed.states({ delivered: 2 });
});

test("what is sent again goes before what waits behind it, also while that is under way", async () => {
  const { admin } = await bed.start();
  const house = await bed.receiver("house");
  house.answer = answering(410);
  const caseId = newCaseId();
  await bed.tell(caseId, addressed);
  await bed.states({ parked: 1 });
  await bed.register("house", `${house.url}/moved`);
  const held: ServerResponse[] = [];
  house.answer = (_, response) => held.push(response);
  await bed.tell(caseId, { ...acknowledged, version: 2n });
  await arrived(house, 2);
  const { body } = await start(admin, { what: "failed" });
  await ended(admin, body.id);
  house.answer = ok;
  held[0]?.writeHead(503, { "retry-after": "3600" }).end();
  await bed.states({ delivered: 2 });
  expect(house.got.map(({ event }) => Number(event.sequence))).toEqual([1, 2, 1, 2]);
});

test("a head that holds its lane up is skipped: the case is told, what follows goes on, and it can be sent after all", async () => {
  const { admin } = await bed.start();
  const house = await bed.receiver("house");
  house.answer = answering(500);
  const caseId = newCaseId();
  await bed.tell(caseId, addressed, acknowledged, { ...acknowledged, version: 3n });
  await bed.expectMessages(TOPICS.attempts, caseId, 1);
  const rows = await bed.db.query<{ id: string }>(sql`
    SELECT delivery_id AS id FROM ${sql.id(bed.schema, "deliveries")} ORDER BY sequence`);
  const [head, next] = rows.map(({ id }) => id);
  const skip = (id: unknown, role = "operator") => post(admin, `parked/${String(id)}/skip`, { reason: "cuelga" }, role);
  expect((await skip(head, "auditor")).status).toBe(403);
  expect((await skip("nothing")).status).toBe(404);
  expect(await skip(next)).toMatchObject({ status: 409, body: { code: "not-blocking" } });
  house.answer = ok;
  await vi.waitFor(async () => expect(await skip(head)).toMatchObject({ status: 200 }), SOON);
  expect(await skip(head)).toMatchObject({ status: 409, body: { code: "not-blocking" } });
  await bed.states({ parked: 1, delivered: 2 });
  expect(house.got.slice(1).map(({ event }) => Number(event.sequence))).toEqual([2, 3]);
  const commands = await bed.expectMessages(TOPICS.commands, caseId, 3);
  expect(commands[0]?.act).toMatchObject({
    case: "recordUndeliverable",
    value: { eventId: `${caseId}-1`, reasonCode: "skipped", attempts: 1, endpointId: "endpoint-house" },
  });
  const acts = await bed.messages(TOPICS.access, String(head));
  expect(acts.map(({ access }) => access.value)).toMatchObject([{ act: "delivery.skip", reason: "cuelga" }]);
  await start(admin, { what: "failed", parkedReason: "skipped" });
  await bed.states({ delivered: 3 });
  expect(house.got.at(-1)?.headers["webhook-id"]).toBe(head);
});

test("what is being sent is not skipped, so that no result is lost", async () => {
  const { admin } = await bed.start({ limits: { deadlineMs: 20_000 } });
  const house = await bed.receiver("house");
  const held: ServerResponse[] = [];
  house.answer = (_, response) => held.push(response);
  await bed.tell(newCaseId(), addressed);
  await arrived(house, 1);
  const [id] = await idsOf("waiting");
  expect(await post(admin, `parked/${String(id)}/skip`, { reason: "cuelga" })).toMatchObject({
    status: 409,
    body: { code: "in-hand" },
  });
  held[0]?.end();
  await bed.states({ delivered: 1 });
});

test("numbers show what running redrives have before them", async () => {
  const { metrics } = await bed.start();
  const redrives = openRedrives(bed.db, bed.schema);
  const filter = { what: "failed" as const };
  await bed.db.tx((tx) => redrives.start(tx, { id: "one", staff: "s", reason: "r", filter, perSecond: 1 }));
  await bed.db.query(sql`
    UPDATE ${sql.id(bed.schema, "redrives")} SET state = 'running', total = 9, made_due = 2, next_at = now() + interval '1 hour'`);
  expect(await metrics.registry.metrics()).toMatch(/ruta_delivery_redrive_remaining 7$/m);
});
