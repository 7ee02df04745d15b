// Ed25519 (RFC 8032) keys as 32-byte seeds and public keys, and their texts as Standard Webhooks writes them.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign as signBytes,
  verify as verifyBytes,
} from "node:crypto";
import type { KeyObject } from "node:crypto";

/** A key pair; both parts are 32 bytes. */
export interface KeyPair {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const KEY_BYTES = 32;
/** 32 bytes in base64, in the one way in which they are written: two texts are never the same key. */
const KEY_TEXT = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

// Making a KeyObject costs more than signing with it; a process uses a handful.
const privateKeys = new Map<string, KeyObject>();
const publicKeys = new Map<string, KeyObject>();
const MAX_CACHED = 1_000;

function cached(cache: Map<string, KeyObject>, bytes: Uint8Array, make: () => KeyObject): KeyObject {
  const name = Buffer.from(bytes).toString("latin1");
  let key = cache.get(name);
  if (!key) {
    if (cache.size >= MAX_CACHED) cache.clear();
    key = make();
    cache.set(name, key);
  }
  return key;
}

function privateKey(seed: Uint8Array): KeyObject {
  // DER takes a longer one and leaves out its end.
  if (seed.length !== KEY_BYTES) throw new Error("an Ed25519 seed has 32 bytes");
  return cached(privateKeys, seed, () =>
    createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" }),
  );
}

function publicKeyObject(publicKey: Uint8Array): KeyObject {
  return cached(publicKeys, publicKey, () =>
    createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" }),
  );
}

/** The public key of a seed. Throws where the seed has not 32 bytes. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  return new Uint8Array(createPublicKey(privateKey(seed)).export({ format: "der", type: "spki" }).subarray(-KEY_BYTES));
}

/** A new key pair from the system's random source. */
export function generateKeyPair(): KeyPair {
  const seed = new Uint8Array(randomBytes(KEY_BYTES));
  return { seed, publicKey: publicKeyOf(seed) };
}

/** The 64-byte signature of bytes. Throws where the seed has not 32 bytes. */
export function sign(seed: Uint8Array, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(signBytes(null, bytes, privateKey(seed)));
}

/** Whether the signature is by this key over these bytes; false for anything malformed. */
export function verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== KEY_BYTES || signature.length !== 64) return false;
  try {
    return verifyBytes(null, bytes, publicKeyObject(publicKey), signature);
  } catch {
    return false;
  }
}

function decode(prefix: string, text: string): Uint8Array | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const body = text.slice(prefix.length);
  if (!KEY_TEXT.test(body)) return undefined;
  return new Uint8Array(Buffer.from(body, "base64"));
}

/** `whsk_` and the seed in base64. */
export function encodeSecretKey(seed: Uint8Array): string {
  return `whsk_${Buffer.from(seed).toString("base64")}`;
}

/** The seed of a `whsk_` text; undefined when it is none. */
export function decodeSecretKey(text: string): Uint8Array | undefined {
  return decode("whsk_", text);
}

/** `whpk_` and the public key in base64. */
export function encodePublicKey(publicKey: Uint8Array): string {
  return `whpk_${Buffer.from(publicKey).toString("base64")}`;
}

/** The public key of a `whpk_` text; undefined when it is none. */
export function decodePublicKey(text: string): Uint8Array | undefined {
  return decode("whpk_", text);
}

/** Short name of a key: the first 16 hex digits of its SHA-256. */
export function fingerprint(publicKey: Uint8Array): string {
  return createHash("sha256").update(publicKey).digest("hex").slice(0, 16);
}

/** The key as a JSON Web Key (RFC 8037), its fingerprint as `kid`. */
export function toJwk(publicKey: Uint8Array): {
  kty: "OKP";
  crv: "Ed25519";
  use: "sig";
  alg: "EdDSA";
  kid: string;
  x: string;
} {
  const x = Buffer.from(publicKey).toString("base64url");
  return { kty: "OKP", crv: "Ed25519", use: "sig", alg: "EdDSA", kid: fingerprint(publicKey), x };
}
