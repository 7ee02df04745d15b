// `ruta endpoint` and `ruta keys rotate` against a running hub: what an operator sees and does, and keys that change over under load.
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createInstitution } from "@ruta/client/simulator";
import type { Institution } from "@ruta/client/simulator";
import { decodeSecret, verifyWebhook } from "@ruta/proof";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCity } from "../city.ts";
import type { City } from "../city.ts";
import { command } from "../command.ts";
import type { Ended } from "../command.ts";

const SOON = { timeout: 30_000, interval: 50 };
const REASON = ["--reason", "a test of endpoints"];
const silent = { label: "silent", answers: () => [], replyAfterMs: 0, downForMs: 0 };

let city: City;
/** Secrets by which casa's receiver verifies; whatever none of them has signed is counted, and refused. */
let secrets: string[] = [];
let refused = 0;
let taken = 0;
/** The last challenge that it answered. */
let challenge: unknown;
const receiver = createServer((request, response) => void take(request, response));

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  const header = (name: string): string => String(request.headers[`webhook-${name}`]);
  const headers = { id: header("id"), timestamp: header("timestamp"), signature: header("signature") };
  const keys = secrets.map((secret) => ({ scheme: "v1" as const, secret: decodeSecret(secret)! }));
  if (!verifyWebhook({ headers, body, keys, now: Date.now() }).ok) {
    refused += 1;
    return void response.writeHead(401).end();
  }
  const { type, data } = JSON.parse(body.toString("utf8")) as { type: string; data: object };
  if (type === "ruta.endpoint.challenge") {
    challenge = JSON.parse(body.toString("utf8"));
    return void response.end(JSON.stringify(data));
  }
  taken += 1;
  response.end();
}

const ruta = (...args: string[]): Promise<Ended> => command(args, city.env);
const json = async <T>(...args: string[]): Promise<T> => {
  const { code, stdout, stderr } = await ruta("--json", ...args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
};
type Row = { institution: string; state: string; waiting: number; parked: number };
const casa = async (): Promise<Row> => {
  const { endpoints } = await json<{ endpoints: Row[] }>("endpoint", "list");
  return endpoints.find(({ institution }) => institution === "casa")!;
};
/** What is stuck for want of an endpoint. */
const stuck = async () => {
  const causes = await json<{ cause: string; about: string; count: number; suggestion: string }[]>("stuck");
  return causes.filter(({ cause }) => /^(endpoint|delivery|institution-does)-/.test(cause));
};
interface Item {
  readonly event: { readonly type: string };
}
/** Casa's inbox once it holds so many items, and what its schema says of each. */
const pulled = async (count: number) => {
  const read = async () => (await city.citizen("casa").read("/v1/inbox")).body["items"] as readonly Item[];
  await expect.poll(read, SOON).toHaveLength(count);
  const schema = (await (await fetch(new URL("/schemas/endpoint.json", city.gateway))).json()) as object;
  return { items: await read(), validate: formats.default(new Ajv2020({ strict: false })).compile(schema) };
};
const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
const referral = { serviceType: "ALO-FAM", priority: "urgent", performer: "casa", consent };
let sent = 0;
const send = (by: Pick<Institution, "send"> = city.citizen("sender")) =>
  by.send(`endpoint-${(sent += 1)}`, "request", referral);

beforeAll(async () => {
  city = await openCity({ driver: "postgres", processes: "one" }, { sender: undefined, casa: silent }, silent);
  await new Promise<void>((resolve) => void receiver.listen(0, "127.0.0.1", resolve));
  const { port } = receiver.address() as AddressInfo;
  const body = { institution: "casa", url: `http://127.0.0.1:${port}/`, scheme: "v1", reason: "a test" };
  const { secret } = await city.admin.post<{ secret: string }>("/admin/directory/endpoints", body);
  secrets = [secret];
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await city?.stop();
});

test("an endpoint is listed until it proves itself, tested, paused and resumed", async () => {
  await expect.poll(casa, SOON).toMatchObject({ state: "unproved", waiting: 0 });
  const [right] = secrets;
  secrets = [];
  expect(await ruta("endpoint", "test", "casa", ...REASON)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/did not prove itself: status, status 401[\s\S]*ruta\.endpoint\.challenge/),
  });
  secrets = [right!];
  expect(await ruta("endpoint", "test", "casa", ...REASON)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("casa: proved itself"),
  });
  refused = 0;
  expect(await ruta("endpoint", "pause", "casa", ...REASON)).toMatchObject({ code: 0 });
  expect(await send()).toMatchObject({ status: 202 });
  await expect.poll(casa, SOON).toMatchObject({ state: "paused", waiting: 1 });
  expect((await ruta("endpoint", "list", "--state", "paused")).stdout).toMatch(/casa +paused/);
  expect((await ruta("endpoint", "list", "--state", "open")).stdout).toBe("no endpoint\n");
  expect((await ruta("status")).stdout).toMatch(/endpoints +paused 1/);
  expect(await stuck()).toMatchObject([
    {
      cause: "endpoint-paused",
      about: "casa",
      count: 1,
      suggestion: expect.stringMatching(/^ruta endpoint resume casa /),
    },
  ]);
  expect(taken).toBe(0);
  expect(await ruta("endpoint", "resume", "casa", ...REASON)).toMatchObject({ code: 0 });
  await expect.poll(casa, SOON).toMatchObject({ state: "ok", waiting: 0 });
  expect(taken).toBe(1);
  expect(await stuck()).toEqual([]);
});

