// What only the log in PostgreSQL has to prove: no reader passes a gap that fills later, and no writers deadlock.
import { TOPICS } from "@ruta/events";
import { openDb, sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeBed, record, textOf } from "../contract/bed.ts";
import type { Bed } from "../contract/bed.ts";
import { partitionOf } from "../partition.ts";
import { testLogs } from "../testing.ts";
import { logSchema } from "./driver.ts";

const driver = testLogs().find(({ name }) => name === "postgres")!;
const PARTITIONS = 4;
const keyOf = Array.from({ length: PARTITIONS }, (_, partition) => {
  for (let n = 0; ; n += 1) if (partitionOf(`k${n}`, PARTITIONS) === partition) return `k${n}`;
});

describe.skipIf(!driver.available)("the log in PostgreSQL", () => {
  let bed: Bed;
  let db: Db;
  beforeEach(async () => {
    bed = await makeBed(driver, PARTITIONS);
    db = openDb({ url: driver.config(bed.prefix).databaseUrl, name: "test" });
  });
  afterEach(async () => {
    await db.close();
    await bed.close();
  });
  const schema = () => logSchema(bed.prefix);

  test("a record written by a transaction that is not committed keeps later ones of its partition back", async () => {
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
    const { promise: isWritten, resolve: written } = Promise.withResolvers<void>();
    const [topic] = await db.query<{ id: number }>(
      sql`SELECT id FROM ${sql.id(schema(), "topic")} WHERE name = ${`${bed.prefix}${TOPICS.commands}`}`,
    );
    const slow = db.tx(async (tx) => {
      await tx.query(sql`SELECT * FROM ${sql.id(schema(), "append")}(${[topic!.id]}::integer[], '{0}', '{slow}', '{4}',
        ${Buffer.from("slow")}::bytea, '{"{}"}')`);
      written();
      await mayCommit;
    });
    await isWritten;
    let appended = false;
    const fast = bed.log.append([record(keyOf[0]!, "fast")]).then(() => {
      appended = true;
    });
    const [free] = await (await bed.another()).append([record(keyOf[1]!, "free")]); // another partition is not held up
    expect(free?.partition).toBe(1);
    expect(appended).toBe(false);
    expect(await bed.log.read(TOPICS.commands, 0, 0n)).toEqual([]);
    commit();
    await Promise.all([slow, fast]);
    expect((await bed.log.read(TOPICS.commands, 0, 0n)).map(textOf)).toEqual(["slow", "fast"]);
  });

  test("writers of many partitions in any order never deadlock, and readers that race them see every record once", async () => {
    const logs = [bed.log, await bed.another(), await bed.another(), await bed.another()];
    const batch = fc.array(fc.nat(PARTITIONS - 1), { minLength: 1, maxLength: 12 });
    const batches = fc.sample(batch, { numRuns: 400, seed: 7 });
    const seen = Array.from({ length: PARTITIONS }, () => [] as string[]);
    let writing = true;
    const readers = seen.map(async (texts, partition) => {
      for (let next = 0n; ;) {
        const last = !writing; // one more look after the last write
        const records = await bed.log.read(TOPICS.commands, partition, next, { maxWaitMs: 20 });
        for (const { offset, time, ...one } of records) {
          expect(offset).toBe(next);
          next = offset + 1n;
          texts.push(textOf(one));
          expect(time).toBeGreaterThan(0);
        }
        if (last && records.length === 0) return;
      }
    });
    await Promise.all(
      logs.map(async (log, w) => {
        for (const [n, partitions] of batches.entries()) {
          if (n % logs.length !== w) continue;
          await log.append(partitions.map((partition, i) => record(keyOf[partition]!, `${n}.${i}`)));
        }
      }),
    );
    writing = false;
    await Promise.all(readers);
    for (const [partition, texts] of seen.entries()) {
      const wanted = batches.flatMap((of, n) => of.flatMap((p, i) => (p === partition ? [`${n}.${i}`] : [])));
      expect(texts.toSorted()).toEqual(wanted.toSorted());
    }
  });

  test("the time of records never falls inside a partition", async () => {
    const logs = [bed.log, await bed.another()];
    await Promise.all(
      logs.map(async (log) => {
        for (let n = 0; n < 50; n += 1) await log.append(keyOf.map((key) => record(key, `${n}`)));
      }),
    );
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const times = (await bed.log.read(TOPICS.commands, partition, 0n)).map(({ time }) => time);
      expect(times).toHaveLength(100);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  test("one caller's bytes that the database refuses do not refuse those that were gathered with it", async () => {
    const results = await Promise.allSettled([
      bed.log.append([record("first", "x")]), // in flight alone, so that the next three go together
      bed.log.append([record("good", "x")]),
      bed.log.append([record("nul\0", "x")]),
      bed.log.append([record("better", "x")]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  });
});
