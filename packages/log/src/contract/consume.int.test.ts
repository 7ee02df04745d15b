// The contract of consuming, one list of sentences on each driver: groups, fences, the outbox, loss.
import { sql } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { noteRestored } from "../engine/output.ts";
import type { OwnOutput } from "../engine/output.ts";
import { TryAgain, UnknownTopic } from "../errors.ts";
import { partitionOf } from "../partition.ts";
import type { Log } from "../port.ts";
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

    test("says for which keys others have committed what the log does not have yet, until it has it", async () => {
      let cut = true;
      const append: Log["append"] = (records) => (cut ? Promise.reject(new Error("cut")) : bed.log.append(records));
      const behind = await bed.engine({ log: { ...bed.log, append } });
      const other = await bed.engine({ log: await bed.another() });
      const unsent = (engine: typeof other) => bed.db.tx((tx) => engine.unsent(tx, TOPICS.events));
      await behind.transact(async () => ({
        result: undefined,
        records: [record("a", "1", TOPICS.events), record("b", "1", TOPICS.commands)],
      }));
      expect(await unsent(other)).toEqual(new Set(["a"]));
      expect(await unsent(behind)).toEqual(new Set());
      cut = false;
      await vi.waitFor(async () => expect(await unsent(other)).toEqual(new Set()), SOON);
      expect((await readAll(bed.log, TOPICS.events)).map(textOf)).toEqual(["1"]);
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

    test("sends a driver back that has jumped over records, and decides nothing behind the jump before", async () => {
      let jumps = 0;
      const log: Log = {
        ...bed.log,
        join: (group, topics, member) =>
          bed.log.join(group, topics, {
            ...member,
            records: (batch) => member.records(jumps++ === 0 ? batch.slice(1) : batch),
          }),
      };
      await bed.log.append(["1", "2", "3"].map((text) => record("k", text)));
      const engine = await bed.engine({ log });
      await engine.consume(options("a"));
      await vi.waitFor(
        async () => expect((await effects(bed.db)).map(({ text }) => text)).toEqual(["1", "2", "3"]),
        SOON,
      );
      expect(jumps).toBeGreaterThan(1);
    });

    test("drops what a driver hands over again", async () => {
      const log: Log = {
        ...bed.log,
        join: (group, topics, member) =>
          bed.log.join(group, topics, {
            ...member,
            records: async (batch) => {
              await member.records(batch);
              await member.records(batch);
            },
          }),
      };
      await bed.log.append(["1", "2"].map((text) => record("k", text)));
      const engine = await bed.engine({ log });
      await engine.consume(options("a"));
      await vi.waitFor(async () => expect(await effects(bed.db)).toHaveLength(2), SOON);
      await bed.log.append(["3", "4"].map((text) => record("k", text)));
      await vi.waitFor(async () => expect((await effects(bed.db)).at(-1)?.text).toBe("4"), SOON);
      await engine.stop(); // after which the second of the last two is over
      expect((await effects(bed.db)).map(({ text }) => text)).toEqual(["1", "2", "3", "4"]);
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

    test("a log that ends before what is known of it stops the start, as one that was lost", async () => {
      const engine = await bed.engine();
      await engine.consume(options("a"));
      await bed.log.append(numbers(12).map((n) => record(`case-${n}`, "1")));
      await vi.waitFor(async () => expect(await effects(bed.db)).toHaveLength(12), SOON);
      await engine.stop();
      const emptied = await makeBed(driver, PARTITIONS);
      try {
        await emptied.log.append([record("case-1", "another")]);
        await expect(bed.engine({ log: emptied.log })).rejects.toMatchObject({ code: "log-behind" });
        const gone: Log["offsets"] = (topic) => Promise.reject(new UnknownTopic(topic));
        await expect(bed.engine({ log: { ...bed.log, offsets: gone } })).rejects.toThrow("the log ends at 0 in");
      } finally {
        await emptied.close();
      }
      await bed.engine();
    });

    test("what the log has of the own output is taken in once, before anything else, and nothing of it when all is known", async () => {
      const folded: string[] = [];
      let renewed = 0;
      const own: OwnOutput = {
        topics: [TOPICS.events],
        fold: async (_, records) => {
          folded.push(...records.map(textOf));
          return { unknown: records.filter(({ key }) => key === "unknown").length };
        },
        renew: async () => void (renewed += 1),
      };
      const engine = await bed.engine();
      expect(await engine.takeInOutput(own)).toBe(0);
      await engine.transact(async () => ({ result: 0, records: [record("k", "own", TOPICS.events)] }), {
        waitForLog: true,
      });
      await engine.stop();
      const again = await bed.engine();
      expect([await again.takeInOutput(own), folded, renewed]).toEqual([0, [], 0]);
      await bed.log.append(numbers(3).map((n) => record("unknown", `${n}`, TOPICS.events)));
      const [one, two] = [await bed.engine(), await bed.engine()];
      const taken = await Promise.all([one.takeInOutput(own), two.takeInOutput(own)]);
      expect(taken.toSorted()).toEqual([0, 3]);
      expect([folded.toSorted(), renewed]).toEqual([["0", "1", "2"], 1]);
      // A restore that brought everything back still has its numbers renewed, by one start.
      await bed.db.tx((tx) => noteRestored(tx, "contract", "2026-11-25T00:00:00Z"));
      const restored = await Promise.all([one.takeInOutput(own), two.takeInOutput(own)]);
      expect([restored, renewed]).toEqual([[0, 0], 2]);
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
      const inTheLog: string[][] = [];
      await second.consume({
        ...options("second"),
        handle: async (tx, batch) => {
          inTheLog.push((await readAll(bed.log, TOPICS.events)).map(textOf));
          return counting("second")(tx, batch);
        },
      });
      await vi.waitFor(async () => {
        const events = (await readAll(bed.log, TOPICS.events)).filter((one) => one.key === key);
        expect(events.map(textOf)).toEqual(["did 1", "left", "did 2"]);
      }, SOON);
      expect(inTheLog).toEqual([["did 1", "left"]]);
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
      await expect.poll(() => bed.db.query(sql`SELECT 1 FROM contract.outbox`), SOON).toEqual([]);
    });

    test("any process can wait until what another left in the outbox under a key is in the log", async () => {
      const held = Promise.withResolvers<void>();
      const append: Log["append"] = async (records) => {
        await held.promise;
        return bed.log.append(records);
      };
      const cut = await bed.engine({ log: { ...bed.log, append } });
      const other = await bed.engine();
      await cut.transact(async () => ({ result: undefined, records: [record("k", "1", TOPICS.events)] }));
      const relayed = (key: string, withinMs: number) => other.waitForRelay({ topic: TOPICS.events, key, withinMs });
      expect(await relayed("k", 50)).toBe(false);
      expect(await relayed("another", 0)).toBe(true);
      held.resolve();
      expect(await relayed("k", SOON.timeout)).toBe(true);
      expect((await readAll(bed.log, TOPICS.events)).map(textOf)).toEqual(["1"]);
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
