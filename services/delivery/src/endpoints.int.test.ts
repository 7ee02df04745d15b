// Endpoints on real servers: the proof before anything of a case, two secrets while they change over, and what operators do.
import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { sql } from "@ruta/db";
import { EndpointSchema, InstitutionSchema, SignatureScheme, TOPICS, create, newCaseId } from "@ruta/events";
import type { HttpApp } from "@ruta/kit";
import type { TestLog } from "@ruta/log/testing";
import { testLogs } from "@ruta/log/testing";
import { verifyWebhook } from "@ruta/proof";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { EventInit } from "./scenario.ts";
import type { Received, Receiver } from "./test-receiver.ts";
import { Bed, SOON } from "./test-service.ts";
import { keyIdOf } from "./wire.ts";

const driver = testLogs().find(({ name }) => name === "postgres") as TestLog;
const addressed: EventInit = { fact: { case: "addressed", value: {} } };

let bed: Bed;

beforeEach(async () => {
  bed = await Bed.open(driver);
});
afterEach(() => bed.close());

const arrived = (receiver: Receiver, count: number): Promise<void> =>
  vi.waitFor(() => expect(receiver.got).toHaveLength(count), SOON);
const failures = async (): Promise<number> => {
  const [row] = await bed.db.query<{ failures: number }>(sql`
    SELECT failures FROM ${sql.id(bed.schema, "endpoints")} WHERE institution = 'house'`);
  return row?.failures ?? 0;
};

describe("the proof", () => {
  test("is asked for by a signed challenge, once for each URL and secret, before anything of a case", async () => {
    await bed.start();
    const secret = new Uint8Array(randomBytes(32));
    const house = await bed.receiver("house", { secret });
    await bed.tell(newCaseId(), addressed);
    await bed.tell(newCaseId(), addressed);
    await arrived(house, 2);
    expect(house.challenges).toHaveLength(1);
    const [{ headers, body, event }] = house.challenges as [Received];
    const library = new Webhook(Buffer.from(secret).toString("base64"));
    expect(library.verify(body, headers as Record<string, string>)).toMatchObject({
      specversion: "1.0",
      type: "ruta.endpoint.challenge",
      subject: "house",
      data: { challenge: expect.stringMatching(/^[\w-]{43}$/) },
    });
    expect(Object.keys(event.data)).toEqual(["challenge"]);

    const moved = await bed.receiver("house", { secret });
    await bed.tell(newCaseId(), addressed);
    await arrived(moved, 1);
    expect(moved.challenges).toHaveLength(1);
    expect(moved.challenges[0]?.event.data).not.toEqual(event.data);
  });

  const json = (response: ServerResponse, body: unknown): void => void response.end(JSON.stringify(body));
  test.each<[string, Receiver["prove"]]>([
    ["nothing", (_, response) => void response.writeHead(204).end()],
    ["no JSON", ({ event }, response) => void response.end(event.data["challenge"])],
    ["another challenge", (_, response) => json(response, { challenge: "A".repeat(43) })],
    ["the event as it came", ({ body }, response) => void response.end(body)],
    ["null", (_, response) => json(response, null)],
    ["the challenge behind 16 KiB", ({ event }, response) => json(response, { x: "x".repeat(17_000), ...event.data })],
    ["the challenge with a failing status", ({ event }, response) => json(response.writeHead(404), event.data)],
    ["a redirect", (_, response) => void response.writeHead(307, { location: "/other" }).end()],
    ["too late", () => {}],
  ])("is not given by an answer that is %s: nothing of the case is sent, and no try is spent", async (_name, prove) => {
    const { metrics } = await bed.start({ limits: { deadlineMs: 300 } });
    const house = await bed.receiver("house");
    house.prove = prove;
    const caseId = newCaseId();
    await bed.tell(caseId, addressed);
    await vi.waitFor(async () => expect(await failures()).toBe(1), SOON);
    expect(house.got).toEqual([]);
    expect(await bed.messages(TOPICS.attempts, caseId)).toEqual([]);
    expect(await metrics.registry.metrics()).toMatch(/ruta_delivery_challenges_total\{failure="[a-z]+"\} 1/);
    house.prove = ({ event }, response) => json(response, event.data);
    await bed.passProbe();
    await arrived(house, 1);
    expect(await bed.expectMessages(TOPICS.attempts, caseId, 1)).toMatchObject([{ attempt: 1, status: 200 }]);
  });

  test("waits for one at a time: many cases and two workers ask once", async () => {
    const limits = { deadlineMs: 60_000 };
    await bed.start({ limits });
    await bed.start({ limits });
    const house = await bed.receiver("house");
    const held: (() => void)[] = [];
    house.prove = ({ event }, response) => void held.push(() => json(response, event.data));
    for (let n = 0; n < 10; n += 1) await bed.tell(newCaseId(), addressed);
    await vi.waitFor(() => expect(held).toHaveLength(1), SOON);
    const other = await bed.receiver("other", { proved: true });
    for (let n = 0; n < 10; n += 1) await bed.tell(newCaseId(), { ...addressed, performer: "other" });
    await arrived(other, 10);
    expect(house.challenges).toHaveLength(1);
    held[0]?.();
    await bed.states({ delivered: 20 });
    expect(house.challenges).toHaveLength(1);
  });
});

