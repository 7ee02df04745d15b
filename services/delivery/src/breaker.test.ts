// The breaker over random stories of an endpoint: when it opens, how long it spares, and when an endpoint is given up.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Outcome } from "./backoff.ts";
import { after, closedBreaker, isUseless, signOf, signOfChallenge } from "./breaker.ts";
import type { Breaker, Seen, Sign } from "./breaker.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NOW = Date.parse("2026-11-23T10:00:00-05:00");
const NEVER = Number.POSITIVE_INFINITY;

type Step = { readonly sign: Sign; readonly waitMs: number; readonly probe: boolean; readonly capMs: number };

const anyStep = fc.record({
  sign: fc.constantFrom<Sign>("up", "down", "down", "down", "unclear"),
  waitMs: fc.integer({ min: 0, max: 2 * MINUTE }),
  probe: fc.boolean(),
  capMs: fc.constantFrom(MINUTE, 5 * MINUTE, NEVER),
});
const anyStory = fc.array(anyStep, { maxLength: 80 });

/** Every breaker of a story, each with what was seen just before. */
function* tell(story: readonly Step[], from = closedBreaker(NOW)): Generator<[Breaker, Seen, Breaker]> {
  let [before, at] = [from, NOW];
  for (const { waitMs, probe, ...step } of story) {
    at += waitMs;
    // A closed breaker lets everything through; only a challenge is a probe then, and that is a story of its own.
    const seen = { ...step, probe: probe && before.openedAt !== undefined, at };
    const next = after(before, seen);
    yield [before, seen, next];
    before = next;
  }
}
const steps = (sign: Sign, count: number, waitMs = SECOND): Step[] =>
  Array.from({ length: count }, () => ({ sign, waitMs, probe: true, capMs: NEVER }));
const end = (story: readonly Step[], from?: Breaker): Breaker =>
  [...tell(story, from)].at(-1)?.[2] ?? closedBreaker(NOW);
const failed = (failure: "connect" | "tls" | "timeout" | "status" | "stopped" | "signing", status = 0): Outcome => ({
  ok: false,
  failure,
  status,
});

test("ten failures in a row open it, nine do not, and one success begins the count anew", () => {
  expect(end(steps("down", 9, 6 * MINUTE)).openedAt).toBeUndefined();
  expect(end(steps("down", 10, 6 * MINUTE))).toMatchObject({ openedAt: NOW + HOUR, waitMs: 30 * SECOND });
  const broken = [...steps("down", 9, 6 * MINUTE), ...steps("up", 1), ...steps("down", 9, 6 * MINUTE)];
  expect(end(broken).openedAt).toBeUndefined();
});

test("seven of ten within five minutes open it; six do not, nor do seven over a longer time", () => {
  const mixed = (down: number, waitMs: number) => [
    ...steps("down", down - 1, waitMs),
    ...steps("up", 10 - down, waitMs),
    ...steps("down", 1, waitMs),
  ];
  expect(end(mixed(7, SECOND)).openedAt).toBeDefined();
  expect(end(mixed(6, SECOND)).openedAt).toBeUndefined();
  expect(end(mixed(7, MINUTE)).openedAt).toBeUndefined();
});

test("it opens only when ten have failed in a row or seven tenths of ten or more in the window", () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      let row = 0;
      for (const [before, { sign, at }, next] of tell(story)) {
        row = sign === "down" ? row + 1 : sign === "up" ? 0 : row;
        if (before.openedAt !== undefined || next.openedAt === undefined) continue;
        expect(sign).toBe("down");
        expect(next.openedAt).toBe(at);
        if (row >= 10) continue;
        expect(next.windowTotal).toBeGreaterThanOrEqual(10);
        expect(next.windowFailed / next.windowTotal).toBeGreaterThanOrEqual(0.7);
        expect(at - next.windowSince!).toBeLessThan(5 * MINUTE);
      }
    }),
  );
});

test("a success closes it whatever came before, and only a success does", () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      const told = [...tell(story)];
      for (const [, { at }, next] of told.filter(([, { sign }]) => sign === "up"))
        expect(next).toMatchObject({ openedAt: undefined, failures: 0, goodAt: at });
      for (const [before, , next] of told.filter(([was, { sign }]) => was.openedAt !== undefined && sign !== "up"))
        expect(next.openedAt).toBe(before.openedAt);
    }),
  );
});

