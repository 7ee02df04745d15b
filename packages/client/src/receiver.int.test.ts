// The receiver on a real server: only what the hub signed, once each, in whatever order it comes.
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { encodePublicKey, encodeSecret, generateKeyPair, webhookHeaders } from "@ruta/proof";
import { afterEach, expect, test } from "vitest";
import type { HubEvent, Taken } from "./event.ts";
import { receiver } from "./receiver.ts";
import type { ReceiverOptions } from "./receiver.ts";
import { signedEvent } from "./test-hub.ts";

const keys = generateKeyPair();
const whpk = encodePublicKey(keys.publicKey);
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const event = (sequence = 1, data: object = {}) => ({
  specversion: "1.0",
  id: `e-${sequence}`,
  type: "ruta.referral.request",
  sequence: String(sequence).padStart(10, "0"),
  data: { referral: "case-1", case: "case", ...data },
});

/** A server with a receiver; what it took and refused. */
async function listening(options: Partial<ReceiverOptions> = {}) {
  const took: { event: HubEvent; taken: Taken }[] = [];
  const refused: unknown[] = [];
  const handler = receiver({
    keys: [whpk],
    onEvent: (one, taken) => void took.push({ event: one, taken }),
    onRefusal: (status, reason) => void refused.push([status, reason]),
    ...options,
  });
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const post = async (headers: Record<string, string>, body: Uint8Array, method = "POST") => {
    const init = { method, headers, ...(method === "GET" ? {} : { body: new Uint8Array(body) }) };
    const response = await fetch(`http://127.0.0.1:${port}/ruta`, init);
    return { status: response.status, text: await response.text() };
  };
  const send = (id: string, what: object = event()) => {
    const { headers, body } = signedEvent(what, keys, id);
    return post(headers, body);
  };
  return { took, refused, post, send, port };
}

test("an event that the hub signed is handed over, with its place in the case", async () => {
  const { send, took } = await listening();
  expect(await send("w-1", event(3))).toEqual({ status: 200, text: "" });
  expect(took).toMatchObject([
    {
      event: { type: "ruta.referral.request", data: { referral: "case-1" } },
      taken: { webhookId: "w-1", sequence: 3, late: false, contentType: "application/cloudevents+json; charset=utf-8" },
    },
  ]);
});

test("what comes again under its id is answered and not handed over again, also while the first is at work", async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  let calls = 0;
  const { send } = await listening({
    async onEvent() {
      calls += 1;
      await gate;
    },
  });
  const both = [send("w-1"), send("w-1")];
  await expect.poll(() => calls).toBe(1);
  release();
  expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await send("w-1")).status).toBe(200);
  expect(calls).toBe(1);
});

test("what overtook another is told by its sequence: the late one is marked", async () => {
  const { send, took } = await listening();
  await send("w-2", event(2));
  await send("w-1", event(1));
  await send("w-3", event(3));
  expect(took.map(({ taken }) => [taken.sequence, taken.late])).toEqual([
    [2, false],
    [1, true],
    [3, false],
  ]);
});

test("an event whose handler throws is answered 500 and handed over again", async () => {
  let fail = true;
  const { send, refused } = await listening({
    onEvent() {
      if (fail) throw new Error("no disk");
    },
  });
  expect((await send("w-1")).status).toBe(500);
  expect(refused).toEqual([[500, expect.objectContaining({ message: "no disk" })]]);
  fail = false;
  expect((await send("w-1")).status).toBe(200);
});

test("the hub's challenge is answered and handed to nobody", async () => {
  const { send, took } = await listening();
  const challenge = { type: "ruta.endpoint.challenge", data: { challenge: "abc" } };
  expect(await send("w-1", challenge)).toEqual({ status: 200, text: '{"challenge":"abc"}' });
  expect(took).toEqual([]);
});

