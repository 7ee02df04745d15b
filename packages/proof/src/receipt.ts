// The receipt of the door: what the hub promised for a webhook it took, signed so that a stranger can check it.
//
// Signed text, UTF-8, every line ended by a newline:
//   ruta-receipt/v1
//   institution: <id>
//   webhook-id: <id>
//   case: <id>
//   referral: <id>
//   persons: <ids, separated by one space; empty for an answer>
//   received-at: <RFC 3339, UTC, milliseconds>
//   body-sha256: <hex of SHA-256(salt || raw body)>
// The salt is in the receipt and in the sealed content only: once both are gone no hash of the content can be guessed at.
import { createHash } from "node:crypto";
import { fingerprint, sign, verify } from "./ed25519.ts";

/** What a receipt says. */
export interface ReceiptFacts {
  readonly institution: string;
  readonly webhookId: string;
  readonly caseId: string;
  readonly referralId: string;
  /** The principal first, then the members; empty for an answer. */
  readonly personIds: readonly string[];
  /** RFC 3339 in UTC with milliseconds. */
  readonly receivedAt: string;
  /** Hex. */
  readonly bodySha256: string;
}

/** A signed receipt, as JSON carries it. */
export interface Receipt extends ReceiptFacts {
  readonly format: "ruta-receipt/v1";
  /** 16 random bytes in base64. */
  readonly salt: string;
  /** Fingerprint of the key that signed. */
  readonly keyId: string;
  /** Base64 Ed25519 signature over the text above. */
  readonly signature: string;
}

/** What verifying found. */
export type ReceiptVerdict =
  | { readonly ok: true; readonly keyId: string; readonly body: "matches" | "not-given" }
  | { readonly ok: false; readonly reason: "malformed" | "unknown-key" | "bad-signature" | "another-body" };

const SALT_BYTES = 16;
// Bytes in base64 in the one way in which they are written. Without a fixed length of the salt, its end could be told to be the
// beginning of the body.
const SALT = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
const SIGNATURE = /^[A-Za-z0-9+/]{85}[AQgw]==$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** A field of the text: of one line, and well formed, since half a character would be signed as any other half. */
function isLine(field: string): boolean {
  return field.isWellFormed() && !/[\n\r]/.test(field);
}

/** An id of a list that spaces part. */
function isWord(field: string): boolean {
  return isLine(field) && /^\S+$/.test(field);
}

/** The signed text of a receipt. */
export function receiptText(facts: ReceiptFacts): string {
  const lines = [
    "ruta-receipt/v1",
    `institution: ${facts.institution}`,
    `webhook-id: ${facts.webhookId}`,
    `case: ${facts.caseId}`,
    `referral: ${facts.referralId}`,
    `persons: ${facts.personIds.join(" ")}`,
    `received-at: ${facts.receivedAt}`,
    `body-sha256: ${facts.bodySha256}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Hex of SHA-256(salt || body). */
export function saltedSha256(salt: Uint8Array, body: Uint8Array): string {
  return createHash("sha256").update(salt).update(body).digest("hex");
}

/** Signs a receipt. Throws on a field whose text could be read as another's, and on a salt that has not 16 bytes. */
export function signReceipt(
  facts: Omit<ReceiptFacts, "bodySha256">,
  content: { readonly salt: Uint8Array; readonly body: Uint8Array },
  key: { readonly seed: Uint8Array; readonly publicKey: Uint8Array },
): Receipt {
  const whole: ReceiptFacts = { ...facts, bodySha256: saltedSha256(content.salt, content.body) };
  const { personIds, ...texts } = whole;
  if (!Object.values(texts).every(isLine)) throw new Error("a receipt's field is not one line of text");
  if (!personIds.every(isWord)) throw new Error("a receipt's person id is not one word");
  if (content.salt.length !== SALT_BYTES) throw new Error("a receipt's salt has 16 bytes");
  return {
    format: "ruta-receipt/v1",
    ...whole,
    salt: Buffer.from(content.salt).toString("base64"),
    keyId: fingerprint(key.publicKey),
    signature: Buffer.from(sign(key.seed, Buffer.from(receiptText(whole)))).toString("base64"),
  };
}

function isReceipt(value: unknown): value is Receipt {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Record<string, unknown>;
  const texts = [
    "institution",
    "webhookId",
    "caseId",
    "referralId",
    "receivedAt",
    "bodySha256",
    "salt",
    "keyId",
    "signature",
  ];
  return (
    fields.format === "ruta-receipt/v1" &&
    texts.every((name) => typeof fields[name] === "string" && isLine(fields[name])) &&
    SIGNATURE.test(fields.signature as string) &&
    SALT.test(fields.salt as string) &&
    SHA256.test(fields.bodySha256 as string) &&
    Array.isArray(fields.personIds) &&
    fields.personIds.every((id) => typeof id === "string" && isWord(id))
  );
}

/** Checks a receipt against the hub's public keys and, when given, the raw body. Never throws. */
export function verifyReceipt(value: unknown, publicKeys: readonly Uint8Array[], body?: Uint8Array): ReceiptVerdict {
  if (!isReceipt(value)) return { ok: false, reason: "malformed" };
  const key = publicKeys.find((candidate) => fingerprint(candidate) === value.keyId);
  if (!key) return { ok: false, reason: "unknown-key" };
  if (!verify(key, Buffer.from(receiptText(value)), Buffer.from(value.signature, "base64")))
    return { ok: false, reason: "bad-signature" };
  if (body && saltedSha256(Buffer.from(value.salt, "base64"), body) !== value.bodySha256)
    return { ok: false, reason: "another-body" };
  return { ok: true, keyId: value.keyId, body: body ? "matches" : "not-given" };
}
