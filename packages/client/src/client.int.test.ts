// The client against a hub on loopback: acts are sent once whatever happens, receipts are believed only when they hold.
import { decodePublicKey, encodePublicKey, encodeSecret, encodeSecretKey, generateKeyPair } from "@ruta/proof";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createClient } from "./client.ts";
import { ReceiptInvalid, Refused, Unanswered } from "./errors.ts";
import { testHub } from "./test-hub.ts";
import type { TestHub } from "./test-hub.ts";

const secret = Buffer.alloc(32, 5);
const pair = generateKeyPair();
const data = {
  serviceType: "LEG",
  priority: "normal",
  consent: { basis: "N", recipientClass: "any", givenOn: "2026-11-24", evidence: "F-1" },
} as const;

let hub: TestHub;
beforeEach(async () => {
  hub = await testHub([
    { scheme: "v1", secret },
    { scheme: "v1a", publicKey: pair.publicKey },
  ]);
});
afterEach(() => hub.close());

const client = (more: object = {}) =>
  createClient({ url: hub.url, institution: "casa", key: encodeSecret(secret), token: "rt_token", ...more });
const posts = () => hub.seen.filter(({ path }) => path.startsWith("/v1/in/"));

test.each([
  ["v1", () => encodeSecret(secret)],
  ["v1a", () => encodeSecretKey(pair.seed)],
])(
  "a request signed %s is taken, and its receipt comes back verified with the bytes it is for",
  async (_scheme, key) => {
    const sent = await client({ key: key() }).request(data, { webhookId: "my-1" });
    expect(sent).toMatchObject({ referral: "case-1", case: "case", webhookId: "my-1" });
    expect(sent.receipt).toMatchObject({ institution: "casa", webhookId: "my-1" });
    expect(sent.body).toBe(posts()[0]?.body);
    expect(JSON.parse(sent.body)).toMatchObject({ type: "ruta.referral.request", source: "/casa", data });
  },
);

test("an answer names its act in the type", async () => {
  await client().answer("accept", { referral: "case-1", worker: "op-1" }, { time: "2026-11-24T10:00:00-05:00" });
  expect(JSON.parse(posts()[0]!.body)).toMatchObject({
    type: "ruta.referral.accept",
    time: "2026-11-24T10:00:00-05:00",
    data: { referral: "case-1", worker: "op-1" },
  });
});

test("a check is signed like the act and sent beside it; a refusal of it is thrown", async () => {
  expect(await client().check("request", data)).toEqual({ act: "request", would: "taken" });
  expect(hub.seen.map(({ path }) => path)).toEqual(["/v1/in/casa/check"]);
  hub.stumbles.push({ status: 409, body: { code: "number-reused" } });
  await expect(client().check("request", data)).rejects.toMatchObject({ code: "number-reused" });
});

test("whatever says later is asked again, with the same bytes under the same id", async () => {
  const pinned = client({ hubKeys: [hub.whpk] });
  hub.stumbles.push("cut", { status: 503 }, { status: 429 }, { status: 409, body: { code: "still-running" } });
  await pinned.request(data, { webhookId: "again" });
  expect(posts()).toHaveLength(5);
  expect(new Set(posts().map(({ body }) => body)).size).toBe(1);
  expect(new Set(posts().map(({ headers }) => headers["webhook-id"]))).toEqual(new Set(["again"]));
});

test("what the hub wants to wait for is waited for, and is beyond a short patience", async () => {
  hub.stumbles.push({ status: 503, headers: { "retry-after": "3600" } });
  const failure = client({ hubKeys: [hub.whpk], patienceMs: 1_000 }).request(data, { webhookId: "late" });
  await expect(failure).rejects.toThrow(/says 503, after 1 tries; send it again under webhook-id late/);
  await expect(failure).rejects.toBeInstanceOf(Unanswered);
  expect(posts()).toHaveLength(1);
});

test("a refusal is thrown at once, with the hub's code, field and remedy", async () => {
  hub.stumbles.push({
    status: 422,
    body: { code: "unknown-service-type", field: "data.serviceType", title: "none", remedy: "choose" },
  });
  const failure = client({ hubKeys: [hub.whpk] }).request(data);
  await expect(failure).rejects.toMatchObject({
    code: "unknown-service-type",
    status: 422,
    problem: { remedy: "choose" },
  });
  await expect(failure).rejects.toThrow("unknown-service-type (data.serviceType): none. choose");
  await expect(client({ key: encodeSecret(Buffer.alloc(32, 9)) }).request(data)).rejects.toBeInstanceOf(Refused);
});

