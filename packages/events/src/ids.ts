// Ids: random and time-free for cases and persons, derived for whatever is caused by something else.
import { createHash, randomFillSync } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford base32: no i, l, o, u
const ID_LENGTH = 26; // 128 bits and two spare
const CASE = /^[0-9a-hjkmnp-tv-z]{26}$/;
const REFERRAL = /^([0-9a-hjkmnp-tv-z]{26})-([1-9][0-9]{0,4})$/;
const PERSON = /^p-[0-9a-hjkmnp-tv-z]{26}$/;

function base32(bytes: Uint8Array): string {
  let value = 0;
  let bits = 0;
  let text = "";
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      text += ALPHABET.charAt((value >>> (bits - 5)) & 31);
      bits -= 5;
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET.charAt((value << (5 - bits)) & 31) : text;
}

const pool = Buffer.alloc(4_096);
let taken = pool.length;

/** Random bytes, few at a time: the system's source is asked once for many, which costs as much as once for one. */
export function randomPiece(length: number): Buffer {
  if (taken + length > pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  const piece = Buffer.from(pool.subarray(taken, taken + length));
  pool.fill(0, taken, taken + length);
  taken += length;
  return piece;
}

/** A random 128-bit id in Crockford base32, 26 characters, without time in it. */
export function randomId(): string {
  return base32(randomPiece(16));
}

/** A new case id. */
export function newCaseId(): string {
  return randomId();
}

/** A new person id, `p-` and a random id. */
export function newPersonId(): string {
  return `p-${randomId()}`;
}

/** The id of the `ordinal`-th referral of a case (1, 2, 3 …): an answer needs no look-up to find its partition. */
export function referralId(caseId: string, ordinal: number): string {
  return `${caseId}-${ordinal}`;
}

/** Takes a referral id apart; undefined when it is not one. */
export function parseReferralId(id: string): { caseId: string; ordinal: number } | undefined {
  const match = REFERRAL.exec(id);
  return match?.[1] && match[2] ? { caseId: match[1], ordinal: Number(match[2]) } : undefined;
}

/** True for the form of a case id. */
export function isCaseId(id: string): boolean {
  return CASE.test(id);
}

/** True for the form of a person id. */
export function isPersonId(id: string): boolean {
  return PERSON.test(id);
}

/**
 * An id derived from what caused it: the same causes give the same id, so that a record sent twice is seen as one.
 * SHA-256 over the length-prefixed parts, cut to 128 bits.
 */
export function derivedId(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = Buffer.from(part, "utf8");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  }
  return base32(hash.digest().subarray(0, 16)).slice(0, ID_LENGTH);
}

/** The id of the `ordinal`-th event (from 0) that a command led to: its `ce_id`, and the CloudEvents id of what is told of it. */
export function eventId(commandId: string, ordinal: number): string {
  return derivedId("event", commandId, String(ordinal));
}

/** True for the form of a derived or random id, such as that of an event or a section. */
export function isPlainId(id: string): boolean {
  return CASE.test(id);
}
