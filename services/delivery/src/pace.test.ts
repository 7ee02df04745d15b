// The pace: no more than the rate in any second that follows the first, and nothing is spent by asking.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createPace } from "./pace.ts";

test("one second's worth at once, then as time gives", () => {
  const pace = createPace();
  expect(pace.room("house", 2, 0)).toBe(2);
  pace.spend("house");
  pace.spend("house");
  expect(pace.room("house", 2, 0)).toBe(0);
  expect(pace.room("house", 2, 499)).toBe(0);
  expect(pace.room("house", 2, 501)).toBe(1);
  expect(pace.room("house", 2, 60_000)).toBe(2);
});

test("over any time no more is sent than the rate and one second's worth", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer({ min: 0, max: 400 })), (rate, steps) => {
      const pace = createPace();
      let at = 0;
      let sent = 0;
      for (const step of steps) {
        at += step;
        for (let room = pace.room("house", rate, at); room > 0; room -= 1) {
          pace.spend("house");
          sent += 1;
        }
      }
      expect(sent).toBeLessThanOrEqual(rate + (at * rate) / 1000 + 1e-6);
    }),
  );
});

test("one endpoint's limit is not another's", () => {
  const pace = createPace();
  pace.room("house", 1, 0);
  pace.spend("house");
  pace.spend("other");
  expect(pace.room("other", 1, 0)).toBe(1);
});
