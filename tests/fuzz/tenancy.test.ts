// Tenancy: whatever an institution asks of what is another's is answered as if it were not there, to the byte, on every route that
// the running gateway has; and whoever of staff may not use a route learns nothing by it. A route without a word in ids.ts fails.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { testDatabase } from "@ruta/db/testing";
import { ACTS } from "@ruta/events";
import { signRequest, webhookHeaders } from "@ruta/proof";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { insideArgs, listening } from "../inspect.ts";
import type { Route } from "../inspect.ts";
import { INNER, PLACE, OUTSIDE, OUTSIDE_IDS, OUTSIDE_OTHERS, REFUSED, STAFF, STAFF_OTHERS, namesTaken } from "./ids.ts";
import { SAMPLES } from "./samples.ts";
import { openWorld } from "./world.ts";
import type { World } from "./world.ts";

const folder = mkdtempSync(join(tmpdir(), "ruta-tenancy-"));
let world: World;
let database: Awaited<ReturnType<typeof testDatabase>>;
let asked = 0;
/** The fingerprint of a key of the hub. */
let hubKey = "";
beforeAll(async () => {
  database = await testDatabase();
  const ground = { databaseUrl: database.url, kafkaBrokers: undefined, instances: 1, execArgv: insideArgs(folder) };
  const shape = { driver: "postgres", processes: "one" } as const;
  world = await openWorld(shape, { ...ground, env: { RUTA_RATE: "0" }, door: async ([port]) => port! });
  const path = "/admin/hub/own-keys";
  const request = { method: "GET", path, body: Buffer.alloc(0), staff: "operator", now: Date.now(), id: "tenancy" };
  const headers = signRequest(request, world.staff.operator!);
  const answer = await fetch(new URL(path, world.city.adminUrls[0]), { headers });
  const { keys } = (await answer.json()) as { keys: { fingerprint: string }[] };
  hubKey = keys[0]!.fingerprint;
});
afterAll(async () => {
  await world?.city.stop();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

interface Shown {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** What an answer shows: all of it but what is new in each, and what the id itself makes of it. */
async function shown(response: Response): Promise<Shown> {
  const headers = [...response.headers].filter(([name]) => !["date", "request-id"].includes(name));
  return { status: response.status, headers, body: await response.text() };
}

async function read(path: string, method = "GET", body?: object): Promise<Shown> {
  const headers = { authorization: `Bearer ${world.token("alfa")}`, "content-type": "application/json" };
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  return shown(await fetch(new URL(path, world.city.gateway), init));
}

async function send(path: string, event: object): Promise<Shown> {
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
  choose: { performer: "beta", reasonCode: "other" },
  "open-stage": { stage: "R12.5" },
  "record-stage": { stage: "R12.4", outcomeCode: "served" },
  "close-case": { reasonCode: "other" },
};
const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-12" };
const event = (act: string, data: object): object => ({
  specversion: "1.0",
  id: "e-1",
  source: "/alfa",
  type: `ruta.referral.${act}`,
  data,
});

const portOfGateway = (): number => Number(new URL(world.city.gateway).port);
const routesOf = (isGateway: boolean): Route[] =>
  listening(folder)
    .filter(({ port }) => (port === portOfGateway()) === isGateway)
    .flatMap(({ routes }) => routes)
    .filter(({ method, url }) => !/^GET .schemas..*[.]json$/.test(`${method} ${url}`));
const nameOf = ({ method, url }: Route): string => `${method} ${url}`;

describe("there is a word in ids.ts for every", () => {
  test("route of the gateway", () => {
    expect(routesOf(true).map(nameOf).toSorted()).toEqual(Object.keys(OUTSIDE).toSorted());
  });

  test("route of the admin apps", () => {
    const routes = routesOf(false)
      .map(nameOf)
      .filter((name) => name.includes(" /admin/"));
    expect(routes.toSorted()).toEqual(Object.keys(STAFF).toSorted());
  });

  test("name by which a route of the gateway takes something", () => {
    const known = new Set([...OUTSIDE_IDS, ...OUTSIDE_OTHERS]);
    const taken = [...new Set(routesOf(true).flatMap(namesTaken))];
    expect(taken.length).toBeGreaterThan(50);
    expect(taken.filter((name) => !known.has(name))).toEqual([]);
  });

  test("name by which a route of staff takes something", () => {
    const unknown = routesOf(false).flatMap((route) =>
      namesTaken(route)
        .filter((name) => !(name in (STAFF[nameOf(route)]?.ids ?? {})) && !STAFF_OTHERS.includes(name))
        .map((name) => `${nameOf(route)} ${name}`),
    );
    expect(unknown).toEqual([]);
  });
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

  test("an event, and a section, in an act on a referral of its own", async () => {
    const referral = world.ids("alfa").referral!.own!;
    for (const [kind, act, of] of [
      ["event", "dispute", (id: string) => ({ event: id, reasonCode: "other" })],
      ["event", "acknowledge-supplement", (id: string) => ({ event: id })],
      ["section", "supplement", (id: string) => ({ supersedes: [id], person: { narrative: "corrected" } })],
    ] as const) {
      const [foreign, none] = ids(kind);
      const check = (id: string) => send("/v1/in/alfa/check", event(act, { referral, worker: "op-1", ...of(id) }));
      const answer = await check(foreign);
      expect(answer.status, `${act}: ${answer.body}`).toBeLessThan(500);
      expect(answer.body).not.toContain("invalid-request");
      expect(answer, act).toEqual(await check(none));
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

/** Of each kind an id that there is, and a well-formed one of nobody. */
function pairOf(kind: string): readonly [exists: string, none: string] {
  if (kind === "institution") return ["alfa", "nobody-at-all"];
  if (kind === "staff") return ["operator", "nobody-at-all"];
  if (kind === "hub key") return [hubKey, "0123456789abcdef"];
  if (kind === "term") return ["ALO-FAM", "NONE-AT-ALL"];
  const { own = "", none = "" } = world.ids("alfa")[kind] ?? {};
  expect(own, kind).not.toBe(none);
  return [own, none];
}

type Headers = Readonly<Record<string, string>>;

/** What stands in paths and is no id. */
const IN_PATH: Headers = { topic: "commands", kind: "institutions" };

/** Asks an admin app, with these ids under their names in path, query and body. */
async function askAdmin(route: Route, ids: Headers, sign: (path: string, body: Buffer) => Headers): Promise<Shown> {
  const left = new Map(Object.entries(ids));
  const inPath = route.url.replaceAll(/:(\w+)/g, (_, name: string) => {
    const value = left.get(name) ?? IN_PATH[name] ?? "";
    left.delete(name);
    return encodeURIComponent(value);
  });
  const rest = Object.fromEntries(left);
  const isRead = route.method === "GET";
  const path = isRead && left.size > 0 ? `${inPath}?${new URLSearchParams(rest).toString()}` : inPath;
  const [sample = {}] = SAMPLES[nameOf(route)] ?? [];
  const value = { reason: "to try", ...STAFF[nameOf(route)]?.body, ...(sample as object), ...rest };
  const body = Buffer.from(isRead ? "" : JSON.stringify(value));
  const headers = { ...sign(path, body), ...(isRead ? {} : { "content-type": "application/json" }) };
  return shown(
    await fetch(new URL(path, world.city.adminUrls[0]), { method: route.method, headers, ...(isRead ? {} : { body }) }),
  );
}

/** The answers to a route with ids that there are, and with each of them in turn one of nobody's. */
async function answersOf(route: Route, sign: (path: string, body: Buffer) => Headers): Promise<Shown[]> {
  const named = Object.entries(STAFF[nameOf(route)]?.ids ?? {});
  const kinds = named.filter(([, kind]) => kind !== PLACE && kind !== INNER);
  const there = Object.fromEntries(kinds.map(([name, kind]) => [name, pairOf(kind)[0]]));
  const answers = [await askAdmin(route, there, sign)];
  for (const [name, kind] of kinds) answers.push(await askAdmin(route, { ...there, [name]: pairOf(kind)[1] }, sign));
  return answers;
}

const staffRoutes = (): Route[] => routesOf(false).filter(({ url }) => url.startsWith("/admin/"));

/** What is wrong with how routes refuse: another status, or answers by which ids can be told apart. */
async function wrongs(
  routes: readonly Route[],
  status: number,
  sign: (route: Route, path: string, body: Buffer) => Headers,
): Promise<string[]> {
  const found: string[] = [];
  for (const route of routes) {
    const [first, ...others] = await answersOf(route, (path, body) => sign(route, path, body));
    if (first?.status !== status) found.push(`${nameOf(route)} answers ${first?.status}: ${first?.body}`);
    for (const other of others)
      if (!isDeepStrictEqual(other, first))
        found.push(`${nameOf(route)} tells ids apart: ${first?.body} / ${other.body}`);
  }
  return found;
}

test("no key and no token of an institution opens a route of staff, nor tells whether an id exists", async () => {
  const sign = (_route: Route, _path: string, body: Buffer): Headers => {
    asked += 1;
    const message = { id: `tenancy-${asked}`, timestampS: Math.floor(Date.now() / 1000), body, key: world.key("alfa") };
    return { ...webhookHeaders(message), "ruta-staff": "alfa", authorization: `Bearer ${world.token("alfa")}` };
  };
  expect(await wrongs(staffRoutes(), 401, sign)).toEqual([]);
});

test.each(["auditor", "operator", "recoverer"])(
  "%s is refused where the role does not reach, in the same way whether an id exists or not",
  async (staff) => {
    const refused = staffRoutes().filter((route) => REFUSED[STAFF[nameOf(route)]!.who].includes(staff));
    expect(refused.length).toBeGreaterThan(8);
    const sign = ({ method }: Route, path: string, body: Buffer): Headers => {
      asked += 1;
      const request = { method, path, body, staff, now: Date.now(), id: `tenancy-${asked}` };
      return signRequest(request, world.staff[staff]!);
    };
    expect(await wrongs(refused, 403, sign)).toEqual([]);
  },
);
