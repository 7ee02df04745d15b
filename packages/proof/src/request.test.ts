// Signed administrative requests: method, path, body and time are under the key of one member of staff.
import fc from "fast-check";
import { expect, test } from "vitest";
import { generateKeyPair } from "./ed25519.ts";
import { signRequest, verifyRequest } from "./request.ts";
import { TOLERANCE_S } from "./webhook.ts";

const key = generateKeyPair();
const now = Date.UTC(2026, 10, 23, 15);
const body = Buffer.from('{"reason":"x"}');
const request = { method: "POST", path: "/admin/directory/keys?x=1", body, now };
const all = signRequest({ ...request, staff: "op-1", id: "r-1" }, key.seed);
const headers = { id: all["webhook-id"], timestamp: all["webhook-timestamp"], signature: all["webhook-signature"] };

test("a signed request verifies, and yields its signature and the hash of its body as evidence", () => {
  const verdict = verifyRequest(request, headers, key.publicKey);
  expect(verdict).toMatchObject({ ok: true });
  expect(verdict.ok && verdict.signature).toHaveLength(64);
  expect(verdict.ok && verdict.bodySha256).toHaveLength(32);
  expect(all["ruta-staff"]).toBe("op-1");
});

test.each([
  ["method", { ...request, method: "GET" }],
  ["path", { ...request, path: "/admin/directory/keys" }],
  ["query", { ...request, path: "/admin/directory/keys?x=2" }],
  ["body", { ...request, body: Buffer.from("{}") }],
])("another %s is a mismatch", (_, changed) => {
  expect(verifyRequest(changed, headers, key.publicKey)).toEqual({ ok: false, reason: "mismatch" });
});

test("another id, time or key is a mismatch", () => {
  expect(verifyRequest(request, { ...headers, id: "r-2" }, key.publicKey)).toMatchObject({ reason: "mismatch" });
  const later = { ...headers, timestamp: String(Number(headers.timestamp) + 1) };
  expect(verifyRequest(request, later, key.publicKey)).toMatchObject({ reason: "mismatch" });
  expect(verifyRequest(request, headers, generateKeyPair().publicKey)).toMatchObject({ reason: "mismatch" });
});

test("what ends one part cannot begin the next", () => {
  const moved = { method: "POST", path: "/admin/x\n{}", body: Buffer.from(""), now };
  const signed = signRequest({ ...moved, staff: "op-1", id: "r" }, key.seed);
  const same = {
    id: signed["webhook-id"],
    timestamp: signed["webhook-timestamp"],
    signature: signed["webhook-signature"],
  };
  const apart = { ...moved, path: "/admin/x", body: Buffer.from("{}\n") };
  expect(verifyRequest(moved, same, key.publicKey)).toEqual({ ok: false, reason: "malformed" });
  expect(verifyRequest({ ...apart, path: "/admin/x\n{}" }, same, key.publicKey)).toEqual({
    ok: false,
    reason: "malformed",
  });
});

test("a clock may be off by 300 seconds either way, and by none more", () => {
  const at = (s: number) => verifyRequest({ ...request, now: now + s * 1000 }, headers, key.publicKey);
  expect(at(TOLERANCE_S)).toMatchObject({ ok: true });
  expect(at(TOLERANCE_S + 1)).toEqual({ ok: false, reason: "too-old" });
  expect(at(-TOLERANCE_S - 1)).toEqual({ ok: false, reason: "too-new" });
});

test("missing and hostile headers are refusals, never errors", () => {
  for (const name of ["id", "timestamp", "signature"] as const)
    expect(verifyRequest(request, { ...headers, [name]: undefined }, key.publicKey)).toEqual({
      ok: false,
      reason: "missing",
    });
  const text = fc.option(fc.string(), { nil: undefined });
  fc.assert(
    fc.property(text, text, text, (id, timestamp, signature) => {
      expect(verifyRequest(request, { id, timestamp, signature }, key.publicKey).ok).toBe(false);
    }),
  );
});
