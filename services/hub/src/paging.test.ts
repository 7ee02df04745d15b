// Pages and query strings as the lists of the command show them.
import { expect, test } from "vitest";
import { more, withQuery } from "./paging.ts";

test("a query holds what is there, and nothing of what is not", () => {
  expect(withQuery("/a", {})).toBe("/a");
  expect(withQuery("/a", { kind: undefined, after: "1.x&y" })).toBe("/a?after=1.x%26y");
});

test("the last page leads nowhere", () => {
  expect(more(undefined)).toBe("");
  expect(more("5.a")).toBe("\nmore: --after 5.a");
});
