// Standard Webhooks 1.0: signs and verifies the raw bytes of a body with its id and time, v1 (HMAC) and v1a (Ed25519).
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { sign, verify } from "./ed25519.ts";

/** A key to sign with. */
export type SigningKey =
  | { readonly scheme: "v1"; readonly secret: Uint8Array }
  | { readonly scheme: "v1a"; readonly seed: Uint8Array };

/** A key to verify with. */
export type WebhookKey =
  | { readonly scheme: "v1"; readonly secret: Uint8Array }
  | { readonly scheme: "v1a"; readonly publicKey: Uint8Array };

/** What is signed: webhook-id, webhook-timestamp in seconds, the body as it travels. */
export interface WebhookMessage {
  readonly id: string;
  readonly timestampS: number;
  readonly body: Uint8Array;
}

/** The three headers as they came; undefined when missing. */
export interface WebhookHeaders {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

/** Why a webhook is not verified; the door tells the sender nothing of it. */
export type WebhookRefusal = "missing" | "malformed" | "too-old" | "too-new" | "mismatch";

/** What verifying found; `keyIndex` is the place of the key that signed. */
export type WebhookVerdict =
  | { readonly ok: true; readonly keyIndex: number }
  | { readonly ok: false; readonly reason: WebhookRefusal };

/** How far the sender's clock may be off, either way, in seconds. */
export const TOLERANCE_S = 300;
const MAX_SIGNATURES = 8;
const MAX_HEADER_BYTES = 4_096;
const MAX_ID_LENGTH = 256;
const SECRET_BYTES = { min: 24, max: 64 };
/** Seconds since the epoch as they are signed: no sign, no leading zero. */
const TIMESTAMP = /^(?:0|[1-9]\d{0,11})$/;

/** Why a webhook-timestamp does not count at `now` (milliseconds); undefined when it does. */
export function timeRefusal(timestamp: string, now: number): "malformed" | "too-old" | "too-new" | undefined {
  if (!TIMESTAMP.test(timestamp)) return "malformed";
  const age = Math.floor(now / 1000) - Number(timestamp);
  if (age > TOLERANCE_S) return "too-old";
  return age < -TOLERANCE_S ? "too-new" : undefined;
}

function signedBytes({ id, timestampS, body }: WebhookMessage): Uint8Array {
  return Buffer.concat([Buffer.from(`${id}.${timestampS}.`, "utf8"), body]);
}

function hmac(secret: Uint8Array, bytes: Uint8Array): Buffer {
  return createHmac("sha256", secret).update(bytes).digest();
}

/** One signature: the scheme, a comma, base64. */
export function signWebhook(message: WebhookMessage, key: SigningKey): string {
  const bytes = signedBytes(message);
  const signature = key.scheme === "v1" ? hmac(key.secret, bytes) : Buffer.from(sign(key.seed, bytes));
  return `${key.scheme},${signature.toString("base64")}`;
}

/** The three headers of a request, signed by one key, and by others that are live beside it while keys change over. */
export function webhookHeaders(
  message: WebhookMessage & { readonly key: SigningKey; readonly others?: readonly SigningKey[] },
): Record<string, string> {
  const keys = [message.key, ...(message.others ?? [])];
  return {
    "webhook-id": message.id,
    "webhook-timestamp": String(message.timestampS),
    "webhook-signature": keys.map((key) => signWebhook(message, key)).join(" "),
  };
}

function matches(key: WebhookKey, bytes: Uint8Array, signature: Buffer): boolean {
  if (key.scheme === "v1a") return verify(key.publicKey, bytes, signature);
  const expected = hmac(key.secret, bytes);
  return expected.length === signature.length && timingSafeEqual(expected, signature);
}

/** Verifies a webhook against all live keys at `now` (milliseconds). Any one valid signature is enough; never throws. */
export function verifyWebhook(request: {
  readonly headers: WebhookHeaders;
  readonly body: Uint8Array;
  readonly keys: readonly WebhookKey[];
  readonly now: number;
}): WebhookVerdict {
  const { id, timestamp, signature } = request.headers;
  if (!id || !timestamp || !signature) return { ok: false, reason: "missing" };
  if (id.length > MAX_ID_LENGTH || signature.length > MAX_HEADER_BYTES) return { ok: false, reason: "malformed" };
  const untimely = timeRefusal(timestamp, request.now);
  if (untimely) return { ok: false, reason: untimely };
  const bytes = signedBytes({ id, timestampS: Number(timestamp), body: request.body });
  for (const item of signature.split(" ").slice(0, MAX_SIGNATURES)) {
    const [scheme, text, ...rest] = item.split(",");
    if (!text || rest.length > 0) continue;
    const given = Buffer.from(text, "base64");
    if (given.toString("base64") !== text) continue;
    const keyIndex = request.keys.findIndex((key) => key.scheme === scheme && matches(key, bytes, given));
    if (keyIndex >= 0) return { ok: true, keyIndex };
  }
  return { ok: false, reason: "mismatch" };
}

/** A new shared secret, `whsec_` and 32 random bytes in base64. */
export function newSecret(): string {
  return encodeSecret(randomBytes(32));
}

/** A shared secret as text. */
export function encodeSecret(secret: Uint8Array): string {
  return `whsec_${Buffer.from(secret).toString("base64")}`;
}

/** The bytes of a `whsec_` text of 24 to 64 bytes; undefined when it is none. */
export function decodeSecret(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Buffer.from(text.slice("whsec_".length), "base64"));
  if (bytes.length < SECRET_BYTES.min || bytes.length > SECRET_BYTES.max) return undefined;
  // A text that is written otherwise, or cut short, would be other bytes to the sender's own library.
  return encodeSecret(bytes) === text ? bytes : undefined;
}