test("a FHIR bundle is handed over as it is", async () => {
  const { send, took } = await listening();
  expect((await send("w-1", { resourceType: "Bundle", entry: [] })).status).toBe(200);
  expect(took).toMatchObject([{ event: { type: "fhir.Bundle", resourceType: "Bundle", entry: [] } }]);
});

test("nothing is taken without the hub's signature over these bytes at this time", async () => {
  const { post, took } = await listening();
  const { headers, body } = signedEvent(event(), keys, "w-1");
  const without = (name: string) => Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
  for (const name of ["webhook-id", "webhook-timestamp", "webhook-signature"])
    expect((await post(without(name), body)).status, name).toBe(401);
  expect((await post(headers, Buffer.concat([body, Buffer.from(" ")]))).status).toBe(401);
  expect((await post({ ...headers, "webhook-id": "w-2" }, body)).status).toBe(401);
  for (const age of [-600_000, 600_000]) {
    const untimely = signedEvent(event(), keys, "w-1", Date.now() + age);
    expect((await post(untimely.headers, untimely.body)).status).toBe(401);
  }
  const stranger = signedEvent(event(), generateKeyPair(), "w-1");
  expect((await post(stranger.headers, stranger.body)).status).toBe(401);
  expect(took).toEqual([]);
});

test("while keys change, either of two signatures counts, and each of two keys verifies", async () => {
  const secret = Buffer.alloc(32, 3);
  const { post } = await listening({ keys: [encodeSecret(secret), whpk] });
  const body = Buffer.from(JSON.stringify(event()));
  const message = { id: "w-1", timestampS: Math.floor(Date.now() / 1000), body };
  const [old, next] = [secret, Buffer.alloc(32, 4)].map((key) =>
    webhookHeaders({ ...message, key: { scheme: "v1", secret: key } }),
  );
  const signature = `${next!["webhook-signature"]} ${old!["webhook-signature"]}`;
  expect((await post({ ...old!, "webhook-signature": signature }, body)).status).toBe(200);
  expect((await post(next!, body)).status).toBe(401);
  const hub = signedEvent(event(), keys, "w-2");
  expect((await post(hub.headers, hub.body)).status).toBe(200);
});

test.each([
  ["no JSON", "{"],
  ["no event", "[]"],
  ["null", "null"],
  ["data that is no object", '{"type":"ruta.referral.request","data":"x"}'],
])("signed bytes that are %s are answered 400", async (_what, text) => {
  const { post, took } = await listening();
  const body = Buffer.from(text);
  const message = { id: "w-1", timestampS: Math.floor(Date.now() / 1000), body };
  const headers = webhookHeaders({ ...message, key: { scheme: "v1a", seed: keys.seed } });
  expect((await post(headers, body)).status).toBe(400);
  expect(took).toEqual([]);
});

test("a body of 256 KiB is taken, a larger one is answered 413, another method 405", async () => {
  const { post, send, refused } = await listening();
  const padded = (bytes: number) => {
    const empty = JSON.stringify(event(1, { pad: "" })).length;
    return event(1, { pad: "x".repeat(bytes - empty) });
  };
  expect((await send("w-1", padded(256 * 1024))).status).toBe(200);
  expect((await send("w-2", padded(256 * 1024 + 1))).status).toBe(413);
  expect((await post({}, new Uint8Array(), "GET")).status).toBe(405);
  expect(refused).toEqual([
    [413, "too large"],
    [405, "not a POST"],
  ]);
});

test("a sender that goes away in the middle of its body does no harm", async () => {
  const { port, send } = await listening();
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf", () => socket.destroy());
  await once(socket, "close");
  expect((await send("w-1")).status).toBe(200);
});

test("a receiver needs a key of the right form", () => {
  const onEvent = (): void => {};
  expect(() => receiver({ keys: [], onEvent })).toThrow(/refuse everything/);
  expect(() => receiver({ keys: ["whsk_AAAA"], onEvent })).toThrow(/whpk_…/);
});
