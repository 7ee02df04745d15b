// One exchange with real HTTP servers on loopback: success, redirects, slow and endless answers, dead servers, foreign certificates.
import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { randomBytes } from "node:crypto";
import { EndpointSchema, SignatureScheme, create } from "@ruta/events";
import type { Endpoint } from "@ruta/events";
import { generateKeyPair, verifyWebhook } from "@ruta/proof";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSender, retryAfter } from "./send.ts";
import type { Sender, SenderOptions } from "./send.ts";
import { startReceiver } from "./test-receiver.ts";
import type { Receiver } from "./test-receiver.ts";

const secret = new Uint8Array(randomBytes(32));
const message = { id: "w-1", body: Buffer.from('{"data":"ñ"}'), attempt: 3 };
const never = new AbortController().signal;

let receiver: Receiver;
let sender: Sender;
let closing: Server[] = [];

function open(options: Partial<SenderOptions> = {}): Sender {
  return openSender({
    rules: { allowLoopback: true },
    signingSeeds: [generateKeyPair().seed],
    unwrap: (wrapped) => wrapped,
    deadlineMs: 500,
    connections: 2,
    now: Date.now,
    ...options,
  });
}
const at = (url: string, scheme: SignatureScheme = SignatureScheme.V1): Endpoint =>
  create(EndpointSchema, { id: "endpoint-house", institution: "house", url, scheme, wrappedSecret: secret });
const outcomeAt = async (url: string) => (await sender.send(at(url), message, never)).outcome;

/** A server of raw bytes, for answers that no HTTP library would give. */
async function rawServer(bytes: string): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.write(bytes));
  });
  closing.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeEach(async () => {
  receiver = await startReceiver();
  sender = open();
});
afterEach(async () => {
  await sender.close();
  await receiver.stop();
  for (const server of closing) server.close();
  closing = [];
});

test("what is sent is signed at the time of the try, says which try it is, and asks for no encoding", async () => {
  expect(await outcomeAt(receiver.url)).toEqual({ ok: true, status: 200 });
  const { headers, body } = receiver.got[0]!;
  expect(headers).toMatchObject({
    "webhook-id": "w-1",
    "webhook-attempt": "3",
    "content-type": "application/cloudevents+json; charset=utf-8",
    "accept-encoding": "identity",
  });
  const library = new Webhook(Buffer.from(secret).toString("base64"));
  expect(library.verify(body, headers as Record<string, string>)).toEqual({ data: "ñ" });
});

test("while the hub's key changes over both sign, so that a recipient verifies by whichever it has", async () => {
  const [former, next] = [generateKeyPair(), generateKeyPair()];
  await sender.close();
  sender = open({ signingSeeds: [next.seed, former.seed] });
  const { outcome, wire } = await sender.send(at(receiver.url, SignatureScheme.V1A), message, never);
  expect(outcome).toEqual({ ok: true, status: 200 });
  const { headers, body } = receiver.got[0]!;
  const [id, timestamp, signature] = ["id", "timestamp", "signature"].map((name) => String(headers[`webhook-${name}`]));
  const verified = [next, former, generateKeyPair()].map(({ publicKey }) => {
    const keys = [{ scheme: "v1a" as const, publicKey }];
    return verifyWebhook({ headers: { id, timestamp, signature }, body, keys, now: Date.now() }).ok;
  });
  expect(verified).toEqual([true, true, false]);
  expect(new Set(wire.keyIds).size).toBe(2);
});

test("an answer that was there before this process could look is not held against the recipient", async () => {
  receiver.answer = (_, response) => {
    response.end();
    // What a stop (SIGSTOP, a suspended machine) does: the deadline has passed when the process goes on.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
  };
  expect(await outcomeAt(receiver.url)).toMatchObject({ failure: "stopped" });
});

test("nor is a deadline that this process stood still for, and noticed soon after", async () => {
  receiver.answer = () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_350);
  };
  expect(await outcomeAt(receiver.url)).toMatchObject({ failure: "stopped" });
});

test("a redirect is a failure and is not followed", async () => {
  const target = await startReceiver();
  receiver.answer = (_, response) => response.writeHead(307, { location: target.url }).end();
  expect(await outcomeAt(receiver.url)).toEqual({ ok: false, failure: "redirect", status: 307 });
  expect(target.got).toEqual([]);
  await target.stop();
});

test.each([400, 404, 410, 500, 503])("%i is a failure with its status", async (status) => {
  receiver.answer = (_, response) => response.writeHead(status).end();
  expect(await outcomeAt(receiver.url)).toEqual({ ok: false, failure: "status", status });
});

test("Retry-After is read", async () => {
  receiver.answer = (_, response) => response.writeHead(503, { "retry-after": "120" }).end();
  expect(await outcomeAt(receiver.url)).toMatchObject({ status: 503, retryAfterMs: 120_000 });
});

