// What the wire shows of exchanges with real servers: the address that was reached, TLS, and when things were there.
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { EndpointSchema, SignatureScheme, create } from "@ruta/events";
import { generateKeyPair } from "@ruta/proof";
import { Agent, buildConnector } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Tried } from "./results.ts";
import { openSender } from "./send.ts";
import type { Sender, SenderOptions } from "./send.ts";
import { startReceiver } from "./test-receiver.ts";
import type { Receiver } from "./test-receiver.ts";
import { keyIdOf, openTap } from "./wire.ts";

const never = new AbortController().signal;
const secret = Buffer.alloc(32, 7);

let receiver: Receiver;
let sender: Sender;
let sent = 0;

const open = (options: Partial<SenderOptions> = {}): Sender =>
  openSender({
    rules: { allowLoopback: true },
    signingSeeds: [generateKeyPair().seed],
    unwrap: (wrapped) => wrapped,
    deadlineMs: 2_000,
    connections: 1,
    now: Date.now,
    ...options,
  });
const send = (url: string, scheme: SignatureScheme = SignatureScheme.V1): Promise<Tried> => {
  sent += 1;
  const endpoint = create(EndpointSchema, { id: "e", institution: "house", url, scheme, wrappedSecret: secret });
  return sender.send(endpoint, { id: `w-${sent}`, body: Buffer.from("{}"), attempt: 1 }, never);
};

beforeEach(async () => {
  receiver = await startReceiver();
  sender = open();
});
afterEach(async () => {
  await sender.close();
  await receiver.stop();
});

test("where it went is origin and address, without path, query and user", async () => {
  const { port } = new URL(receiver.url);
  const { wire } = await send(`http://localhost:${port}/secret-path?secret=query`);
  expect(wire).toMatchObject({ origin: `http://localhost:${port}`, tlsVersion: "" });
  expect(["127.0.0.1", "::1"]).toContain(wire.remoteAddress);
  const refused = await send(`http://user:secret@localhost:${port}/secret-path`);
  expect(refused.wire).toMatchObject({ origin: `http://localhost:${port}`, remoteAddress: "", firstByteMs: 0 });
  const unreadable = await send("no url at all, secret");
  expect(unreadable.wire).toMatchObject({ origin: "", remoteAddress: "" });
  expect(JSON.stringify([wire, refused.wire, unreadable.wire])).not.toContain("secret");
});

test("a first exchange resolves and connects before its answer begins; the next one on that connection does neither", async () => {
  const { port } = new URL(receiver.url);
  const { wire } = await send(`http://localhost:${port}/in`);
  expect(wire.resolvedMs).toBeGreaterThan(0);
  expect(wire.connectedMs).toBeGreaterThanOrEqual(wire.resolvedMs);
  expect(wire.firstByteMs).toBeGreaterThanOrEqual(wire.connectedMs);
  const { wire: next } = await send(`http://localhost:${port}/in`);
  expect(next).toMatchObject({ resolvedMs: 0, connectedMs: 0, remoteAddress: wire.remoteAddress });
  expect(next.firstByteMs).toBeGreaterThan(0);
});

test("a connection that ended with its answer still says where it was", async () => {
  receiver.answer = (_, response) => response.writeHead(200, { connection: "close" }).end();
  expect((await send(receiver.url)).wire).toMatchObject({ remoteAddress: "127.0.0.1" });
  receiver.answer = (_, response) => response.destroy();
  expect((await send(receiver.url)).wire).toMatchObject({ remoteAddress: "127.0.0.1", firstByteMs: 0 });
});

test("of a server that is down the name is known, and neither address nor connection", async () => {
  const { port } = new URL(receiver.url);
  await receiver.stop();
  const { wire, outcome } = await send(`http://localhost:${port}/in`);
  expect(outcome).toMatchObject({ failure: "connect" });
  expect(wire).toMatchObject({ remoteAddress: "", connectedMs: 0, firstByteMs: 0 });
  expect(wire.resolvedMs).toBeGreaterThan(0);
});

test("exchanges at the same time are told apart", async () => {
  const other = await startReceiver();
  await sender.close();
  sender = open({ connections: 10 });
  const all = await Promise.all([receiver, other, receiver, other].map(({ url }) => send(url)));
  expect(all.map(({ wire }) => wire.origin)).toEqual(
    [receiver, other, receiver, other].map(({ url }) => new URL(url).origin),
  );
  expect(all.every(({ wire }) => wire.remoteAddress === "127.0.0.1")).toBe(true);
  await other.stop();
});

test("the key that signed is named, and not told", async () => {
  const { wire } = await send(receiver.url);
  expect(wire.keyIds).toEqual([expect.stringMatching(/^[0-9a-f]{8}$/)]);
  expect(secret.toString("hex")).not.toContain(String(wire.keyIds[0]));
  expect(keyIdOf({ scheme: "v1", secret: Buffer.alloc(32, 8) })).not.toBe(wire.keyIds[0]);
  expect((await send(receiver.url, SignatureScheme.V1A)).wire.keyIds).toEqual([
    expect.stringMatching(/^hub:[0-9a-f]{8}$/),
  ]);
});

test("the version of TLS is seen", async () => {
  // A key that both ends know stands in for certificates.
  const psk = Buffer.alloc(32, 1);
  const common = { ciphers: "PSK-AES128-GCM-SHA256", maxVersion: "TLSv1.2" } as const;
  const server = createServer({ ...common, pskCallback: () => psk }, (_, response) => response.end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = { ...common, pskCallback: () => ({ psk, identity: "test" }), checkServerIdentity: () => undefined };
  const tap = openTap(buildConnector({ ...client, allowH2: false, port: 0 }));
  const agent = new Agent({ connect: tap.connect });
  const watch = tap.watch("w-tls");
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answer = await agent.request({ origin, path: "/", method: "POST", headers: { "webhook-id": "w-tls" } });
  watch.answered();
  await answer.body.dump();
  expect(watch.end()).toMatchObject({ tlsVersion: "TLSv1.2", remoteAddress: "127.0.0.1", resolvedMs: 0 });
  tap.close();
  await agent.close();
  server.close();
});
