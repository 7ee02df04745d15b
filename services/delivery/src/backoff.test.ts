// Back-off: what follows one attempt, over every outcome, urgency and jitter.
import { Priority } from "@ruta/events";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SCHEDULE, TOTAL_MS, capMs, decide, isOutage, lateAt } from "./backoff.ts";
import type { Failure, Outcome, TryState } from "./backoff.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NOW = Date.parse("2026-11-23T10:00:00-05:00");

const first: TryState = { priority: Priority.NORMAL, step: 1, refusals: 0, since: NOW };
const failed = (failure: Failure, status = 0, retryAfterMs?: number): Outcome => ({
  ok: false,
  failure,
  status,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const down = failed("connect");

/** How long the next try waits after an outcome; undefined when there is none. */
function waitAfter(outcome: Outcome, state: Partial<TryState> = {}, jitter = 0): number | undefined {
  const verdict = decide(outcome, { ...first, ...state }, NOW, jitter);
  return verdict.kind === "retry" ? verdict.retryAt - NOW : undefined;
}

const anyFailure = fc.record({
  failure: fc.constantFrom<Failure>("connect", "tls", "timeout", "redirect", "status", "body", "signing"),
  status: fc.constantFrom(0, 301, 400, 404, 422, 429, 500, 503),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 40 * 24 * HOUR }), { nil: undefined }),
});
const anyState = fc.record({
  priority: fc.constantFrom(Priority.EMERGENCY, Priority.URGENT, Priority.NORMAL, 9 as Priority),
  step: fc.integer({ min: 1, max: 9 }),
  refusals: fc.integer({ min: 0, max: 1 }),
});
const anyJitter = fc.double({ min: 0, max: 1, noNaN: true });

test("the schedule is that of Standard Webhooks: ten tries over 75.6 hours", () => {
  expect(SCHEDULE).toHaveLength(10);
  expect(TOTAL_MS / HOUR).toBeCloseTo(75.58, 1);
});

test("each failed try waits the next step, and the tenth is the last", () => {
  const waits = SCHEDULE.map((_, tries) => waitAfter(down, { step: tries + 1 }));
  expect(waits).toEqual([...SCHEDULE.slice(1), undefined]);
  expect(decide(down, { ...first, step: 10 }, NOW, 0)).toEqual({ kind: "park", reason: "exhausted" });
});

test("a wait is never shorter than its step or what was asked for, never longer than a fifth more or the cap", () => {
  fc.assert(
    fc.property(anyFailure, anyState, anyJitter, ({ retryAfterMs, ...rest }, state, jitter) => {
      const outcome = failed(rest.failure, rest.status, retryAfterMs);
      const waited = waitAfter(outcome, state, jitter);
      expect(waited).toBeTypeOf("number");
      const cap = capMs(state.priority);
      const least = Math.max(SCHEDULE[state.step] ?? 0, Math.min(retryAfterMs ?? 0, 24 * HOUR));
      expect(waited).toBeGreaterThanOrEqual(Math.min(least, cap));
      // Added to a time since the epoch, a fraction of a millisecond is rounded.
      expect(waited).toBeLessThanOrEqual(Math.min(cap, Math.max(least, MINUTE) * 1.2 + 0.001));
    }),
  );
});

test.each([
  [Priority.EMERGENCY, MINUTE],
  [Priority.URGENT, 5 * MINUTE],
])("priority %i waits at most %i ms, whatever Retry-After and jitter say", (priority, cap) => {
  expect(waitAfter(failed("status", 503, 6 * HOUR), { priority, step: 7 }, 1)).toBe(cap);
});

test("what is urgent is tried for as long as the whole schedule, not for ten tries", () => {
  const state = { priority: Priority.EMERGENCY, step: 500 };
  expect(waitAfter(down, { ...state, since: NOW - 40 * HOUR })).toBe(MINUTE);
  const late = { ...first, ...state, since: NOW - 95 * HOUR };
  expect(decide(down, late, NOW, 0)).toEqual({ kind: "park", reason: "exhausted" });
});

test.each([400, 413, 415, 422])("%i is tried three times, then parked as rejected", (status) => {
  const refused = failed("status", status);
  expect(decide(refused, first, NOW, 0)).toMatchObject({ kind: "retry", refusals: 1 });
  expect(decide(refused, { ...first, step: 2, refusals: 1 }, NOW, 0)).toMatchObject({ kind: "retry", refusals: 2 });
  expect(decide(refused, { ...first, step: 3, refusals: 2 }, NOW, 0)).toEqual({ kind: "park", reason: "rejected" });
});

test.each([401, 403, 404, 429, 500, 503])("%i runs the whole schedule", (status) => {
  expect(decide(failed("status", status), { ...first, step: 9, refusals: 2 }, NOW, 0).kind).toBe("retry");
});

test("an address that stays refused is parked as such after three tries", () => {
  const blocked = failed("address-refused");
  expect(decide(blocked, { ...first, refusals: 2 }, NOW, 0)).toEqual({ kind: "park", reason: "blocked-address" });
});

test("410 parks at once, as what is for a disabled endpoint", () => {
  expect(decide(failed("status", 410), first, NOW, 0)).toEqual({ kind: "park", reason: "disabled" });
});

test.each([failed("timeout"), failed("status", 429)])("%o waits at least a minute", (outcome) => {
  expect(waitAfter(outcome)).toBe(MINUTE);
});

test("a try that the hub itself ended is made again at once", () => {
  expect(waitAfter(failed("stopped"), { step: 9 }, 1)).toBe(0);
});

test("a try pulled forward that fails goes back to when it was due", () => {
  expect(waitAfter(down, { step: 4, pulledFrom: NOW + HOUR }, 1)).toBe(HOUR);
  expect(waitAfter(failed("status", 503, 3 * HOUR), { step: 4, pulledFrom: NOW + HOUR })).toBe(3 * HOUR);
});

test("success ends it, whatever came before", () => {
  fc.assert(
    fc.property(anyState, anyJitter, (state, jitter) => {
      expect(decide({ ok: true, status: 204 }, { ...first, ...state }, NOW, jitter)).toEqual({ kind: "delivered" });
    }),
  );
});

test("late is a quarter of the window: of the recipient's own when it has one, else of the priority", () => {
  expect(lateAt(Priority.EMERGENCY, NOW, NOW + HOUR)).toBe(NOW + 15 * MINUTE);
  expect(lateAt(Priority.EMERGENCY, NOW)).toBe(NOW + 6 * HOUR);
  expect(lateAt(Priority.URGENT, NOW)).toBe(NOW + 18 * HOUR);
  expect(lateAt(9 as Priority, NOW)).toBe(NOW + 84 * HOUR);
  expect(lateAt(Priority.URGENT, NOW, NOW - HOUR)).toBe(NOW);
});

test("only what fails for want of the endpoint is an outage", () => {
  const outages = [down, failed("tls"), failed("timeout"), failed("status", 500)];
  const others = [
    failed("status", 400),
    failed("status", 429),
    failed("status", 503, MINUTE),
    failed("address-refused"),
  ];
  expect(outages.map(isOutage)).toEqual([true, true, true, true]);
  expect([...others, { ok: true, status: 200 } as const].map(isOutage)).toEqual([false, false, false, false, false]);
});