test("while a secret changes over both sign, and afterwards the new one alone", async () => {
  await bed.start();
  const [old, fresh] = [new Uint8Array(randomBytes(32)), new Uint8Array(randomBytes(32))];
  const house = await bed.receiver("house", { secret: old });
  const wrap = (secret: Uint8Array) => bed.seal.wrap(secret, "endpoint:endpoint-house");
  const rotated = (previousUntilMs: number) =>
    create(EndpointSchema, {
      id: "endpoint-house",
      institution: "house",
      url: house.url,
      scheme: SignatureScheme.V1,
      wrappedSecret: wrap(fresh),
      previousWrappedSecret: wrap(old),
      previousUntil: timestampFromMs(previousUntilMs),
    });
  const signers = ({ headers, body }: Received) => {
    const header = (name: string) => headers[`webhook-${name}`] as string;
    const signed = { id: header("id"), timestamp: header("timestamp"), signature: header("signature") };
    const by = (secret: Uint8Array) =>
      verifyWebhook({ headers: signed, body, keys: [{ scheme: "v1", secret }], now: Date.now() }).ok;
    return [by(old), by(fresh), signed.signature.split(" ").length];
  };
  const say = async (endpoint: ReturnType<typeof rotated>, count: number): Promise<Received> => {
    const institution = create(InstitutionSchema, { id: "house" });
    await bed.commit({ case: "institution", value: institution }, { case: "endpoint", value: endpoint });
    await bed.tell(newCaseId(), { ...addressed, directoryRevision: bed.revision });
    await arrived(house, count);
    return house.got[count - 1]!;
  };
  expect(signers(await say(rotated(Date.now() + 3_600_000), 1))).toEqual([true, true, 2]);
  expect(signers(house.challenges[0]!)).toEqual([true, true, 2]);
  const attempt = await vi.waitUntil(async () => (await bed.messages(TOPICS.attempts))[0], SOON);
  expect(new Set(attempt.keyIds)).toEqual(
    new Set([keyIdOf({ scheme: "v1", secret: old }), keyIdOf({ scheme: "v1", secret: fresh })]),
  );
  expect(signers(await say(rotated(Date.now() - 1), 2))).toEqual([false, true, 1]);
});

