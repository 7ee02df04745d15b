// The contract of the port, one list of sentences on each driver.
import { TOPICS } from "@ruta/events";
import type { TopicName } from "@ruta/events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordTooLarge, UnknownTopic } from "../errors.ts";
import { partitionOf } from "../partition.ts";
import type { Log } from "../port.ts";
import { testLogs } from "../testing.ts";
import { makeBed, readAll, record, specs, textOf } from "./bed.ts";
import type { Bed } from "./bed.ts";

const PARTITIONS = 4;

for (const driver of testLogs()) {
  describe.skipIf(!driver.available)(`the log on ${driver.name}`, () => {
    let bed: Bed;
    let log: Log;
    beforeAll(async () => {
      bed = await makeBed(driver, PARTITIONS);
      ({ log } = bed);
    });
    afterAll(() => bed.close());

    test("gives every record the partition of its key and an offset behind the last", async () => {
      const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`);
      const appended = await log.append(keys.map((key) => record(key, "x")));
      expect(appended.map(({ partition }) => partition)).toEqual(keys.map((key) => partitionOf(key, PARTITIONS)));
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const offsets = appended.filter((one) => one.partition === partition).map(({ offset }) => offset);
        expect(offsets).toEqual(offsets.toSorted((a, b) => Number(a - b)));
        expect(new Set(offsets).size).toBe(offsets.length);
      }
    });

    test("keeps the order inside a partition over many appends at once, and tells each caller its own offsets", async () => {
      const key = "in-order";
      const results = await Promise.all(
        Array.from({ length: 30 }, (_, n) => log.append([record(key, `${n}.0`), record(key, `${n}.1`)])),
      );
      const partition = partitionOf(key, PARTITIONS);
      const all = await readAll(log, TOPICS.commands);
      const mine = all.filter((one) => one.key === key);
      expect(mine.map(textOf).toSorted()).toEqual(
        Array.from({ length: 60 }, (_, n) => `${n >> 1}.${n & 1}`).toSorted(),
      );
      results.forEach(([first, second], n) => {
        expect(first).toMatchObject({ partition });
        expect(mine.find(({ offset }) => offset === first!.offset) && first!.offset < second!.offset).toBe(true);
        expect(textOf(mine.find(({ offset }) => offset === second!.offset)!)).toBe(`${n}.1`);
      });
    });

    test("keeps bytes, key and headers exactly", async () => {
      const value = Uint8Array.from({ length: 256 }, (_, n) => n);
      const headers = { empty: "", utf8: "niña Ñuñoa 🇪🇨 \u2028", quote: `"\\{},'`, traceparent: "00-ab-cd-01" };
      const [binary, empty] = await log.append([
        { topic: TOPICS.events, key: "clé/🔑", value, headers },
        { topic: TOPICS.events, key: "empty", value: new Uint8Array(), headers: {} },
      ]);
      const [got] = await log.read(TOPICS.events, binary!.partition, binary!.offset, { max: 1, maxWaitMs: 1_000 });
      expect(got).toMatchObject({ topic: TOPICS.events, key: "clé/🔑", offset: binary!.offset, headers });
      expect(Object.keys(got!.headers).toSorted()).toEqual(Object.keys(headers).toSorted());
      expect(Buffer.from(got!.value).equals(value)).toBe(true);
      const [none] = await log.read(TOPICS.events, empty!.partition, empty!.offset, { max: 1, maxWaitMs: 1_000 });
      expect(none?.value.byteLength).toBe(0);
      expect(none?.headers).toEqual({});
    });

    test("takes a record of 60,000 bytes and refuses a larger one with all of its append", async () => {
      const before = await log.offsets(TOPICS.commands);
      const large = (bytes: number) => ({ ...record("large", ""), value: new Uint8Array(bytes) });
      const refused = log.append([record("small", "x"), large(60_001)]);
      await expect(refused).rejects.toThrow(RecordTooLarge);
      await expect(refused).rejects.toMatchObject({ code: "record-too-large", topic: TOPICS.commands, bytes: 60_001 });
      expect(await log.offsets(TOPICS.commands)).toEqual(before);
      expect(await log.append([large(60_000)])).toHaveLength(1);
    });

    test("refuses a topic that does not exist, to writers and to readers, and writes nothing", async () => {
      const before = await log.offsets(TOPICS.commands);
      const nowhere = "ruta.nowhere.v1" as TopicName;
      await expect(log.append([record("k", "x"), record("k", "x", nowhere)])).rejects.toThrow(UnknownTopic);
      await expect(log.read(nowhere, 0, 0n)).rejects.toThrow(UnknownTopic);
      await expect(log.offsets(nowhere)).rejects.toMatchObject({ code: "unknown-topic", topic: nowhere });
      expect(await log.offsets(TOPICS.commands)).toEqual(before);
    });

    test("makes topics once, also when two make them at the same time", async () => {
      const other = await bed.another();
      const spec = [{ name: TOPICS.access, partitions: 3, retentionMs: -1 }];
      await Promise.all([log.createTopics(spec), other.createTopics(spec)]);
      await log.createTopics([...spec, ...specs(PARTITIONS)]);
      expect(await log.offsets(TOPICS.access)).toEqual(
        [0, 1, 2].map((partition) => ({ partition, start: 0n, end: 0n })),
      );
    });

    test("appends nothing for no records", async () => {
      expect(await log.append([])).toEqual([]);
    });

    test("answers nothing at the end, at most `max` before it, and wakes a reader that waits there", async () => {
      const key = "reader";
      const partition = partitionOf(key, PARTITIONS);
      const [first] = await log.append([1, 2, 3].map((n) => record(key, `${n}`, TOPICS.events)));
      const two = await log.read(TOPICS.events, partition, first!.offset, { max: 2, maxWaitMs: 1_000 });
      expect(two.map(textOf)).toEqual(["1", "2"]);
      const end = first!.offset + 3n;
      expect(await log.read(TOPICS.events, partition, end)).toEqual([]);
      const waiting = log.read(TOPICS.events, partition, end, { maxWaitMs: 10_000 });
      await (await bed.another()).append([record(key, "4", TOPICS.events)]);
      expect((await waiting).map(textOf)).toEqual(["4"]);
    });

    test("finds by time the first record at or after it, and the end when there is none", async () => {
      const key = "by-time";
      const partition = partitionOf(key, PARTITIONS);
      const at = async (time: number) =>
        (await log.offsetsAt(TOPICS.commands, time)).find((one) => one.partition === partition)?.offset;
      const written: { offset: bigint; time: number }[] = [];
      for (let n = 0; n < 3; n += 1) {
        const [{ offset } = { offset: -1n }] = await log.append([record(key, `${n}`)]);
        const [read] = await log.read(TOPICS.commands, partition, offset, { max: 1, maxWaitMs: 1_000 });
        written.push({ offset, time: read!.time });
        await expect.poll(() => Date.now()).toBeGreaterThan(read!.time + 1); // the next has a later time
      }
      for (const { offset, time } of written) expect(await at(time)).toBe(offset);
      expect(await at(written[1]!.time + 1)).toBe(written[2]!.offset);
      expect(await at(Date.now() + 60_000)).toBe(written[2]!.offset + 1n);
      expect(await at(0)).toBe(0n);
    });

    test("starts behind what was removed, for readers too", async () => {
      const key = "removed";
      const partition = partitionOf(key, PARTITIONS);
      const [, second] = await log.append([record(key, "a"), record(key, "b"), record(key, "c")]);
      await driver.truncate(bed.prefix, { topic: TOPICS.commands, partition }, second!.offset);
      expect((await log.offsets(TOPICS.commands))[partition]?.start).toBe(second!.offset);
      const [first] = await log.read(TOPICS.commands, partition, 0n, { max: 1, maxWaitMs: 1_000 });
      expect(first?.offset).toBe(second!.offset);
    });

    test("says that it answers", async () => {
      expect(await log.healthy()).toBe(true);
    });
  });
}
