// Every refusal of the door over real HTTP: its code, its field, its remedy, and nothing of what was sent.
import { once } from "node:events";
import { connect } from "node:net";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROBLEMS } from "./errors.ts";
import type { ProblemCode } from "./errors.ts";
import { REFERRAL, answer, smallRequest } from "./examples.ts";
import { Bed, answered } from "./test-service.ts";
import type { Answered, Door } from "./test-service.ts";

const KIB = 1024;
/** What a refusal must never say again. */
const SECRET = "Yuleima";

let bed: Bed;
let door: Door;
beforeAll(async () => {
  bed = await Bed.open(testLogs()[0]!);
  door = await bed.start();
});
afterAll(async () => bed?.close());

const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
const without = (name: string): object => Object.fromEntries(Object.entries(consent).filter(([key]) => key !== name));
const send = (event: unknown, id?: string) => bed.send(door, "sender", event, id);
const request = (data: Record<string, unknown>) => send(smallRequest(data));
const get = (path: string, headers?: Record<string, string>) => bed.read(door, "sender", path, headers);
const later = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** How each code is met, and the field it must name. Codes that need a log or a key taken away are met elsewhere. */
const CASES: Readonly<Partial<Record<ProblemCode, readonly [() => Promise<Answered>, string?]>>> = {
  "invalid-signature": [async () => post(JSON.stringify(smallRequest()), { "webhook-id": "x" })],
  "invalid-token": [() => get("/v1/referrals", { authorization: "Bearer rt_0123456789abcdef0123" })],
  "body-not-utf8": [() => signedBytes(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))],
  "body-not-json": [() => send(`{"${SECRET}":`)],
  "body-duplicate-name": [() => send('{"type":"a","type":"b"}')],
  "body-forbidden-character": [() => send('{"type":"a\\u0000b"}')],
  "body-forbidden-name": [() => send('{"__proto__":{"x":1}}')],
  "body-too-deep": [() => send(`${"[".repeat(17)}${"]".repeat(17)}`)],
  "unknown-act": [() => send({ ...smallRequest(), type: `ruta.referral.${SECRET}` }), "type"],
  "unknown-field": [() => request({ apodo: SECRET }), "data.apodo"],
  "attachments-not-supported": [() => request({ attachments: [{ name: SECRET }] }), "data.attachments"],
  "missing-field": [() => request({ serviceType: undefined }), "data.serviceType"],
  "invalid-field": [() => request({ priority: SECRET }), "data.priority"],
  "invalid-cursor": [() => get(`/v1/inbox?after=${SECRET}`), "after"],
  "invalid-query": [() => get("/v1/referrals?cursor=none"), "cursor"],
  "looks-like-identity": [() => request({ number: "1710034065" }), "data.number"],
  "time-in-future": [() => send({ ...smallRequest(), time: later(3_600_000) }), "time"],
  "worker-required": [() => send(answer("accept", { worker: undefined })), "data.worker"],
  "consent-required": [() => request({ consent: undefined }), "data.consent"],
  "consent-basis-required": [() => request({ consent: without("basis") }), "data.consent.basis"],
  "consent-recipients-required": [() => request({ consent: without("recipientClass") }), "data.consent.recipients"],
  "consent-date-required": [() => request({ consent: without("givenOn") }), "data.consent.givenOn"],
  "consent-date-in-future": [() => request({ consent: { ...consent, givenOn: "2999-01-01" } }), "data.consent.givenOn"],
  "consent-evidence-required": [() => request({ consent: without("evidence") }), "data.consent.evidence"],
  "unknown-service-type": [() => request({ serviceType: "NO-SUCH" }), "data.serviceType"],
  "unknown-reason-code": [() => request({ reasonCode: "NONE" }), "data.reasonCode"],
  "unknown-institution": [() => request({ performer: "nobody" }), "data.performer"],
  "unknown-service": [() => request({ service: "no-such" }), "data.service"],
  "unknown-roadmap": [() => request({ roadmap: "R99" }), "data.roadmap"],
  "unknown-territory": [() => request({ person: { territory: "atlantis" } }), "data.person.territory"],
  "person-not-found": [() => request({ person: { id: `p-${REFERRAL.slice(0, 26)}` } }), "data.person.id"],
  "referral-not-found": [() => send(answer("accept")), "data.referral"],
  "number-reused": [
    async () => {
      await request({ number: "used" });
      return request({ number: "used", priority: "normal" });
    },
    "data.number",
  ],
  "webhook-id-reused": [
    async () => {
      await send(smallRequest(), "used");
      return send(smallRequest({ priority: "normal" }), "used");
    },
    "webhook-id",
  ],
};
/** Met in references.test.ts, and in check, limits, door, reads, outage and fhir.int.test.ts; those of FHIR in fhir-refusals.int.test.ts. */
const ELSEWHERE: readonly ProblemCode[] = [
  ...([
    "not-possible-now",
    "unknown-stage",
    "too-many-requests",
    "still-running",
    "claim-erased",
    "content-erased",
    "not-caught-up",
    "log-unavailable",
    "not-acceptable",
  ] as const),
  ...Object.keys(PROBLEMS).filter((code): code is ProblemCode => code.startsWith("fhir-")),
];

