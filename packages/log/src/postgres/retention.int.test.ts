// Retention of the log in PostgreSQL: what is old and read goes, in parts; what a group has not read stays, however old.
import { openDb, sql, sweepAll } from "@ruta/db";
import type { Db } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SOON, makeBed, record, textOf } from "../contract/bed.ts";
import type { Bed } from "../contract/bed.ts";
import type { Engine } from "../engine/engine.ts";
import { testLogs } from "../testing.ts";
import { logSchema } from "./driver.ts";
import { retention } from "./retention.ts";

const driver = testLogs().find(({ name }) => name === "postgres")!;

describe.skipIf(!driver.available)("the log in PostgreSQL", () => {
  let bed: Bed;
  let db: Db;
  beforeEach(async () => {
    bed = await makeBed(driver, 1);
    db = openDb({ url: driver.config(bed.prefix).databaseUrl, name: "test" });
    await bed.log.createTopics([{ name: TOPICS.attempts, partitions: 1, retentionMs: 60_000 }]);
  });
  afterEach(async () => {
    await db.close();
    await bed.close();
  });
  const table = (name: string) => sql.id(logSchema(bed.prefix), name);
  const sweep = (): Promise<void> =>
    sweepAll({
      db,
      schema: logSchema(bed.prefix),
      sweeps: retention(logSchema(bed.prefix)),
      onError: (error) => {
        throw error;
      },
    });
  const append = (...texts: string[]) => bed.log.append(texts.map((text) => record("a", text, TOPICS.attempts)));
  const age = (below: number) =>
    db.query(sql`UPDATE ${table("record")} SET time = time - 120000 WHERE "offset" < ${below}`);
  const offsets = async () => (await bed.log.offsets(TOPICS.attempts))[0];
  const texts = async () => (await bed.log.read(TOPICS.attempts, 0, 0n)).map(textOf);

  /** An engine that consumes the topic as `group`, until it has done so with the last. */
  async function consume(group: string, last: string): Promise<Engine> {
    const engine = await bed.engine();
    const seen: string[] = [];
    await engine.consume<string>({
      group,
      topics: [TOPICS.attempts],
      decode: textOf,
      async handle(_, batch) {
        seen.push(...batch.map(({ message }) => message));
        return [];
      },
    });
    await vi.waitFor(() => expect(seen.at(-1)).toBe(last), SOON);
    return engine;
  }

  test("what is too old goes and nothing else, and what has no limit stays", async () => {
    await append("1", "2", "3");
    await bed.log.append([record("a", "kept")]);
    await sweep();
    expect(await offsets()).toMatchObject({ start: 0n, end: 3n });
    await age(2);
    await sweep();
    expect(await offsets()).toMatchObject({ start: 2n, end: 3n });
    expect(await texts()).toEqual(["3"]);
    expect((await bed.log.read(TOPICS.commands, 0, 0n)).map(textOf)).toEqual(["kept"]);
  });

  test("what a group has not read stays, however old and whether or not it has a member, and goes once it is read", async () => {
    await append("1", "2");
    const first = await consume("reader", "2");
    await first.stop();
    await append("3", "4");
    await age(4);
    await sweep();
    expect(await texts()).toEqual(["3", "4"]);
    const second = await consume("reader", "4");
    await vi.waitFor(async () => {
      await sweep();
      expect(await texts()).toEqual([]);
    }, SOON);
    expect(await offsets()).toMatchObject({ start: 4n, end: 4n });
    expect(second.health()).toEqual({ ready: true, reasons: [] });
    await second.stop();
  });

  test("the slowest of several groups counts, until nobody was its member for 90 days", async () => {
    await append("1", "2");
    await (await consume("slow", "2")).stop();
    await append("3");
    await (await consume("quick", "3")).stop();
    await age(3);
    await sweep();
    expect(await texts()).toEqual(["3"]);
    await db.query(sql`UPDATE ${table("position")} SET seen_at = now() - interval '91 days' WHERE grp LIKE '%slow'`);
    await sweep(); // forgets the group,
    await sweep(); // and then removes what it alone had held
    expect(await texts()).toEqual([]);
  });

  test("many go in parts, and what a sweep that was cut short has left goes with the next", async () => {
    const copied = sql`INSERT INTO ${table("record")} SELECT topic_id, partition, n, time - 120000, key, value, headers
      FROM ${table("record")}, generate_series(1, 11999) AS n WHERE "offset" = 0`;
    await append("1");
    await age(1);
    await db.query(copied);
    await db.query(sql`UPDATE ${table("topic_partition")} SET next = 12000 WHERE next = 1`);
    await append("young");
    const stop = new AbortController();
    const sweeps = retention(logSchema(bed.prefix)).map(({ drop }) => ({
      drop: async (tx: Parameters<typeof drop>[0]) => {
        const more = await drop(tx);
        if (more) stop.abort();
        return more;
      },
    }));
    await sweepAll({ db, schema: logSchema(bed.prefix), sweeps, onError: () => {} }, stop.signal);
    const count = async () =>
      (await db.query<{ n: number }>(sql`SELECT count(*)::int AS n FROM ${table("record")}`))[0]?.n;
    expect(await count()).toBe(7_001);
    expect(await offsets()).toMatchObject({ start: 12_000n, end: 12_001n });
    await sweep();
    expect(await count()).toBe(1);
    expect(await texts()).toEqual(["young"]);
  });

  test("one process sweeps at a time", async () => {
    await append("1");
    await age(1);
    await db.tx(async (tx) => {
      await tx.query(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`sweep ${logSchema(bed.prefix)}`}, 0))`);
      await sweep();
      expect(await texts()).toEqual(["1"]);
    });
    await sweep();
    expect(await texts()).toEqual([]);
  });
});
