// Pages, query strings and ages as the lists of the command show them.
import { expect, test } from "vitest";
import { age, more, withQuery } from "./paging.ts";

test.each([
  [0, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [3_599_999, "59 min"],
  [26 * 3_600_000, "1 d"],
  [-5000, "0 s"],
])("%i ms ago is %s", (ms, text) => {
  const since = Date.parse("2026-11-23T15:00:00.000Z");
  expect(age(new Date(since).toISOString(), since + ms)).toBe(text);
});

test("a query holds what is there, and nothing of what is not", () => {
  expect(withQuery("/a", {})).toBe("/a");
  expect(withQuery("/a", { kind: undefined, after: "1.x&y" })).toBe("/a?after=1.x%26y");
});

test("the last page leads nowhere", () => {
  expect(more(undefined)).toBe("");
  expect(more("5.a")).toBe("\nmore: --after 5.a");
});
