// Receipts: each word counts, nobody can read another text into one, and without its salt the body cannot be guessed.
import fc from "fast-check";
import { expect, test } from "vitest";
import { generateKeyPair } from "./ed25519.ts";
import { receiptText, signReceipt, verifyReceipt } from "./receipt.ts";
import type { Receipt } from "./receipt.ts";

const key = generateKeyPair();
const salt = new Uint8Array(16).fill(3);
const body = Buffer.from('{"data":"ñ"}');
const facts = {
  institution: "sender",
  webhookId: "msg_1",
  caseId: "0123456789abcdefghjkmnpqrs",
  referralId: "0123456789abcdefghjkmnpqrs-1",
  personIds: ["p-1", "p-2"],
  receivedAt: "2026-11-23T15:00:00.000Z",
};
const receipt = signReceipt(facts, { salt, body }, key);

test("a receipt verifies with its key, and says whether it is for a body", () => {
  expect(verifyReceipt(receipt, [key.publicKey])).toEqual({ ok: true, keyId: receipt.keyId, body: "not-given" });
  const others = [generateKeyPair().publicKey, key.publicKey];
  expect(verifyReceipt(receipt, others, body)).toEqual({ ok: true, keyId: receipt.keyId, body: "matches" });
  expect(verifyReceipt(receipt, others, Buffer.from("{}"))).toEqual({ ok: false, reason: "another-body" });
  expect(verifyReceipt(receipt, [others[0]!])).toEqual({ ok: false, reason: "unknown-key" });
});

test("it comes through JSON unchanged", () => {
  expect(verifyReceipt(JSON.parse(JSON.stringify(receipt)), [key.publicKey], body)).toMatchObject({ ok: true });
});

test("the signed text is written down so that a stranger can make it again", () => {
  expect(receiptText(receipt)).toBe(
    [
      "ruta-receipt/v1",
      "institution: sender",
      "webhook-id: msg_1",
      "case: 0123456789abcdefghjkmnpqrs",
      "referral: 0123456789abcdefghjkmnpqrs-1",
      "persons: p-1 p-2",
      "received-at: 2026-11-23T15:00:00.000Z",
      `body-sha256: ${receipt.bodySha256}`,
      "",
    ].join("\n"),
  );
});

test.each([
  "institution",
  "webhookId",
  "caseId",
  "referralId",
  "receivedAt",
  "bodySha256",
  "signature",
  "keyId",
] as const)("a changed %s breaks it", (field) => {
  const changed: Receipt = { ...receipt, [field]: `${receipt[field].slice(0, -1)}x` };
  expect(verifyReceipt(changed, [key.publicKey])).toMatchObject({ ok: false });
});

test("persons cannot be added, left out or put in another order", () => {
  for (const personIds of [["p-1"], ["p-2", "p-1"], ["p-1", "p-2", "p-3"], ["p-1 p-2"], []])
    expect(verifyReceipt({ ...receipt, personIds }, [key.publicKey])).toMatchObject({ ok: false });
});

test("a changed salt is a changed body", () => {
  const changed = { ...receipt, salt: Buffer.alloc(16).toString("base64") };
  expect(verifyReceipt(changed, [key.publicKey], body)).toEqual({ ok: false, reason: "another-body" });
  const other = signReceipt(facts, { salt: new Uint8Array(16), body }, key);
  expect(other.bodySha256).not.toBe(receipt.bodySha256);
});

test("no field can bring a line of its own", () => {
  const forged = { ...facts, webhookId: "msg_1\ncase: another" };
  expect(() => signReceipt(forged, { salt, body }, key)).toThrow("not one line of text");
  expect(verifyReceipt({ ...receipt, webhookId: "msg_1\ncase: x" }, [key.publicKey])).toEqual({
    ok: false,
    reason: "malformed",
  });
});

test("a person's id of two words, half a character and a salt of another length are not signed", () => {
  expect(() => signReceipt({ ...facts, personIds: ["p-1 p-2"] }, { salt, body }, key)).toThrow("not one word");
  expect(() => signReceipt({ ...facts, caseId: "\ud800" }, { salt, body }, key)).toThrow("not one line of text");
  expect(() => signReceipt(facts, { salt: new Uint8Array(17), body }, key)).toThrow("16 bytes");
});

test("whatever is given as a receipt, the answer is a verdict", () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(verifyReceipt(value, [key.publicKey])).toEqual({ ok: false, reason: "malformed" });
    }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(receipt)), fc.anything(), (field, value) => {
      const verdict = verifyReceipt({ ...receipt, [field]: value }, [key.publicKey], body);
      expect(verdict.ok).toBe(Object.is((receipt as unknown as Record<string, unknown>)[field], value));
    }),
  );
});