test("a redirect is not followed, and an answer that is no JSON is told by its status", async () => {
  hub.stumbles.push({ status: 307, headers: { location: "https://elsewhere.example/" } });
  await expect(client({ hubKeys: [hub.whpk], patienceMs: 0 }).request(data)).rejects.toBeInstanceOf(Unanswered);
  hub.stumbles.push({ status: 404, body: "nothing here" });
  await expect(client({ hubKeys: [hub.whpk] }).request(data)).rejects.toMatchObject({ code: "status-404" });
});

test("a receipt that does not hold is no receipt: another key, another act", async () => {
  hub.receiptKeys = generateKeyPair();
  await expect(client().request(data)).rejects.toMatchObject({ reason: "unknown-key", answer: { referral: "case-1" } });
  hub.receiptKeys = hub.keys;
  const pinned = [encodePublicKey(generateKeyPair().publicKey)];
  await expect(client({ hubKeys: pinned }).request(data)).rejects.toBeInstanceOf(ReceiptInvalid);
  await expect(client({ hubKeys: [hub.whpk] }).request(data)).resolves.toMatchObject({ referral: "case-1" });
});

test("a receipt for another webhook-id than that sent does not hold", async () => {
  const first = await client().request(data, { webhookId: "one" });
  const { webhookId: _, body: _b, ...answer } = first;
  hub.stumbles.push({ status: 202, body: answer });
  await expect(client({ hubKeys: [hub.whpk] }).request(data, { webhookId: "two" })).rejects.toMatchObject({
    reason: "another-body",
  });
});

test("keys that are not pinned are asked for once, and again when the hub signs with a new one", async () => {
  const one = client();
  await one.request(data);
  await one.request(data);
  const asked = () => hub.seen.filter(({ path }) => path === "/v1/keys").length;
  expect(asked()).toBe(1);
  const next = generateKeyPair();
  hub.receiptKeys = next;
  (hub as { whpk: string }).whpk = encodePublicKey(next.publicKey);
  expect(decodePublicKey(hub.whpk)).toEqual(next.publicKey);
  await one.request(data);
  expect(asked()).toBe(2);
});

test("a key that the hub has retired verifies no new receipt", async () => {
  const former = generateKeyPair();
  const [before, retired] = [hub.receiptKeys, hub.retired];
  hub.retired = [{ whpk: encodePublicKey(former.publicKey), until: "2026-11-20T00:00:00.000Z" }];
  hub.receiptKeys = former;
  await expect(client().request(data)).rejects.toMatchObject({ reason: "unknown-key" });
  [hub.receiptKeys, hub.retired] = [before, retired];
  await expect(client().request(data)).resolves.toMatchObject({ referral: "case-1" });
});

test("reads carry the token: one referral, all of them page by page, content", async () => {
  const one = client();
  expect(await one.referral("a-1")).toEqual({ referral: "a-1", status: "submitted" });
  const listed: string[] = [];
  for await (const { referral } of one.referrals({ role: "performer" })) listed.push(referral);
  expect(listed).toEqual(["a-1", "b-1"]);
  expect(hub.seen.at(-1)?.path).toBe("/v1/referrals?role=performer&cursor=more");
  expect(await one.content("a-1")).toEqual({ person: { ageBand: "18-59" } });
  await expect(one.referral("../keys")).rejects.toMatchObject({ code: "referral-not-found" });
  await expect(client({ token: "rt_other" }).referral("a-1")).rejects.toMatchObject({ code: "invalid-token" });
});

test("a signal ends waiting", async () => {
  hub.stumbles.push({ status: 503, headers: { "retry-after": "50" } });
  const stop = new AbortController();
  const sending = client({ hubKeys: [hub.whpk] }).request(data, { signal: stop.signal });
  await expect.poll(() => posts().length).toBe(1);
  stop.abort(new Error("closing"));
  await expect(sending).rejects.toThrow(/closing|aborted/);
});

test.each([
  [{ url: "http://hub.example" }, /https/],
  [{ url: "ftp://127.0.0.1" }, /https/],
  [{ url: "http://127.0.0.1.nip.example" }, /https/],
  [{ key: "secret" }, /whsec_… .* whsk_…/],
  [{ hubKeys: ["whsec_AAAA"] }, /whpk_…/],
])("%j is told at the start, without a secret in the words", (wrong, words) => {
  const make = () => createClient({ url: "https://hub.example", institution: "casa", ...wrong });
  expect(make).toThrow(words);
});

test("sending without a key and reading without a token say what is missing", async () => {
  const bare = createClient({ url: hub.url, institution: "casa" });
  await expect(bare.request(data)).rejects.toThrow(/option key/);
  await expect(bare.referral("a-1")).rejects.toThrow(/option token/);
});
