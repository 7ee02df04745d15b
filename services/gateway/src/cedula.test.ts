// Identity numbers are recognised as they are written in Quito, and file numbers are left alone.
import { expect, test } from "vitest";
import { isCedula, looksLikeIdentityNumber } from "./cedula.ts";

test.each(["1710034065", "0926687856"])("%s is recognised", (digits) => {
  expect(isCedula(digits)).toBe(true);
  expect(looksLikeIdentityNumber(digits)).toBe(true);
});

test("plain, as printed on the card, inside other text, and as a RUC", () => {
  for (const text of ["1710034065", "171003406-5", "exp/1710034065/b", "1710034065001"])
    expect(looksLikeIdentityNumber(text), text).toBe(true);
});

test.each([
  ["a wrong check digit", "1710034066"],
  ["a province that does not exist", "2510034067"],
  ["a third digit of companies", "1790034065"],
  ["nine digits", "171003406"],
  ["eleven digits", "17100340651"],
  ["a file number with a year", "2026-000017"],
  ["a company's RUC", "1790016919001"],
])("%s is not an identity number", (_, text) => {
  expect(looksLikeIdentityNumber(text)).toBe(false);
});

test("of ten numbers that differ in the last digit exactly one is valid", () => {
  expect(Array.from({ length: 10 }, (_, digit) => isCedula(`171003406${digit}`)).filter(Boolean)).toHaveLength(1);
});
