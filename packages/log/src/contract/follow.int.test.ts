// The contract of following a topic, and of waiting and health, on each driver.
import { TOPICS } from "@ruta/events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { follow } from "../follow.ts";
import { testLogs } from "../testing.ts";
import { counting, makeBed, record, SOON, textOf } from "./bed.ts";
import type { Bed } from "./bed.ts";

const GROUP = "contract.follow";

for (const driver of testLogs()) {
  describe.skipIf(!driver.available)(`following on ${driver.name}`, () => {
    let bed: Bed;
    beforeEach(async () => {
      bed = await makeBed(driver, 3);
    });
    afterEach(() => bed.close());

    test("begins with all that is there, and goes on with what comes, in order inside a partition", async () => {
      const records = (n: number) => Array.from({ length: 20 }, (_, i) => record(`k${i % 5}`, `${n}.${i}`));
      await bed.log.append(records(0));
      const seen: string[] = [];
      const following = await follow(bed.log, TOPICS.commands, (batch) => seen.push(...batch.map(textOf)));
      expect(seen).toHaveLength(20);
      await bed.log.append(records(1));
      await following.caughtUp();
      expect(seen).toHaveLength(40);
      const first = seen.filter((text) => Number(text.split(".")[1]) % 5 === 0);
      expect(first).toEqual([0, 1].flatMap((n) => [0, 5, 10, 15].map((i) => `${n}.${i}`)));
      expect(following.healthy()).toBe(true);
      await following.stop();
      await bed.log.append(records(2));
      await expect(following.caughtUp()).rejects.toThrow("followed no more");
      expect(seen).toHaveLength(40);
    });

    test("an empty topic is followed at once", async () => {
      const following = await follow(bed.log, TOPICS.commands, () => {});
      await expect(following.caughtUp()).resolves.toBeUndefined();
      expect(following.healthy()).toBe(true);
      await following.stop();
    });

    test("says so when a record cannot be taken in, instead of going on without it", async () => {
      const following = await follow(bed.log, TOPICS.commands, () => {
        throw new Error("cannot fold");
      });
      await bed.log.append([record("k", "1")]);
      await vi.waitFor(() => expect(following.healthy()).toBe(false), SOON);
      await expect(following.caughtUp()).rejects.toThrow("cannot fold");
    });

    test("waiting for a group ends when it has consumed what was there, by partition of a key if named", async () => {
      const engine = await bed.engine();
      const wait = { group: GROUP, topic: TOPICS.commands, withinMs: 100 };
      expect(await engine.waitForEnd(wait)).toBe(true); // nothing is there
      await bed.log.append([record("k1", "1")]);
      expect(await engine.waitForEnd(wait)).toBe(false); // nobody consumes
      expect(await engine.waitForEnd({ ...wait, key: "k2" })).toBe(true); // another partition, which is empty
      expect(await engine.waitForEnd({ ...wait, key: "k1" })).toBe(false);
      await engine.consume({ group: GROUP, topics: [TOPICS.commands], decode: textOf, handle: counting("a") });
      expect(await engine.waitForEnd({ ...wait, withinMs: 20_000 })).toBe(true);
    });

    test("lag says how many records and seconds a group is behind, though nobody consumes", async () => {
      const engine = await bed.engine();
      const options = { group: GROUP, topics: [TOPICS.commands], decode: textOf, handle: counting("a") };
      const consumer = await engine.consume(options);
      await vi.waitFor(async () => expect(await engine.lag()).toHaveLength(3), SOON);
      await consumer.stop();
      const [{ partition } = { partition: -1 }] = await bed.log.append([record("k", "1"), record("k", "2")]);
      await vi.waitFor(async () => {
        const lag = await engine.lag();
        expect(lag.find((one) => one.partition === partition)?.records).toBe(2n);
        expect(lag.find((one) => one.partition === partition)?.seconds).toBeGreaterThan(0.05);
      }, SOON);
      expect((await engine.lag()).filter(({ records }) => records > 0n)).toHaveLength(1);
    });

    test("a consumer that has lag and makes no progress for ten seconds is not ready", async () => {
      const engine = await bed.engine();
      const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
      await engine.consume({
        group: GROUP,
        topics: [TOPICS.commands],
        decode: textOf,
        handle: async () => {
          await held;
          return [];
        },
      });
      await bed.log.append([record("k", "1")]);
      await vi.waitFor(() => expect(engine.health().ready).toBe(false), SOON);
      expect(engine.health().reasons).toEqual([expect.stringMatching(/lag without progress for 10 s$/)]);
      letGo();
      await vi.waitFor(() => expect(engine.health()).toEqual({ ready: true, reasons: [] }), SOON);
    });
  });
}
