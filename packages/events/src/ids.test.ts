// Ids: random ones without time, derived ones that repeat, and texts that are none.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  derivedId,
  isCaseId,
  isPersonId,
  newCaseId,
  newPersonId,
  parseReferralId,
  randomId,
  randomPiece,
  referralId,
} from "./ids.ts";

test("random ids have 26 characters of Crockford's alphabet, and no two are equal", () => {
  const ids = Array.from({ length: 10_000 }, randomId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9abcdefghjkmnpqrstvwxyz]{26}$/);
});

test("a referral's id names its case and its place in it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99_999 }), (ordinal) => {
      const caseId = newCaseId();
      expect(parseReferralId(referralId(caseId, ordinal))).toEqual({ caseId, ordinal });
    }),
  );
});

test("what has not the form of an id is none, whatever it is", () => {
  const id = referralId(newCaseId(), 1);
  for (const text of [
    "",
    id.toUpperCase(),
    `${id}0000000`,
    `${id} `,
    `\n${id}`,
    id.replace("-1", "-0"),
    id.replace("-1", ""),
  ])
    expect(parseReferralId(text), text).toBeUndefined();
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect([parseReferralId(text), isCaseId(text), isPersonId(text)]).toEqual([undefined, false, false]);
    }),
  );
  expect([isCaseId(newCaseId()), isPersonId(newPersonId()), isPersonId(newCaseId())]).toEqual([true, true, false]);
});

test("the same causes give the same id, and no other causes do", () => {
  const parts = fc.array(fc.string(), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      expect(derivedId(...a) === derivedId(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
  );
  expect(derivedId("ab", "c")).not.toBe(derivedId("a", "bc"));
  expect(derivedId("command", "sender", "1")).toMatch(/^[0-9a-z]{26}$/);
});

test("random pieces have the length that is asked for, do not repeat, and stay as they are", () => {
  const pieces = Array.from({ length: 2_000 }, (_, index) => randomPiece(8 + (index % 25)));
  const texts = pieces.map((piece) => piece.toString("hex"));
  expect(pieces.every((piece, index) => piece.length === 8 + (index % 25))).toBe(true);
  expect(new Set(texts.map((text) => text.slice(0, 16))).size).toBe(pieces.length);
  randomPiece(4_096);
  expect(pieces.map((piece) => piece.toString("hex"))).toEqual(texts);
});
