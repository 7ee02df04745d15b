// The arithmetic of rate limits, whatever comes when.
import fc from "fast-check";
import { expect, test } from "vitest";
import { cell, createLocalLimiter } from "./rate.ts";

const rate = { perSecond: 10, burst: 3 };

test("a burst is allowed at once, then one each tenth of a second", async () => {
  let now = 0;
  const limiter = createLocalLimiter(rate, () => now);
  const taken = [];
  for (let n = 0; n < 5; n += 1) taken.push(await limiter.take("a"));
  expect(taken.map(({ allowed }) => allowed)).toEqual([true, true, true, false, false]);
  expect(taken[0]).toEqual({ allowed: true, remaining: 2, retryAfterMs: 0 });
  expect(taken[3]).toEqual({ allowed: false, remaining: 0, retryAfterMs: 100 });
  now += 100;
  expect((await limiter.take("a")).allowed).toBe(true);
  expect((await limiter.take("a")).allowed).toBe(false);
});

test("one name does not spend another's", async () => {
  const limiter = createLocalLimiter({ perSecond: 1, burst: 1 }, () => 0);
  expect((await limiter.take("a")).allowed).toBe(true);
  expect((await limiter.take("a")).allowed).toBe(false);
  expect((await limiter.take("b")).allowed).toBe(true);
});

test("in any window no more than its share and one burst is allowed, and waiting as told is always enough", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), (waits, perSecond, burst) => {
      let now = 0;
      let full = 0;
      let allowed = 0;
      let enough = true;
      for (const wait of waits) {
        now += wait;
        const verdict = cell(full, now, { perSecond, burst });
        const later = cell(full, now + verdict.retryAfterMs + 1e-6, { perSecond, burst });
        enough &&= later.allowed;
        full = verdict.full;
        if (verdict.allowed) allowed += 1;
      }
      expect(enough).toBe(true);
      expect(allowed).toBeLessThanOrEqual(burst + (now / 1000) * perSecond + 1e-6);
    }),
  );
});

test("names that are full again are forgotten when there are very many", async () => {
  let now = 0;
  const limiter = createLocalLimiter({ perSecond: 1_000, burst: 1 }, () => now);
  for (let n = 0; n < 20_000; n += 1) {
    now += 1;
    expect((await limiter.take(`name-${n}`)).allowed).toBe(true);
  }
});
