// Times as people give them.
import { expect, test } from "vitest";
import { timeOf } from "./times.ts";

const NOW = Date.parse("2026-11-23T15:00:00Z");

test.each([
  ["90s", "2026-11-23T14:58:30.000Z"],
  ["45m", "2026-11-23T14:15:00.000Z"],
  ["12h", "2026-11-23T03:00:00.000Z"],
  ["3d", "2026-11-20T15:00:00.000Z"],
  ["2026-11-20T10:00-05:00", "2026-11-20T15:00:00.000Z"],
  ["2026-11-20T10:00:30.5Z", "2026-11-20T10:00:30.500Z"],
])("%s is %s", (text, iso) => {
  expect(timeOf(text, "--since", NOW)).toBe(iso);
});

test.each(["", "yesterday", "3", "3w", "-3d", "2026-11-20", "2026-11-20T10:00", "2026-13-40T10:00Z", "9999999d"])(
  "%j is no time, and the remedy says what is",
  (text) => {
    expect(() => timeOf(text, "--since", NOW)).toThrow("--since is no time");
  },
);
