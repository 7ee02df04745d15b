// Tenancy: whatever an institution asks of what is another's is answered as if it were not there, to the byte, on every route that
// the running gateway has. A route without a word in the table here fails the test.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@ruta/db/testing";
import { ACTS } from "@ruta/events";
import { signRequest, webhookHeaders } from "@ruta/proof";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { insideArgs, listening } from "../inspect.ts";
import { openWorld } from "./world.ts";
import type { World } from "./world.ts";

/** Where ids stand in a route; none where it takes none. */
const OUTSIDE: Readonly<Record<string, string>> = {
  "POST /v1/in/:institution": "acts",
  "POST /v1/in/:institution/check": "acts",
  "POST /v1/in/:institution/fhir": "fhir",
  "GET /v1/referrals": "none: its own alone",
  "GET /v1/referrals/:id": "referral",
  "GET /v1/referrals/:id/content": "referral",
  "GET /v1/inbox": "cursor",
  "POST /v1/inbox/ack": "cursor",
  "GET /v1/directory/:part": "none: the same for all",
  "GET /v1/keys": "none: public",
  "GET /fhir/metadata": "none: public",
  "GET /docs": "none: public",
  "GET /docs/errors": "none: public",
  "GET /": "none: public",
  "GET /openapi.json": "none: public",
  "GET /asyncapi.json": "none: public",
  "GET /schemas": "none: public",
  "GET /healthz": "none: public",
  "GET /readyz": "none: public",
};

