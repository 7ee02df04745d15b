// The bench itself, in its shortest: its figures have the shape that is promised, and a measure that lost is no result.
import { openDb, sql } from "@ruta/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBed } from "./bed.ts";
import type { Bed } from "./bed.ts";
import { Lost } from "./books.ts";
import { headOf } from "./head.ts";
import { intake } from "./intake.ts";
import { grows } from "./loop.ts";
import { report } from "./shape.ts";

const { signal } = new AbortController();
let bed: Bed;
beforeAll(async () => {
  const quietly = { say: () => {}, signal, execArgv: [], stillMs: 2_000 };
  bed = await openBed({ backend: "embedded", seed: 1, seconds: 0.3, ...quietly });
});
afterAll(async () => bed.close());

test("intake says what the door takes beside bare and floor, in the shape of the report", async () => {
  const measures = await intake(bed);
  const { head } = report.parse({ head: headOf(1, bed.servers.versions), measures });
  expect(head.versions).toMatchObject({ node: process.version, postgres: expect.stringMatching(/^18\./) });
  expect(measures.map(({ measure, rate }) => [measure, rate])).toEqual([
    ["bare", undefined],
    ["floor", undefined],
    ["intake", undefined],
    ["intake", 500],
    ["intake", 1100],
  ]);
  for (const { per_s: perS, cpu_us: cpuUs } of measures) expect([perS, cpuUs]).not.toContain(0);
  expect(measures[2]).toMatchObject({ ratio: expect.any(Number), bare_cpu_us: expect.any(Number) });
});

test("a command that is gone from the log makes the measure no result", async () => {
  await bed.open();
  await bed.hub.run([["gateway"]]);
  await bed.send({ rate: 50, seconds: 0.2 });
  const db = openDb({ url: bed.servers.databaseUrl, name: "bench", max: 1 });
  const record = sql.id(`${bed.hub.prefix}_log`, "record");
  await db.query(sql`DELETE FROM ${record} WHERE ctid = (SELECT ctid FROM ${record} ORDER BY ctid DESC LIMIT 1)`);
  await db.close();
  await bed.hub.run(bed.everything);
  const balanced = bed.settle();
  await expect(balanced).rejects.toThrow(Lost);
  await expect(balanced).rejects.toThrow("not in the log 1");
});

test("a delay that stays is steady, and one that climbs is not", () => {
  const climbing = Array.from({ length: 400 }, (_, n) => 20 + n);
  expect([grows(climbing.map(() => 20)), grows(climbing.map((ms) => ms % 17)), grows(climbing)]).toEqual([
    false,
    false,
    true,
  ]);
});