describe("operators", () => {
  const ask = async (admin: HttpApp, method: "GET" | "POST", path: string, reason?: string, role = "operator") => {
    const payload = reason === undefined ? {} : { payload: { reason } };
    const url = `/admin/delivery/endpoints${path}`;
    const { statusCode, body } = await admin.inject({ method, url, headers: { "x-role": role }, ...payload });
    return { status: statusCode, body: JSON.parse(body) as Record<string, unknown> };
  };
  const acts = async () =>
    (await bed.messages(TOPICS.access, "house")).map(({ access }) => (access.value as { act: string }).act);

  test("pause an institution: what is for it waits, is listed, and goes when it is resumed", async () => {
    const { admin, service, metrics } = await bed.start();
    const house = await bed.receiver("house");
    await bed.tell(newCaseId(), addressed);
    await arrived(house, 1);
    expect((await ask(admin, "POST", "/house/pause", "obras", "auditor")).status).toBe(403);
    expect((await ask(admin, "POST", "/house/pause", "")).status).toBe(400);
    expect(await ask(admin, "POST", "/nobody/pause", "obras")).toMatchObject({
      status: 404,
      body: { code: "no-endpoint" },
    });
    expect((await ask(admin, "POST", "/house/pause", "obras")).status).toBe(200);
    const other = await bed.receiver("other");
    await bed.tell(newCaseId(), addressed);
    await bed.tell(newCaseId(), { ...addressed, performer: "other" });
    await bed.states({ delivered: 2, waiting: 1 });
    expect([house.got.length, other.got.length]).toEqual([1, 1]);
    const list = await ask(admin, "GET", "", undefined, "auditor");
    expect(list.body).toEqual({
      endpoints: [
        {
          institution: "house",
          endpoint: "endpoint-house",
          state: "paused",
          since: expect.any(String),
          proved: true,
          failures: 0,
          good: expect.any(String),
          waiting: 1,
          oldest: expect.any(String),
          parked: 0,
        },
        expect.objectContaining({ institution: "other", state: "ok", waiting: 0 }),
      ],
    });
    expect((await ask(admin, "GET", "?state=ok&limit=1")).body).toMatchObject({
      endpoints: [{ institution: "other" }],
    });
    expect((await ask(admin, "GET", "?limit=1")).body).toMatchObject({ next: "house" });
    expect((await ask(admin, "GET", "?after=house")).body).toMatchObject({ endpoints: [{ institution: "other" }] });
    expect((await ask(admin, "GET", "?state=asleep")).status).toBe(400);
    expect(service.health()).toEqual({ ready: true, reasons: [] });
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/ruta_delivery_endpoints\{state="paused"\} 1/);
    expect(text).toMatch(/ruta_delivery_institutions_undelivered\{seconds="60"\} 0/);
    expect((await ask(admin, "POST", "/house/resume", "listo")).status).toBe(200);
    await arrived(house, 2);
    expect(await acts()).toEqual(["delivery.endpoint.pause", "delivery.endpoint.resume"]);
  });

  test("disable an endpoint: what is for it is parked, its institution is told, and it is tried again when resumed", async () => {
    const { admin } = await bed.start();
    const house = await bed.receiver("house");
    house.answer = (_, response) => void response.writeHead(503, { "retry-after": "3600" }).end();
    const first = newCaseId();
    await bed.tell(first, addressed);
    await bed.expectMessages(TOPICS.attempts, first, 1);
    expect((await ask(admin, "POST", "/house/disable", "no son ellos")).status).toBe(200);
    await bed.tell(newCaseId(), addressed);
    await bed.states({ parked: 2 });
    expect(await bed.inbox("house", 1)).toMatchObject([
      { type: "ruta.endpoint.disabled", data: { reasonCode: "operator" } },
    ]);
    expect((await ask(admin, "GET", "")).body).toMatchObject({
      endpoints: [{ state: "disabled", reason: "operator", parked: 2 }],
    });
    house.answer = (_, response) => void response.end();
    expect((await ask(admin, "POST", "/house/resume", "eran ellos")).status).toBe(200);
    await bed.tell(newCaseId(), addressed);
    await bed.states({ parked: 2, delivered: 1 });
    expect(await bed.inbox("house", 2)).toMatchObject([{}, { type: "ruta.endpoint.recovered" }]);
  });

  test("pause an institution that pulls: nothing more is put into its inbox until it is resumed", async () => {
    const { admin, metrics } = await bed.start();
    await bed.pulls("house");
    await bed.tell(newCaseId(), addressed);
    await bed.states({ offered: 1 });
    expect((await ask(admin, "GET", "")).body).toMatchObject({
      endpoints: [{ state: "inbox", waiting: 1, parked: 0 }],
    });
    expect(await metrics.registry.metrics()).toMatch(/ruta_delivery_endpoints\{state="inbox"\} 1/);
    expect((await ask(admin, "POST", "/house/pause", "obras")).status).toBe(200);
    await bed.tell(newCaseId(), addressed);
    await bed.pulls("other");
    await bed.tell(newCaseId(), { ...addressed, performer: "other", directoryRevision: bed.revision });
    await bed.states({ offered: 2, waiting: 1 });
    expect((await ask(admin, "GET", "?state=paused")).body).toMatchObject({ endpoints: [{ waiting: 2 }] });
    expect((await ask(admin, "POST", "/house/test", "alta")).status).toBe(404);
    expect((await ask(admin, "POST", "/house/resume", "listo")).status).toBe(200);
    await bed.states({ offered: 3 });
    expect(await bed.messages(TOPICS.inbox, "house")).toEqual([]);
  });

  test("disable an inbox: what comes is parked, what lies there stays, and its institution is told until it is resumed", async () => {
    const { admin } = await bed.start();
    await bed.pulls("house");
    await bed.tell(newCaseId(), addressed);
    await bed.states({ offered: 1 });
    expect((await ask(admin, "POST", "/house/disable", "no son ellos")).status).toBe(200);
    const parked = newCaseId();
    await bed.tell(parked, addressed);
    await bed.states({ offered: 1, parked: 1 });
    expect(await bed.expectMessages(TOPICS.commands, parked, 1)).toMatchObject([
      { act: { case: "recordUndeliverable", value: { reasonCode: "disabled", attempts: 0 } } },
    ]);
    expect((await ask(admin, "GET", "")).body).toMatchObject({
      endpoints: [{ state: "disabled", reason: "operator", waiting: 1, parked: 1 }],
    });
    expect((await ask(admin, "POST", "/house/resume", "eran ellos")).status).toBe(200);
    await bed.tell(newCaseId(), addressed);
    await bed.states({ offered: 2, parked: 1 });
    expect(await bed.inbox("house", 2)).toMatchObject([
      { type: "ruta.endpoint.disabled", data: { reasonCode: "operator" } },
      { type: "ruta.endpoint.recovered", data: { endpoint: "endpoint-house" } },
    ]);
  });

  test("an endpoint that answered 410 is another one when its institution turns to pulling: nothing is parked any more", async () => {
    const { admin } = await bed.start();
    const house = await bed.receiver("house", { proved: true });
    house.answer = (_, response) => void response.writeHead(410).end();
    await bed.tell(newCaseId(), addressed);
    await bed.states({ parked: 1 });
    await bed.pulls("house");
    await bed.tell(newCaseId(), { ...addressed, directoryRevision: bed.revision });
    await bed.states({ parked: 1, offered: 1 });
    expect((await ask(admin, "GET", "")).body).toMatchObject({ endpoints: [{ state: "inbox", failures: 0 }] });
  });

  test("try an endpoint: it proves itself, or not, and nothing of a case is sent for it", async () => {
    const { admin } = await bed.start();
    const house = await bed.receiver("house");
    house.prove = (_, response) => void response.writeHead(500).end();
    expect(await ask(admin, "POST", "/nobody/test", "alta")).toMatchObject({ status: 404 });
    await vi.waitFor(
      async () =>
        expect(await ask(admin, "POST", "/house/test", "alta")).toMatchObject({
          body: { institution: "house", proved: false, status: 500, failure: "status" },
        }),
      SOON,
    );
    house.prove = ({ event }, response) => void response.end(JSON.stringify(event.data));
    expect(await ask(admin, "POST", "/house/test", "alta")).toMatchObject({ body: { proved: true, status: 200 } });
    const asked = house.challenges.length;
    await bed.tell(newCaseId(), addressed);
    await arrived(house, 1);
    expect(house.challenges).toHaveLength(asked);
    expect(await acts()).toContain("delivery.endpoint.test");
  });

  test("try an endpoint that failed: what waits for it goes at once when it answers", async () => {
    const { admin } = await bed.start();
    const house = await bed.receiver("house", { proved: true });
    house.answer = (_, response) => void response.writeHead(500).end();
    for (let n = 0; n < 10; n += 1) await bed.tell(newCaseId(), addressed);
    await vi.waitFor(async () => expect(await failures()).toBe(10), SOON);
    house.answer = (_, response) => void response.end();
    expect((await ask(admin, "POST", "/house/test", "llamaron")).body).toMatchObject({ proved: true });
    await bed.states({ delivered: 10 });
  });
});
