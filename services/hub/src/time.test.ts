// Ages as people read them.
import { expect, test } from "vitest";
import { ageOf } from "./time.ts";

const NOW = Date.UTC(2026, 10, 25, 12);

test.each([
  [0, "0 s"],
  [119, "119 s"],
  [120, "2 min"],
  [7_199, "119 min"],
  [7_200, "2 h"],
  [172_800, "2 d"],
  [-60, "0 s"],
])("%d seconds ago is %s", (seconds, expected) => {
  expect(ageOf(new Date(NOW - seconds * 1000).toISOString(), NOW)).toBe(expected);
});
