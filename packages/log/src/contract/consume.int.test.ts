// The contract of consuming, one list of sentences on each driver: groups, fences, parked records, loss.
import { sql } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { unknownKind } from "../engine/consumer.ts";
import { TryAgain } from "../errors.ts";
import { partitionOf } from "../partition.ts";
import { testLogs } from "../testing.ts";
import { counting, effects, makeBed, readAll, record, SOON, textOf } from "./bed.ts";
import type { Bed } from "./bed.ts";

const PARTITIONS = 4;
const GROUP = "contract.count";
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

for (const driver of testLogs()) {
  describe.skipIf(!driver.available)(`consuming on ${driver.name}`, () => {
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

    test("decides each record once, in order inside its partition, and appends what the handler answers", async () => {
      const engine = await bed.engine();
      const keys = numbers(12).map((n) => `case-${n}`);
      await bed.log.append(keys.flatMap((key) => [record(key, "1"), record(key, "2")]));
      await engine.consume(options("a"));
      await bed.log.append(keys.map((key) => record(key, "3")));
      await vi.waitFor(async () => expect(await effects(bed.db)).toHaveLength(36), SOON);
      const done = await effects(bed.db);
      for (const key of keys)
        expect(done.filter((one) => one.key === key).map(({ text }) => text)).toEqual(["1", "2", "3"]);
      await vi.waitFor(async () => expect(await readAll(bed.log, TOPICS.events)).toHaveLength(36), SOON);
      const events = await readAll(bed.log, TOPICS.events);
      for (const key of keys) {
        expect(events.filter((one) => one.key === key).map(textOf)).toEqual(["did 1", "did 2", "did 3"]);
      }
      expect(await engine.waitForEnd({ group: GROUP, topic: TOPICS.commands, withinMs: 5_000 })).toBe(true);
      expect((await engine.lag()).every(({ records, seconds }) => records === 0n && seconds === 0)).toBe(true);
      expect(engine.health()).toEqual({ ready: true, reasons: [] });
    });

    test("shares the partitions between two members, and hands them over when one leaves", async () => {
      const [one, two] = [await bed.engine(), await bed.engine({ log: await bed.another() })];
      const first = await one.consume(options("one"));
      await vi.waitFor(() => expect(first.partitions()).toHaveLength(PARTITIONS), SOON);
      const second = await two.consume(options("two"));
      await vi.waitFor(() => expect([first, second].map((c) => c.partitions().length)).toEqual([2, 2]), SOON);
      const keys = numbers(20).map((n) => `case-${n}`);
      await bed.log.append(keys.map((key) => record(key, "shared")));
      await vi.waitFor(async () => expect(await effects(bed.db)).toHaveLength(20), SOON);
      expect(new Set((await effects(bed.db)).map(({ by }) => by))).toEqual(new Set(["one", "two"]));
      await one.stop();
      await vi.waitFor(() => expect(second.partitions()).toHaveLength(PARTITIONS), SOON);
      await bed.log.append(keys.map((key) => record(key, "alone")));
      await vi.waitFor(async () => expect(await effects(bed.db)).toHaveLength(40), SOON);
      expect((await effects(bed.db)).filter(({ text, by }) => text === "alone" && by === "two")).toHaveLength(20);
    });

    test("drops its batch when another has moved the offset, and goes on from what SQL says", async () => {
      const key = "fenced";
      const partition = partitionOf(key, PARTITIONS);
      const engine = await bed.engine();
      await engine.consume(options("a"));
      await bed.log.append([record(key, "0")]);
      await vi.waitFor(async () => expect(await effects(bed.db)).toHaveLength(1), SOON);
      await bed.db.query(sql`UPDATE contract.consumer_offset SET next = next + 2 WHERE partition = ${partition}`);
      await bed.log.append(numbers(4).map((n) => record(key, `${n + 1}`)));
      await vi.waitFor(
        async () => expect((await effects(bed.db)).map(({ text }) => text)).toEqual(["0", "3", "4"]),
        SOON,
      );
    });

    test("tries again what passes by itself, as often as it takes, and parks nothing", async () => {
      const engine = await bed.engine();
      let tries = 0;
      await engine.consume({
        ...options("a"),
        handle: async (tx, batch) => {
          tries += 1;
          if (tries <= 4) throw new TryAgain("directory revision");
          return counting("a")(tx, batch);
        },
      });
      await bed.log.append([record("k", "1"), record("k", "2")]);
      await vi.waitFor(async () => expect(await effects(bed.db)).toHaveLength(2), SOON);
      expect(await engine.parked()).toEqual([]);
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

    test("stops and alarms when the log's start has passed what was not consumed", async () => {
      const key = "lost";
      const partition = partitionOf(key, PARTITIONS);
      const engine = await bed.engine();
      const consumer = await engine.consume(options("a"));
      await bed.log.append([record(key, "1")]);
      await vi.waitFor(async () => expect(await effects(bed.db)).toHaveLength(1), SOON);
      await consumer.stop();
      const [, third] = await bed.log.append([record(key, "2"), record(key, "3")]);
      await driver.truncate(bed.prefix, { topic: TOPICS.commands, partition }, third!.offset);
      const other = await bed.engine({ log: await bed.another() });
      await other.consume(options("b"));
      const reason = `${GROUP} ${TOPICS.commands}/${partition}: records lost before they were consumed`;
      await vi.waitFor(() => expect(other.health()).toEqual({ ready: false, reasons: [reason] }), SOON);
      await bed.log.append([record(key, "4"), ...numbers(9).map((n) => record(`x${n}`, "on"))]);
      await vi.waitFor(async () => {
        const on = numbers(9).filter((n) => partitionOf(`x${n}`, PARTITIONS) !== partition);
        expect((await effects(bed.db)).filter(({ text }) => text === "on")).toHaveLength(on.length);
      }, SOON);
      expect((await effects(bed.db)).filter((one) => one.key === key).map(({ text }) => text)).toEqual(["1"]);
    });

    test("a new holder relays what the former left unsent before it decides", async () => {
      const key = "left";
      const partition = partitionOf(key, PARTITIONS);
      const first = await bed.engine({ instance: "former" });
      const consumer = await first.consume(options("former"));
      await bed.log.append([record(key, "1")]);
      await vi.waitFor(async () => expect(await readAll(bed.log, TOPICS.events)).toHaveLength(1), SOON);
      await consumer.stop();
      // As a former holder leaves it that was killed after its commit, while its heartbeat is still young.
      await bed.db.query(
        sql`INSERT INTO contract.engine_instance VALUES ('killed', clock_timestamp() + interval '1 hour')`,
      );
      await bed.db
        .query(sql`INSERT INTO contract.outbox (owner, grp, source_topic, source_partition, topic, key, value, headers)
        VALUES ('killed', ${GROUP}, ${TOPICS.commands}, ${partition}, ${TOPICS.events}, ${key}, ${Buffer.from("left")}, '{}')`);
      await bed.log.append([record(key, "2")]);
      const second = await bed.engine({ log: await bed.another() });
      await second.consume(options("second"));
      await vi.waitFor(async () => {
        const events = (await readAll(bed.log, TOPICS.events)).filter((one) => one.key === key);
        expect(events.map(textOf)).toEqual(["did 1", "left", "did 2"]);
      }, SOON);
    });

    test("takes over what a process that ended left unsent, whatever door it came by", async () => {
      const engine = await bed.engine();
      await bed.db.query(sql`INSERT INTO contract.outbox (owner, topic, key, value, headers)
        VALUES ('ended', ${TOPICS.events}, 'k', ${Buffer.from("orphan")}, '{}')`);
      await vi.waitFor(
        async () => expect((await readAll(bed.log, TOPICS.events)).map(textOf)).toEqual(["orphan"]),
        SOON,
      );
      expect(engine.health().ready).toBe(true);
    });

    test("transact answers when the log has its records, and appends nothing when it throws", async () => {
      const engine = await bed.engine();
      const result = await engine.transact(
        async (tx) => {
          await tx.query(sql`INSERT INTO effect (key, text, by) VALUES ('k', 't', 'transact')`);
          return { result: 7, records: [record("k", "1", TOPICS.events), record("k", "2", TOPICS.events)] };
        },
        { waitForLog: true },
      );
      expect(result).toBe(7);
      expect((await readAll(bed.log, TOPICS.events)).map(textOf)).toEqual(["1", "2"]);
      await expect(engine.transact(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
      const large = { ...record("k", ""), value: new Uint8Array(60_001) };
      await expect(engine.transact(async () => ({ result: 0, records: [large] }))).rejects.toThrow("60001 bytes");
      expect(await readAll(bed.log, TOPICS.events)).toHaveLength(2);
      expect(await bed.db.query(sql`SELECT 1 FROM contract.outbox`)).toEqual([]);
    });

    test("many transactions at once share the outbox, and each waits for its own records only", async () => {
      const engine = await bed.engine();
      await Promise.all(
        numbers(100).map((n) =>
          engine.transact(async () => ({ result: n, records: [record(`k${n}`, `${n}`, TOPICS.events)] }), {
            waitForLog: true,
          }),
        ),
      );
      expect((await readAll(bed.log, TOPICS.events)).map(textOf).toSorted()).toEqual(
        numbers(100).map(String).toSorted(),
      );
    });
  });
}
