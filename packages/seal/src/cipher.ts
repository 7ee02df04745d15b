// Sealing of bytes: AES-256-GCM under a key derived for this message alone, with a commitment to that key.
//
// Sealed bytes: version (1 byte, 0x01) || salt (16) || commitment (32) || tag (16) || ciphertext.
// HKDF-SHA-256(key, salt, "ruta/seal/v1") gives 64 bytes: the message key and the commitment. GCM alone does not commit:
// two keys can open one ciphertext to two meanings. The commitment is compared first, so a second key opens nothing.
// The message key serves once, so the nonce is zero.
import { createCipheriv, createDecipheriv, hkdfSync, timingSafeEqual } from "node:crypto";
import { randomPiece } from "@ruta/events";

/** Bytes of any key here. */
export const KEY_BYTES = 32;

const VERSION = 1;
const SALT_BYTES = 16;
const COMMITMENT_BYTES = 32;
const TAG_BYTES = 16;
const NONCE = Buffer.alloc(12);
const INFO = Buffer.from("ruta/seal/v1");
const HEAD_BYTES = 1 + SALT_BYTES + COMMITMENT_BYTES + TAG_BYTES;

/** How many bytes sealing adds. */
export const OVERHEAD_BYTES = HEAD_BYTES;

/** The sealed bytes were changed, belong elsewhere, or are not under this key. Says no more, holds no content. */
export class SealBroken extends Error {
  constructor() {
    super("sealed bytes do not open: changed, moved from elsewhere, or under another key");
    this.name = "SealBroken";
  }
}

function derive(key: Uint8Array, salt: Uint8Array): { messageKey: Buffer; commitment: Buffer } {
  const bytes = Buffer.from(hkdfSync("sha256", key, salt, INFO, KEY_BYTES + COMMITMENT_BYTES));
  return { messageKey: bytes.subarray(0, KEY_BYTES), commitment: bytes.subarray(KEY_BYTES) };
}

/** Seals bytes; `context` is bound to them and must be the same when they are opened. */
export function sealBytes(key: Uint8Array, plaintext: Uint8Array, context: Uint8Array): Uint8Array {
  const salt = randomPiece(SALT_BYTES);
  const { messageKey, commitment } = derive(key, salt);
  const cipher = createCipheriv("aes-256-gcm", messageKey, NONCE);
  cipher.setAAD(context);
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.from([VERSION]), salt, commitment, cipher.getAuthTag(), body]);
}

/** Opens sealed bytes. Throws SealBroken. */
export function openBytes(key: Uint8Array, sealed: Uint8Array, context: Uint8Array): Uint8Array {
  if (sealed.length < HEAD_BYTES || sealed[0] !== VERSION) throw new SealBroken();
  const at = (from: number, length: number): Uint8Array => sealed.subarray(from, from + length);
  const { messageKey, commitment } = derive(key, at(1, SALT_BYTES));
  if (!timingSafeEqual(commitment, at(1 + SALT_BYTES, COMMITMENT_BYTES))) throw new SealBroken();
  const decipher = createDecipheriv("aes-256-gcm", messageKey, NONCE);
  decipher.setAAD(context);
  decipher.setAuthTag(at(1 + SALT_BYTES + COMMITMENT_BYTES, TAG_BYTES));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]));
  } catch {
    throw new SealBroken();
  }
}
