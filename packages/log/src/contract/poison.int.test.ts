// The contract of poison, one list of sentences on each driver: it steps aside by case, waits in order, and comes back.
import { sql } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { unknownKind } from "../engine/consumer.ts";
import { partitionOf } from "../partition.ts";
import { testLogs } from "../testing.ts";
import { counting, effects, makeBed, readAll, record, SOON, textOf } from "./bed.ts";
import type { Bed } from "./bed.ts";
import type { ParkedRecord } from "../engine/aside.ts";
import type { Engine } from "../engine/engine.ts";

const PARTITIONS = 4;
const GROUP = "contract.poison";
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

for (const driver of testLogs()) {
  describe.skipIf(!driver.available)(`poison on ${driver.name}`, () => {
    let bed: Bed;
    beforeEach(async () => {
      bed = await makeBed(driver, PARTITIONS);
    });
    afterEach(() => bed.close());

    const options = (by: string) => ({
      group: GROUP,
      topics: [TOPICS.commands],
      decode: textOf,
      handle: counting(by),
    });

    test("parks a record that throws, lets its case wait in order, and lets the others pass", async () => {
      const engine = await bed.engine();
      let healed = false;
      const seen = vi.fn<(text: string) => void>();
      await engine.consume({
        ...options("a"),
        handle: async (tx, batch) => {
          for (const { message } of batch) {
            if (message === "bad" && !healed) {
              seen(message);
              throw new RangeError("María Quispe, 0102030405");
            }
          }
          return counting("a")(tx, batch);
        },
      });
      const sick = "case-sick";
      await bed.log.append([
        record("case-well", "1"),
        record(sick, "good"),
        record(sick, "bad"),
        record(sick, "after"),
        record("case-well", "2"),
      ]);
      await bed.log.append([record(sick, "later"), record("case-well", "3")]);
      await vi.waitFor(async () => expect(await effects(bed.db)).toHaveLength(4), SOON);
      await vi.waitFor(async () => expect(await engine.parked()).toHaveLength(3), SOON);
      expect((await effects(bed.db)).map(({ text }) => text).toSorted()).toEqual(["1", "2", "3", "good"]);
      const parked = await engine.parked();
      expect(parked.map(({ reason }) => reason)).toEqual(["threw", "waiting", "waiting"]);
      expect(parked[0]).toMatchObject({ group: GROUP, key: sick, attempts: 3 });
      expect(parked[0]?.error).toMatch(/^RangeError at [\w.-]+\.ts:\d+$/); // never the message: it may hold content
      expect(engine.health().ready).toBe(true);

      expect(await engine.release(TOPICS.commands, sick)).toBe(3); // too early: it throws again and stays in front
      await vi.waitFor(
        async () => expect((await engine.parked())[0]).toMatchObject({ attempts: 4, release: false }),
        SOON,
      );
      healed = true;
      expect(await engine.release(TOPICS.commands, sick)).toBe(3);
      await vi.waitFor(async () => expect(await engine.parked()).toEqual([]), SOON);
      const case1 = async () => (await effects(bed.db)).filter(({ key }) => key === sick).map(({ text }) => text);
      expect(await case1()).toEqual(["good", "bad", "after", "later"]);
      await bed.log.append([record(sick, "free")]);
      await vi.waitFor(async () => expect((await case1()).at(-1)).toBe("free"), SOON);
      await vi.waitFor(async () => {
        const events = (await readAll(bed.log, TOPICS.events)).filter(({ key }) => key === sick);
        expect(events.map(textOf)).toEqual(["did good", "did bad", "did after", "did later", "did free"]);
      }, SOON);
    });

    test("parks what cannot be read at all", async () => {
      const engine = await bed.engine();
      await engine.consume({
        ...options("a"),
        decode: (one) => {
          if (textOf(one) === "garbage") throw new SyntaxError("unexpected María");
          return textOf(one);
        },
      });
      await bed.log.append([record("a", "garbage"), record("b", "fine")]);
      await vi.waitFor(async () => expect(await effects(bed.db)).toHaveLength(1), SOON);
      await vi.waitFor(
        async () => expect(await engine.parked()).toMatchObject([{ key: "a", reason: "undecodable" }]),
        SOON,
      );
    });

    test("parks a record whose answer is too large for the log, and never blocks the outbox with it", async () => {
      const engine = await bed.engine();
      await engine.consume({
        ...options("a"),
        handle: async (tx, batch) => {
          if (batch.some(({ message }) => message === "huge")) {
            return [{ ...record("huge", "", TOPICS.events), value: new Uint8Array(60_001) }];
          }
          return counting("a")(tx, batch);
        },
      });
      await bed.log.append([record("a", "huge"), record("b", "fine")]);
      await vi.waitFor(async () => expect((await engine.parked())[0]?.error).toContain("RecordTooLarge"), SOON);
      await vi.waitFor(async () => expect(await readAll(bed.log, TOPICS.events)).toHaveLength(1), SOON);
    });

    test("stops the partition at the sixth parking within a minute, and the others go on", async () => {
      const engine = await bed.engine();
      const keys = numbers(200).map((n) => `case-${n}`);
      const sick = keys.filter((key) => partitionOf(key, PARTITIONS) === 0).slice(0, 9);
      const well = keys.find((key) => partitionOf(key, PARTITIONS) === 1)!;
      await engine.consume({
        ...options("a"),
        handle: async (tx, batch) => {
          if (batch.some(({ message }) => message === "bad")) throw new Error("bad");
          return counting("a")(tx, batch);
        },
      });
      await bed.log.append([...sick.map((key) => record(key, "bad")), record(sick[0]!, "fine"), record(well, "fine")]);
      await vi.waitFor(() => expect(engine.health().ready).toBe(false), SOON);
      expect(engine.health().reasons).toEqual([`${GROUP} ${TOPICS.commands}/0: too many parked in a minute`]);
      expect(await engine.parked()).toHaveLength(5);
      await bed.log.append([record(well, "still")]);
      await vi.waitFor(
        async () => expect((await effects(bed.db)).map(({ text }) => text)).toEqual(["fine", "still"]),
        SOON,
      );
      const [stood] = await bed.db.query<{ next: bigint }>(
        sql`SELECT next FROM contract.consumer_offset WHERE partition = 0`,
      );
      expect(stood?.next).toBe(5n);
    });

    test("parks an unknown kind with its case, and a version that knows it releases it by itself", async () => {
      const old = await bed.engine();
      const consumer = await old.consume({
        ...options("old"),
        decode: (one) => (textOf(one).startsWith("new") ? unknownKind : textOf(one)),
      });
      await bed.log.append([record("k", "1"), record("k", "new 2"), record("k", "3"), record("other", "4")]);
      await vi.waitFor(
        async () => expect((await old.parked()).map(({ reason }) => reason)).toEqual(["unknown-kind", "waiting"]),
        SOON,
      );
      await vi.waitFor(async () => expect(await effects(bed.db)).toHaveLength(2), SOON);
      await consumer.stop();
      const next = await bed.engine({ log: await bed.another() });
      await next.consume(options("next"));
      await vi.waitFor(async () => expect(await next.parked()).toEqual([]), SOON);
      const done = (await effects(bed.db)).filter(({ key }) => key === "k");
      expect(done.map(({ text }) => text)).toEqual(["1", "new 2", "3"]);
    });

    /** A case whose second record throws, parked with one that waits behind it. */
    async function sick(engine: Engine): Promise<ParkedRecord[]> {
      await engine.consume({
        ...options("a"),
        givenUp: async (tx, { key, value }) => {
          await tx.query(
            sql`INSERT INTO effect (key, text, by) VALUES (${key}, ${`gave up ${textOf({ value })}`}, 'a')`,
          );
        },
        handle: async (tx, batch) => {
          if (batch.some(({ message }) => message === "bad")) throw new Error("bad");
          return counting("a")(tx, batch);
        },
      });
      await bed.log.append([record("k", "1"), record("k", "bad"), record("k", "3"), record("other", "4")]);
      await vi.waitFor(async () => expect(await engine.parked()).toHaveLength(2), SOON);
      return engine.parked();
    }
    const give = (engine: Engine, id: ParkedRecord, expected = "") =>
      engine.transact(async (tx) => ({ result: await engine.aside.giveUp(tx, id, expected, "two"), records: [] }));
    const texts = async () => (await effects(bed.db)).filter(({ key }) => key === "k").map(({ text }) => text);

    test("leaves out a record that was given up, keeps it readable, and goes on with its case in order", async () => {
      const engine = await bed.engine();
      const [bad] = await sick(engine);
      expect(bad).toMatchObject({ state: "parked", first: true, note: "" });
      expect(await give(engine, bad!)).toBe(true);
      await vi.waitFor(async () => expect(await engine.parked()).toEqual([]), SOON);
      expect(await texts()).toEqual(["1", "gave up bad", "3"]);
      expect(await engine.parked({ setAside: true })).toMatchObject([
        { state: "set-aside", key: "k", offset: bad!.offset, note: "two", reason: "threw" },
      ]);
      const kept = await engine.aside.get(bad!);
      expect(textOf(kept!.record)).toBe("bad");
      expect(kept!.record.headers).toEqual({ ce_id: "k/bad" });
      await bed.log.append([record("k", "5")]);
      await vi.waitFor(async () => expect((await texts()).at(-1)).toBe("5"), SOON);
      expect(await give(engine, bad!)).toBe(false);
    });

    test("gives up nothing but the first of a case, and only as it was noted", async () => {
      const engine = await bed.engine();
      const [bad, waiting] = await sick(engine);
      const note = (id: ParkedRecord, text: string) =>
        engine.transact(async (tx) => ({ result: await engine.aside.note(tx, id, text), records: [] }));
      expect(await note(waiting!, "one")).toBe(false);
      expect(await give(engine, waiting!)).toBe(false);
      expect(await note(bad!, "one")).toBe(true);
      expect(await give(engine, bad!, "another")).toBe(false);
      expect(await give(engine, { ...bad!, offset: 999n }, "one")).toBe(false);
      expect(await engine.parked({ reason: "threw" })).toMatchObject([{ note: "one", state: "parked" }]);
      expect(await give(engine, bad!, "one")).toBe(true);
      await vi.waitFor(async () => expect(await engine.parked()).toEqual([]), SOON);
    });

    test("parks the next of a case again when that is no better than the one given up", async () => {
      const engine = await bed.engine();
      await engine.consume({
        ...options("a"),
        handle: async (tx, batch) => {
          if (batch.some(({ message }) => message.startsWith("bad"))) throw new Error("bad");
          return counting("a")(tx, batch);
        },
      });
      await bed.log.append([record("k", "bad 1"), record("k", "bad 2"), record("k", "3")]);
      await vi.waitFor(async () => expect(await engine.parked()).toHaveLength(3), SOON);
      const [first] = await engine.parked();
      await give(engine, first!);
      await vi.waitFor(
        async () => expect((await engine.parked())[0]).toMatchObject({ first: true, reason: "threw", release: false }),
        SOON,
      );
      const [second] = await engine.parked();
      await give(engine, second!);
      await vi.waitFor(async () => expect(await texts()).toEqual(["3"]), SOON);
    });

    test("a record given up while nobody holds its partition is left out by the next holder, once", async () => {
      const engine = await bed.engine();
      const [bad] = await sick(engine);
      await engine.stop();
      const idle = await bed.engine({ log: await bed.another() });
      expect(await give(idle, bad!)).toBe(true);
      expect((await idle.parked())[0]).toMatchObject({ state: "giving-up" });
      await idle.consume(options("b"));
      await vi.waitFor(async () => expect(await texts()).toEqual(["1", "3"]), SOON);
      expect(await idle.parked({ setAside: true })).toHaveLength(1);
    });

    test("lists what is parked page by page, of a case, and for a reason", async () => {
      const engine = await bed.engine();
      const [bad, waiting] = await sick(engine);
      const [first] = await engine.parked({ limit: 1 });
      expect(first).toEqual(bad);
      expect(await engine.parked({ after: first, limit: 1 })).toEqual([waiting]);
      expect(await engine.parked({ after: waiting })).toEqual([]);
      expect(await engine.parked({ key: "other" })).toEqual([]);
      expect(await engine.parked({ reason: "waiting" })).toEqual([waiting]);
    });
  });
}
