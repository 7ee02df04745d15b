// Holds what one transaction does with a batch: order behind a parked record, offsets, the limit of parkings.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TOPICS } from "@ruta/events";
import { plan } from "./batch.ts";
import type { Held, Item } from "./batch.ts";

const held = (partition = 0, next = 0n): Held => ({
  topic: TOPICS.commands,
  partition,
  next,
  parkedKeys: new Set(),
  stopped: undefined,
});
const item = (of: Held, offset: number, key: string, bad = false): Item<number> => ({
  record: {
    topic: of.topic,
    partition: of.partition,
    offset: BigInt(offset),
    time: 0,
    key,
    value: new Uint8Array(),
    headers: {},
  },
  held: of,
  outcome: bad ? { reason: "threw", error: "Error", attempts: 3 } : { message: offset },
});

describe("the plan of a batch", () => {
  test("handles sound records and moves each partition behind its last", () => {
    const [a, b] = [held(0, 3n), held(1, 7n)];
    const planned = plan([item(a, 3, "x"), item(b, 9, "y"), item(a, 5, "x")], () => 5);
    expect(planned.handle.map(({ message }) => message)).toEqual([3, 9, 5]);
    expect([...planned.steps.values()]).toEqual([
      { topic: a.topic, partition: 0, expected: 3n, next: 6n },
      { topic: b.topic, partition: 1, expected: 7n, next: 10n },
    ]);
  });

  test("lets later records of a parked key wait, and those of other keys pass", () => {
    const a = held();
    const planned = plan([item(a, 0, "x", true), item(a, 1, "y"), item(a, 2, "x"), item(a, 3, "x", true)], () => 5);
    expect(planned.handle.map(({ message }) => message)).toEqual([1]);
    expect(planned.park.map(({ record, reason }) => [record.offset, reason])).toEqual([
      [0n, "threw"],
      [2n, "waiting"],
      [3n, "waiting"],
    ]);
    expect([...planned.parkedKeys.get(a)!]).toEqual(["x"]);
  });

  test("lets records of a key that was parked before wait without counting them", () => {
    const a = held();
    a.parkedKeys.add("x");
    const planned = plan([item(a, 0, "x"), item(a, 1, "x", true)], () => 0);
    expect(planned.park.map(({ reason }) => reason)).toEqual(["waiting", "waiting"]);
    expect(planned.exceeded.size).toBe(0);
  });

  test("ends a partition before the record that is one too many, and leaves the others alone", () => {
    const [a, b] = [held(0), held(1)];
    const bad = Array.from({ length: 7 }, (_, n) => item(a, n, `k${n}`, true));
    const planned = plan([...bad, item(a, 7, "fine"), item(b, 0, "fine")], () => 5);
    expect(planned.park).toHaveLength(5);
    expect(planned.exceeded).toEqual(new Set([a]));
    expect(planned.steps.get(a)?.next).toBe(5n);
    expect(planned.steps.get(b)?.next).toBe(1n);
    expect(planned.handle).toHaveLength(1);
  });

  test("never handles a record behind an earlier parked one of its key, and loses none, whatever comes", () => {
    const any = fc.array(fc.record({ partition: fc.nat(2), key: fc.constantFrom("a", "b", "c"), bad: fc.boolean() }));
    fc.assert(
      fc.property(any, (records) => {
        const partitions = [held(0), held(1), held(2)];
        const planned = plan(
          records.map(({ partition, key, bad }, n) => item(partitions[partition]!, n, key, bad)),
          () => 1_000,
        );
        expect(planned.handle.length + planned.park.length).toBe(records.length);
        for (const { record } of planned.handle) {
          const before = planned.park.filter(
            (p) =>
              p.record.partition === record.partition && p.record.key === record.key && p.record.offset < record.offset,
          );
          expect(before).toEqual([]);
        }
      }),
    );
  });
});