test("each probe that fails doubles the wait, from half a minute to a quarter of an hour", () => {
  const waits = [...tell(steps("down", 20))].slice(9).map(([, { at }, { probeAt }]) => (probeAt - at) / SECOND);
  expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900, 900, 900, 900, 900]);
});

test("nobody in danger waits for a probe longer than the cap, and no wait is longer than a quarter of an hour", () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      for (const [, { at, capMs }, next] of tell(story)) {
        if (next.probedAt !== at || next.openedAt === undefined) continue;
        expect(next.probeAt - at).toBe(Math.min(next.waitMs, capMs));
        expect(next.waitMs).toBeGreaterThanOrEqual(30 * SECOND);
        expect(next.waitMs).toBeLessThanOrEqual(15 * MINUTE);
      }
    }),
  );
});

test("what began before it opened neither lengthens the wait nor moves the probe", () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      const late = [...tell(story)].filter(
        ([was, seen]) => was.openedAt !== undefined && seen.sign !== "up" && !seen.probe,
      );
      for (const [before, , { waitMs, probeAt }] of late)
        expect({ waitMs, probeAt }).toEqual({ waitMs: before.waitMs, probeAt: before.probeAt });
    }),
  );
});

test("what says nothing of the endpoint changes nothing, but that a probe is waited for again", () => {
  const open = end(steps("down", 12));
  const at = NOW + HOUR;
  expect(after(open, { sign: "unclear", probe: true, at, capMs: NEVER })).toEqual({
    ...open,
    probedAt: at,
    probeAt: at + open.waitMs,
  });
  const closed = end(steps("down", 5));
  expect(after(closed, { sign: "unclear", probe: false, at, capMs: NEVER })).toEqual(closed);
});

test("an endpoint that does not prove itself is asked again after five seconds, ten, twenty … a quarter of an hour", () => {
  const asked = { sign: "down" as const, probe: true, capMs: NEVER };
  let [breaker, at] = [closedBreaker(NOW), NOW];
  const waits = Array.from({ length: 10 }, () => {
    breaker = after(breaker, { ...asked, at });
    const wait = breaker.probeAt - at;
    at = breaker.probeAt;
    return wait / SECOND;
  });
  expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
});

test.each<[string, Outcome, Sign]>([
  ["taken", { ok: true, status: 200 }, "up"],
  ["refused as a message", failed("status", 422), "up"],
  ["down", failed("connect"), "down"],
  ["without a good certificate", failed("tls"), "down"],
  ["too slow", failed("timeout"), "down"],
  ["broken", failed("status", 500), "down"],
  ["overloaded, and saying until when", { ok: false, failure: "status", status: 503, retryAfterMs: MINUTE }, "unclear"],
  ["not authorised", failed("status", 401), "unclear"],
  ["ended by the hub", failed("stopped"), "unclear"],
])("what was %s says so of the endpoint", (_name, outcome, sign) => {
  expect(signOf(outcome)).toBe(sign);
});

test("whoever does not answer a challenge as asked has failed, unless the hub ended it", () => {
  const outcomes = [{ ok: true, status: 200 } as const, failed("status", 404), failed("stopped"), failed("signing")];
  expect(outcomes.map(signOfChallenge)).toEqual(["up", "down", "unclear", "unclear"]);
});

test("an endpoint is given up after 120 hours without a success, with ten failures twelve hours apart", () => {
  const spread = (count: number, waitMs: number) => end(steps("down", count, waitMs));
  expect(isUseless(spread(10, 12 * HOUR))).toBe(true);
  expect(isUseless(spread(9, 14 * HOUR))).toBe(false);
  expect(isUseless(spread(100, HOUR))).toBe(false);
  expect(isUseless(spread(121, HOUR))).toBe(true);
  // A quiet one: its only failures came together, long after its last success.
  const quiet = end([...steps("down", 1, 200 * HOUR), ...steps("down", 12, MINUTE)]);
  expect(isUseless(quiet)).toBe(false);
  expect(isUseless(end([...steps("down", 200, HOUR), ...steps("up", 1)]))).toBe(false);
});
