// When a request is made again: only where that may help, never before the hub asked, and never for ever faster.
import { expect, test } from "vitest";
import { isWorthRepeating, retryAfterMs, waitMs } from "./patience.ts";

test.each([
  [{ status: 0 }, true],
  [{ status: 429 }, true],
  [{ status: 500 }, true],
  [{ status: 503, code: "log-unavailable" }, true],
  [{ status: 409, code: "still-running" }, true],
  [{ status: 409, code: "number-reused" }, false],
  [{ status: 409 }, false],
  [{ status: 202 }, false],
  [{ status: 400, code: "missing-field" }, false],
  [{ status: 401, code: "invalid-signature" }, false],
  [{ status: 422, code: "webhook-id-reused" }, false],
])("%j is worth repeating: %s", (answered, expected) => {
  expect(isWorthRepeating(answered)).toBe(expected);
});

test("Retry-After is seconds or a date, and anything else asks for nothing", () => {
  const now = Date.parse("2026-11-25T10:00:00Z");
  expect(retryAfterMs("2", now)).toBe(2_000);
  expect(retryAfterMs("Wed, 25 Nov 2026 10:00:05 GMT", now)).toBe(5_000);
  for (const nothing of [undefined, null, "", "soon", "-3", "Wed, 25 Nov 2026 09:00:00 GMT"])
    expect(retryAfterMs(nothing, now)).toBe(0);
});

test("waits double to their limit, jitter only adds, and the hub's own wish is never undercut", () => {
  const waits = [1, 2, 3, 4].map((attempt) => waitMs(attempt, 0, 30_000, 0));
  expect(waits).toEqual([250, 500, 1_000, 2_000]);
  expect(waitMs(1_000, 0, 30_000, 0)).toBe(30_000);
  expect(waitMs(1, 0, 30_000, 1)).toBe(300);
  expect(waitMs(1, 4_000, 30_000, 1)).toBe(4_000);
  expect(waitMs(1, 90_000, 30_000, 0)).toBe(90_000);
});