const folder = mkdtempSync(join(tmpdir(), "ruta-tenancy-"));
let world: World;
let database: Awaited<ReturnType<typeof testDatabase>>;
let asked = 0;
beforeAll(async () => {
  database = await testDatabase();
  const ground = { databaseUrl: database.url, kafkaBrokers: undefined, instances: 1, execArgv: insideArgs(folder) };
  const shape = { driver: "postgres", processes: "one" } as const;
  world = await openWorld(shape, { ...ground, env: { RUTA_RATE: "0" }, door: async ([port]) => port! });
});
afterAll(async () => {
  await world?.city.stop();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** What an answer shows: all of it but what is new in each, and what the id itself makes of it. */
async function shown(response: Response): Promise<object> {
  const headers = [...response.headers].filter(([name]) => !["date", "request-id"].includes(name));
  return { status: response.status, headers, body: await response.text() };
}

async function read(path: string, method = "GET", body?: object): Promise<object> {
  const headers = { authorization: `Bearer ${world.token("alfa")}`, "content-type": "application/json" };
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  return shown(await fetch(new URL(path, world.city.gateway), init));
}

async function send(path: string, event: object): Promise<object> {
  const body = Buffer.from(JSON.stringify(event));
  asked += 1;
  const message = { id: `tenancy-${asked}`, timestampS: Math.floor(Date.now() / 1000), body, key: world.key("alfa") };
  const headers = { ...webhookHeaders(message), "content-type": "application/json" };
  return shown(await fetch(new URL(path, world.city.gateway), { method: "POST", headers, body }));
}

const ids = (kind: string): [foreign: string, none: string] => {
  const { foreign = "", none = "" } = world.ids("alfa")[kind] ?? {};
  expect(foreign).not.toBe(none);
  return [foreign, none];
};

const DATA: Readonly<Record<string, object>> = {
  reject: { reasonCode: "no-capacity" },
  schedule: { appointmentAt: "2027-01-01T10:00:00-05:00" },
  hold: { reasonCode: "other" },
  cancel: { reasonCode: "other" },
  complete: { outcomeCode: "served" },
  fail: { reasonCode: "other" },
  "mark-in-error": { reasonCode: "other" },
  dispute: { event: "0123456789abcdefghjkmnpqrs", reasonCode: "other" },
  "acknowledge-supplement": { event: "0123456789abcdefghjkmnpqrs" },
};
const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-12" };
const event = (act: string, data: object): object => ({
  specversion: "1.0",
  id: "e-1",
  source: "/alfa",
  type: `ruta.referral.${act}`,
  data,
});

test("every route of the gateway has a word here", () => {
  const port = Number(new URL(world.city.gateway).port);
  const app = listening(folder).find((one) => one.port === port);
  const routes = (app?.routes ?? []).map(({ method, url }) => `${method} ${url}`);
  expect(routes.filter((route) => !/^GET .schemas..*[.]json$/.test(route)).toSorted()).toEqual(
    Object.keys(OUTSIDE).toSorted(),
  );
});

describe("another's is answered like what does not exist:", () => {
  test.each(["", "/content"])("a referral that is read%s", async (part) => {
    const [foreign, none] = ids("referral");
    const answer = await read(`/v1/referrals/${foreign}${part}`);
    expect(answer).toMatchObject({ status: 404, body: expect.stringContaining("referral-not-found") });
    expect(answer).toEqual(await read(`/v1/referrals/${none}${part}`));
  });

  test("a cursor of an inbox", async () => {
    const [foreign, none] = ids("cursor");
    const answer = await read(`/v1/inbox?after=${foreign}`);
    expect(answer).toMatchObject({ status: 400 });
    expect(answer).toEqual(await read(`/v1/inbox?after=${none}`));
    const acknowledged = await read("/v1/inbox/ack", "POST", { cursor: foreign });
    expect(acknowledged).toMatchObject({ status: 400 });
    expect(acknowledged).toEqual(await read("/v1/inbox/ack", "POST", { cursor: none }));
  });

  test.each(ACTS.filter((act) => act !== "request").flatMap((act) => [["", act] as const, ["/check", act] as const]))(
    "a referral in an act at the door%s: %s",
    async (part, act) => {
      const data = (referral: string) => ({
        referral,
        worker: "op-1",
        ...DATA[act],
        ...(act === "redirect" ? { consent } : {}),
      });
      const [foreign, none] = ids("referral");
      const answer = await send(`/v1/in/alfa${part}`, event(act, data(foreign)));
      expect(answer).toMatchObject({ status: 404, body: expect.stringContaining("referral-not-found") });
      expect(answer).toEqual(await send(`/v1/in/alfa${part}`, event(act, data(none))));
    },
  );

  test.each(["", "/check"])("a person, a member and what a request is based on, at the door%s", async (part) => {
    const request = (more: object) =>
      event("request", { serviceType: "ALO-FAM", priority: "normal", consent, ...more });
    for (const [kind, of] of [
      ["person", (id: string) => ({ person: { id } })],
      ["person", (id: string) => ({ person: {}, members: [{ id }] })],
      ["referral", (id: string) => ({ basedOn: id })],
    ] as const) {
      const [foreign, none] = ids(kind);
      const answer = await send(`/v1/in/alfa${part}`, request(of(foreign)));
      expect(answer).toMatchObject({ status: 404 });
      expect(answer).toEqual(await send(`/v1/in/alfa${part}`, request(of(none))));
    }
  });

  test("a referral in FHIR", async () => {
    const task = (value: string) => ({
      resourceType: "Task",
      identifier: [{ system: "urn:ruta:referral", value }],
      status: "accepted",
      intent: "order",
      code: { coding: [{ system: "http://hl7.org/fhir/CodeSystem/task-code", code: "fulfill" }] },
      owner: { type: "PractitionerRole", identifier: { system: "urn:ruta:worker", value: "op-7" } },
    });
    const [foreign, none] = ids("referral");
    const answer = await send("/v1/in/alfa/fhir", task(foreign));
    expect(answer).toMatchObject({ status: 404, body: expect.stringContaining("referral-not-found") });
    expect(answer).toEqual(await send("/v1/in/alfa/fhir", task(none)));
  });
});

test("staff without the role is refused in the same way whether an id exists or not, on each route that takes one", async () => {
  const gatewayPort = Number(new URL(world.city.gateway).port);
  const apps = listening(folder).filter(({ port }) => port !== gatewayPort);
  const reason = JSON.stringify({ reason: "to try" });
  for (const { port, routes } of apps)
    for (const { method, url } of routes.filter((route) => /^.admin.*:id|:referral/.test(route.url))) {
      const kind = /referral|worklist|cases/.test(url) ? "referral" : /redrive/.test(url) ? "redrive" : "delivery";
      const { own = "", none = "" } = world.ids("alfa")[url.includes("poison") ? "poison" : kind] ?? {};
      const answers: object[] = [];
      for (const id of [own, none]) {
        const path = url.replace(/:id|:referral/, id);
        const body = Buffer.from(method === "GET" ? "" : reason);
        asked += 1;
        const signed = signRequest(
          { method, path, body, staff: "recoverer", now: Date.now(), id: `tenancy-${asked}` },
          world.staff.recoverer!,
        );
        const headers = { ...signed, ...(method === "GET" ? {} : { "content-type": "application/json" }) };
        const init = method === "GET" ? { method, headers } : { method, headers, body };
        answers.push(await shown(await fetch(`http://127.0.0.1:${port}${path}`, init)));
      }
      expect(answers[0], `${method} ${url}`).toMatchObject({ status: expect.toSatisfy((one: number) => one >= 400) });
      expect(answers[0], `${method} ${url}`).toEqual(answers[1]);
    }
});