test("an endpoint is disabled only with a yes and a reason, and resumed", async () => {
  expect(await ruta("endpoint", "disable", "casa", ...REASON)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/what waits for it is parked[\s\S]*nobody is there[\s\S]*add --yes/),
  });
  expect(await ruta("endpoint", "disable", "casa", "--yes")).toMatchObject({ code: 2 });
  expect(await ruta("endpoint", "disable", "nobody", "--yes", ...REASON)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("no-endpoint"),
  });
  expect(await ruta("endpoint", "disable", "casa", "--yes", ...REASON)).toMatchObject({ code: 0 });
  await send();
  await expect.poll(casa, SOON).toMatchObject({ state: "disabled", reason: "operator", parked: 1 });
  expect(await stuck()).toMatchObject([
    { cause: "endpoint-disabled", about: "casa (operator)", count: 1 },
    { cause: "delivery-parked", about: "disabled", count: 1 },
  ]);
  expect((await ruta("redrive", "--what", "failed", "--dry-run")).stdout).toContain("what is for casa stays as it is");
  expect(await ruta("endpoint", "resume", "casa", ...REASON)).toMatchObject({ code: 0 });
  await expect.poll(casa, SOON).toMatchObject({ state: "ok" });
  const { stdout } = await ruta("redrive", "--what", "failed", "--yes", ...REASON);
  expect(stdout).toMatch(/casa +disabled +1/);
  await expect.poll(casa, SOON).toMatchObject({ state: "ok", waiting: 0, parked: 0 });
});

test("what an institution is told of its endpoint lies in its inbox, as it is published", async () => {
  const { validate, items } = await pulled(2);
  expect(items.map(({ event }) => event.type)).toEqual(["ruta.endpoint.disabled", "ruta.endpoint.recovered"]);
  expect(items[0]?.event).toMatchObject({ data: { endpoint: expect.any(String), reasonCode: "operator" } });
  for (const { event } of items) expect(validate(event), JSON.stringify([validate.errors, event])).toBe(true);
  expect(validate(challenge), JSON.stringify([validate.errors, challenge])).toBe(true);
  expect(validate({ ...items[0]?.event, type: "ruta.endpoint.moved" })).toBe(false);
  const { channels } = (await (await fetch(new URL("/asyncapi.json", city.gateway))).json()) as {
    channels: { webhook: { messages: Record<string, { name: string }> } };
  };
  const names = Object.values(channels.webhook.messages).map(({ name }) => name);
  for (const type of ["challenge", "failing", "disabled", "recovered"])
    expect(names).toContain(`ruta.endpoint.${type}`);
});

test("keys change over while posts and deliveries run: with the old one and with the new one, none is refused", async () => {
  const before = taken;
  const made = await json<{ secret: string }>("keys", "new", "sender", ...REASON);
  const as = (secret: string): Institution =>
    createInstitution({
      id: "sender",
      personality: silent,
      gateway: city.gateway,
      key: secret,
      hubKeys: [secret], // it only sends
      journal: city.citizen("sender").journal,
    });
  const statuses: number[] = [];
  const posting = { by: as(made.secret), until: false };
  const loop = (async () => {
    while (!posting.until) statuses.push((await send(posting.by)).status);
  })();
  const more = async (): Promise<void> => {
    const [posts, deliveries] = [statuses.length, taken];
    await expect.poll(() => statuses.length > posts + 5 && taken > deliveries + 5, SOON).toBe(true);
  };
  await more();
  const key = await json<{ secret: string }>("keys", "rotate", "sender", "--overlap", "2h", ...REASON);
  const endpoint = await json<{ secret: string }>("keys", "rotate", "casa", "--endpoint", ...REASON);
  await more(); // both sides still know the old ones only
  posting.by = as(key.secret);
  await more();
  secrets = [endpoint.secret];
  await more();
  posting.until = true;
  await loop;
  expect(new Set(statuses)).toEqual(new Set([202]));
  expect(refused).toBe(0);
  await expect.poll(() => taken - before, SOON).toBeGreaterThanOrEqual(statuses.length);

  expect(await ruta("keys", "rotate", "sender", "--overlap", "8d", ...REASON)).toMatchObject({ code: 2 });
  expect(await ruta("keys", "rotate", "casa", "--endpoint", ...REASON)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("still-changing-over"),
  });
  expect(await ruta("keys", "rotate", "sender", "--overlap", "0", ...REASON)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("add --yes"),
  });
  expect(await ruta("keys", "rotate", "sender", "--overlap", "0", "--yes", ...REASON)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("the old ones have ended"),
  });
});
