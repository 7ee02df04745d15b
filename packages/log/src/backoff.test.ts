// Holds the waits between repeats in their bounds.
import { describe, expect, test } from "vitest";
import { backoff } from "./backoff.ts";

describe("the wait before a repeat", () => {
  test("doubles from 100 ms and ends at 5 s", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 50, 10_000].map((attempt) => backoff(attempt, 0))).toEqual([
      100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000,
    ]);
  });

  test("is shortened by at most a quarter, so that many do not come back at once", () => {
    expect(backoff(7, 0.999)).toBeGreaterThanOrEqual(3_750);
  });
});