async function post(
  body: string | Uint8Array,
  headers: Record<string, string>,
  path = "/v1/in/sender",
): Promise<Answered> {
  const init = { method: "POST", headers: { "content-type": "application/json", ...headers }, body: Buffer.from(body) };
  return answered(await fetch(`${door.url}${path}`, init));
}

async function signedBytes(body: Uint8Array, headers: Record<string, string> = {}): Promise<Answered> {
  return post(body, { ...bed.signed("sender", body), ...headers });
}

test("every code of the list is met by a case here or in a named file", () => {
  expect([...Object.keys(CASES), ...ELSEWHERE].toSorted()).toEqual(Object.keys(PROBLEMS).toSorted());
});

test.each(Object.entries(CASES))(
  "%s is told with its status, field and remedy, and nothing of what was sent",
  async (code, [ask, field]) => {
    const { status, headers, text, body } = await ask();
    const { status: expected, title, remedy } = PROBLEMS[code as ProblemCode];
    expect(status, text).toBe(expected);
    expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({ type: `/docs/errors#${code}`, status: expected, code, title, remedy });
    expect(body.field).toBe(field);
    expect(text).not.toContain(SECRET);
  },
);

test("a number that is used again for other content is answered with the act that corrects", async () => {
  await request({ number: "to-correct" });
  const { status, body } = await request({ number: "to-correct", note: "Corrige." });
  expect({ status, code: body.code }).toEqual({ status: 409, code: "number-reused" });
  expect(body.remedy).toContain("ruta.referral.supplement");
});

test("a signature must be fresh, over these bytes, by a living key of the institution in the path", async () => {
  const body = Buffer.from(JSON.stringify(smallRequest()));
  const at = (ms: number) => post(body, bed.signed("sender", body, "stale", Date.now() + ms));
  const refused = { status: 401, body: { code: "invalid-signature" } };
  expect(await at(-302_000)).toMatchObject(refused);
  expect(await at(302_000)).toMatchObject(refused);
  expect(await post(Buffer.concat([body, Buffer.from(" ")]), bed.signed("sender", body))).toMatchObject(refused);
  expect(await post(body, bed.signed("performer", body))).toMatchObject(refused);
  expect(await post(body, bed.signed("sender", body), "/v1/in/performer")).toMatchObject(refused);
  for (const path of ["nobody", "..%2Fsender", "%00", "a".repeat(150), "SENDER"])
    expect(await post(body, bed.signed("sender", body), `/v1/in/${path}`)).toMatchObject(refused);
  const { "webhook-signature": right = "", ...others } = bed.signed("sender", body, "several");
  const several = { ...others, "webhook-signature": `v1,AAAA v9,xyz ${right}` };
  expect(await post(body, several)).toMatchObject({ status: 202 });
  for (const id of ["", "con tilde ñ", "x".repeat(257), "a b"]) {
    const response = await post(body, { ...bed.signed("sender", body, id), "webhook-id": encodeURIComponent(id) });
    expect(response).toMatchObject(refused);
  }
});

