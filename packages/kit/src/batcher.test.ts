// Batches: each caller gets its own answer, runs stay bounded, and a failing one fails nobody else.
import fc from "fast-check";
import { expect, test } from "vitest";
import { batcher } from "./batcher.ts";

test("each item gets the answer of its own, in batches of at most so many", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 7 }), async (count, maxItems) => {
      const sizes: number[] = [];
      const double = batcher<number, number>({
        maxItems,
        maxWaitMs: 0,
        run: async (items) => {
          sizes.push(items.length);
          return items.map((item) => item * 2);
        },
      });
      const items = Array.from({ length: count }, (_, i) => i);
      expect(await Promise.all(items.map(double))).toEqual(items.map((item) => item * 2));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(maxItems);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count);
    }),
    { numRuns: 30 },
  );
});

test("items gather while a run is under way, and no more runs go on than are allowed", async () => {
  let running = 0;
  let most = 0;
  const sizes: number[] = [];
  const gates: (() => void)[] = [];
  const add = batcher<number, number>({
    maxItems: 100,
    maxWaitMs: 0,
    concurrency: 2,
    run: async (items) => {
      running += 1;
      most = Math.max(most, running);
      sizes.push(items.length);
      await new Promise<void>((resolve) => void gates.push(resolve));
      running -= 1;
      return [...items];
    },
  });
  const first = add(1);
  await expect.poll(() => gates.length).toBe(1);
  const second = add(2);
  await expect.poll(() => gates.length).toBe(2);
  const others = [3, 4, 5].map(add);
  for (const open of gates.splice(0)) open();
  expect(await Promise.all([first, second])).toEqual([1, 2]);
  await expect.poll(() => gates.length).toBe(1);
  gates[0]?.();
  expect(await Promise.all(others)).toEqual([3, 4, 5]);
  expect([most, sizes]).toEqual([2, [1, 1, 3]]);
});

test("a run that fails, or answers too few, fails its own items alone", async () => {
  const run = batcher<string, string>({
    maxItems: 2,
    maxWaitMs: 0,
    run: async (items) => {
      if (items.includes("bad")) throw new Error("broken");
      return items.includes("short") ? [] : [...items];
    },
  });
  const answers = await Promise.allSettled(["bad", "with", "short", "too", "good", "also"].map(run));
  expect(answers.map(({ status }) => status)).toEqual([
    "rejected",
    "rejected",
    "rejected",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
});
