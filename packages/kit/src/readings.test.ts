// Gauges that are read when somebody scrapes: together, in time, and without taking the rest down.
import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

const gauges = { a_seconds: { help: "A" }, b_items: { help: "B", labels: ["kind"] } } as const;
const shown = async ({ registry }: ReturnType<typeof createMetrics>): Promise<string[]> =>
  (await registry.metrics()).split("\n").filter((line) => /^(a_seconds|b_items|ruta_metrics_failed)/.test(line));

test("those of one source are read once a scrape, and shared by whoever scrapes at that moment", async () => {
  const metrics = createMetrics();
  let reads = 0;
  metrics.readings({
    part: "store",
    gauges,
    read: async () => {
      reads += 1;
      return [
        { gauge: "a_seconds", value: 3 },
        { gauge: "b_items", value: 2, labels: { kind: "x" } },
      ];
    },
  });
  const [first, second] = await Promise.all([shown(metrics), shown(metrics)]);
  expect(reads).toBe(1);
  expect(first).toEqual(['ruta_metrics_failed{part="store"} 0', "a_seconds 3", 'b_items{kind="x"} 2']);
  expect(second).toEqual(first);
});

test("a source that fails, or is late, is left out and said to be; the others are shown", async () => {
  const metrics = createMetrics();
  metrics.readings({ part: "gone", gauges: { a_seconds: { help: "A" } }, read: () => Promise.reject(new Error("no")) });
  metrics.readings({
    part: "late",
    limitMs: 10,
    gauges: { c_seconds: { help: "C" } },
    read: () => new Promise<never>(() => {}),
  });
  metrics.readings({
    part: "well",
    gauges: { b_items: gauges.b_items },
    read: () => [{ gauge: "b_items", value: 1, labels: { kind: "y" } }],
  });
  expect((await shown(metrics)).toSorted()).toEqual([
    'b_items{kind="y"} 1',
    'ruta_metrics_failed{part="gone"} 1',
    'ruta_metrics_failed{part="late"} 1',
    'ruta_metrics_failed{part="well"} 0',
  ]);
});

test("a series that is read no more is gone, and a late source is not asked again while it still reads", async () => {
  const metrics = createMetrics();
  let reads = 0;
  let answer = (): void => {};
  metrics.readings({
    part: "slow",
    limitMs: 5,
    gauges: { a_seconds: gauges.a_seconds },
    read: async () => {
      reads += 1;
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return [{ gauge: "a_seconds", value: 7 }];
    },
  });
  await shown(metrics);
  expect(await shown(metrics)).toEqual(['ruta_metrics_failed{part="slow"} 1']);
  expect(reads).toBe(1);
  answer();
  await expect.poll(() => shown(metrics)).toEqual(['ruta_metrics_failed{part="slow"} 0', "a_seconds 7"]);
});