test("256 KiB are taken, one byte more is not", async () => {
  const event = JSON.stringify(smallRequest({ number: "big" }));
  const whole = Buffer.from(event.padEnd(256 * KIB, " "));
  expect(await signedBytes(whole)).toMatchObject({ status: 202 });
  const over = Buffer.concat([whole, Buffer.from(" ")]);
  expect(await signedBytes(over)).toMatchObject({ status: 413, body: { code: "body-too-large" } });
});

test.each([
  ["an empty body", "", {}, 400],
  ["an encoding", "{}", { "content-encoding": "gzip" }, 415],
  ["another media type", "{}", { "content-type": "text/xml" }, 415],
  ["a byte order mark", "\ufeff{}", {}, 400],
  ["a number that is none", '{"a":NaN}', {}, 400],
  ["an array", "[]", {}, 400],
  ["null", "null", {}, 400],
  ["a lone surrogate", '{"type":"\\ud800"}', {}, 400],
])("%s is a precise error", async (_, text, headers, status) => {
  const found = await signedBytes(Buffer.from(text), headers);
  expect(found.status).toBe(status);
  expect(found.body.code).toEqual(expect.any(String));
  expect(found.body.remedy).toEqual(expect.any(String));
});

test("paths and methods that are none are problems too", async () => {
  expect(await answered(await fetch(`${door.url}/v1/in/sender`))).toMatchObject({
    status: 405,
    body: { code: "method-not-allowed" },
  });
  expect(await answered(await fetch(`${door.url}/v2`))).toMatchObject({ status: 404, body: { code: "not-found" } });
  expect(await get("/v1/directory/endpoints")).toMatchObject({ status: 400, body: { code: "invalid-request" } });
  expect(await get("/v1/referrals?limit=1000")).toMatchObject({ status: 400, body: { field: "querystring.limit" } });
  const wrong = await get(`/v1/referrals?state=${SECRET}`);
  expect(wrong.body).toMatchObject({ field: "querystring.state", detail: expect.stringContaining('"completed"') });
  expect(wrong.text + (await get(`/v1/referrals?${SECRET}=1`)).text).not.toContain(SECRET);
  expect(await get("/v1/referrals?nombre=x")).toMatchObject({ status: 400 });
});

/** Writes bytes to the door as they are and answers everything that comes back. */
async function raw(text: string, hangUp = false): Promise<string> {
  const socket = connect(door.service.port(), "127.0.0.1");
  await once(socket, "connect");
  socket.write(text);
  if (hangUp) {
    socket.destroy();
    return "";
  }
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer);
    if (Buffer.concat(chunks).toString().includes("remedy")) break;
  }
  return Buffer.concat(chunks).toString();
}

test("a header given twice, a body shorter than it says, and a hang-up leave the door standing", async () => {
  const body = Buffer.from(JSON.stringify(smallRequest()));
  const signed = bed.signed("sender", body, "raw");
  const lines = Object.entries({ ...signed, host: "x", "content-type": "application/json" }).map((line) =>
    line.join(": "),
  );
  const head = (...more: string[]) => ["POST /v1/in/sender HTTP/1.1", ...lines, ...more, "", ""].join("\r\n");
  const twice = head("webhook-id: raw", `content-length: ${body.length}`);
  expect(await raw(`${twice}${body.toString()}`)).toContain("invalid-signature");
  await raw(`${head(`content-length: ${body.length + 10}`)}${body.toString()}`, true);
  expect(await raw(`${head("transfer-encoding: chunked")}zz\r\n`)).toMatch(/^HTTP\/1\.1 400[^]*"malformed-request"/);
  expect(await request({ number: "still-standing" })).toMatchObject({ status: 202 });
});