test("an answer that drips is cut at the deadline, though its status was 200", async () => {
  receiver.answer = (_, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write("x"), 50);
    response.on("close", () => clearInterval(drip));
  };
  const { outcome, durationMs } = await sender.send(at(receiver.url), message, never);
  expect(outcome).toEqual({ ok: false, failure: "timeout", status: 200 });
  expect(durationMs).toBeGreaterThan(400);
});

test("headers that never end, and an answer that never begins, are cut too", async () => {
  const slow = await rawServer("HTTP/1.1 200 OK\r\nx: ");
  expect(await outcomeAt(`http://${slow}/in`)).toMatchObject({ failure: "timeout", status: 0 });
  receiver.answer = () => {};
  expect(await outcomeAt(receiver.url)).toMatchObject({ failure: "timeout", status: 0 });
});

test("of a long answer no more than 16 KiB are read, and it counts by its status", async () => {
  const closed = Promise.withResolvers<number>();
  receiver.answer = (_, response) => {
    response.writeHead(200);
    let sent = 0;
    const more = setInterval(() => {
      sent += 1_024;
      response.write("x".repeat(1_024));
    }, 5);
    response.on("close", () => {
      clearInterval(more);
      closed.resolve(sent);
    });
  };
  expect(await outcomeAt(receiver.url)).toEqual({ ok: true, status: 200 });
  expect(await closed.promise).toBeLessThan(64 * 1_024);
});

test("a 17 KiB answer with a failing status is that failure", async () => {
  receiver.answer = (_, response) => response.writeHead(500).end("x".repeat(17 * 1_024));
  expect(await outcomeAt(receiver.url)).toMatchObject({ failure: "status", status: 500 });
});

test("an answer that breaks off is no success", async () => {
  receiver.answer = (_, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("x", () => response.destroy());
  };
  expect(await outcomeAt(receiver.url)).toEqual({ ok: false, failure: "body", status: 200 });
});

test.each([
  ["no HTTP at all", "ola k ase\r\n\r\n"],
  ["headers without end in size", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(200_000)}\r\n\r\n`],
])("%s is a failed connection", async (_name, bytes) => {
  expect(await outcomeAt(`http://${await rawServer(bytes)}/in`)).toMatchObject({ failure: "connect" });
});

test("a server that is down is a failed connection", async () => {
  await receiver.stop();
  expect(await outcomeAt(receiver.url)).toEqual({ ok: false, failure: "connect", status: 0 });
});

test("a server that speaks no TLS is told from one that is down", async () => {
  expect(await outcomeAt(receiver.url.replace("http:", "https:"))).toMatchObject({ failure: "tls", status: 0 });
});

test("without the development flag nothing on this machine is reached", async () => {
  await sender.close();
  sender = open({ rules: { allowLoopback: false } });
  expect(await outcomeAt(receiver.url)).toMatchObject({ failure: "address-refused", status: 0 });
  expect(await outcomeAt(receiver.url.replace("http:", "https:"))).toMatchObject({ failure: "address-refused" });
  expect(receiver.got).toEqual([]);
});

test("a name that turns to a private address after it was good is refused at the next connection", async () => {
  await sender.close();
  const { port } = new URL(receiver.url);
  const answers = ["127.0.0.1", "10.0.0.1"];
  sender = open({
    resolver: (_name, callback) => callback(null, [{ address: answers.shift() ?? "10.0.0.1", family: 4 }]),
  });
  receiver.answer = (_, response) => response.writeHead(200, { connection: "close" }).end();
  expect(await outcomeAt(`http://rebind.example:${port}/in`)).toMatchObject({ ok: true });
  expect(await outcomeAt(`http://rebind.example:${port}/in`)).toMatchObject({ failure: "address-refused" });
  expect(receiver.got).toHaveLength(1);
});

test("a secret that cannot be opened, and a scheme that is not known, send nothing", async () => {
  await sender.close();
  sender = open({
    unwrap: () => {
      throw new Error("broken");
    },
  });
  expect(await outcomeAt(receiver.url)).toMatchObject({ failure: "signing", status: 0 });
  const tried = await sender.send(at(receiver.url, SignatureScheme.UNSPECIFIED), message, never);
  expect(tried.outcome).toMatchObject({ failure: "signing" });
  expect(receiver.got).toEqual([]);
});

test("a stop ends the exchange", async () => {
  const stop = new AbortController();
  receiver.answer = () => stop.abort();
  const { outcome } = await sender.send(at(receiver.url), message, stop.signal);
  expect(outcome).toMatchObject({ failure: "stopped" });
});

test.each([
  ["120", 120_000],
  ["0", undefined],
  ["-5", undefined],
  ["Mon, 23 Nov 2026 15:01:00 GMT", 60_000],
  ["Mon, 23 Nov 2026 14:00:00 GMT", undefined],
  ["soon", undefined],
  ["1e9", undefined],
  ["99999999999999999999", undefined],
  [["1", "2"], undefined],
  [undefined, undefined],
])("Retry-After %j asks for %j ms", (value, expected) => {
  expect(retryAfter(value, Date.parse("2026-11-23T15:00:00Z"))).toBe(expected);
});
