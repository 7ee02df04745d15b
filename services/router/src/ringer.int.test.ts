// Clocks on a real database and log: a ring is one command, whoever finds it, however often, and after whatever end of the process.
import { sql } from "@ruta/db";
import { newCaseId } from "@ruta/events";
import { silentLogger } from "@ruta/log";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dueCases, startRinger } from "./ringer.ts";
import { asks, usual } from "./scenario.ts";
import { msOf } from "./state.ts";
import { SOON, openBed } from "./test-service.ts";
import type { Bed } from "./test-service.ts";

describe.each(testLogs())("clocks on $name", (driver) => {
  let bed: Bed;
  beforeAll(async () => {
    if (driver.available) bed = await openBed(driver);
  });
  afterAll(() => bed?.close());

  const rang = async (caseId: string): Promise<string[]> =>
    (await bed.events(caseId, 2)).flatMap(({ fact }) =>
      fact.case === "clockRang" ? [`${fact.value.clock} ${fact.value.percent}${fact.value.late ? " late" : ""}`] : [],
    );
  const dueAt = async (caseId: string): Promise<Date | null | undefined> =>
    (await bed.db.query<{ at: Date | null }>(sql`SELECT ring_at AS at FROM router.cases WHERE case_id = ${caseId}`))[0]
      ?.at;
  /** Moves the windows of a case into the past, as if nobody had looked for so long. */
  async function ago(caseId: string, hours: number): Promise<void> {
    const [row] = await bed.db.query<{ state: string }>(sql`SELECT state FROM router.cases WHERE case_id = ${caseId}`);
    const state = JSON.parse(row!.state) as {
      referrals: { addressedAt: number; requestedAt: number; acceptedAt?: number }[];
    };
    for (const one of state.referrals) {
      one.addressedAt -= hours * 3_600_000;
      one.requestedAt -= hours * 3_600_000;
      if (one.acceptedAt !== undefined) one.acceptedAt -= hours * 3_600_000;
    }
    await bed.db.query(sql`
      UPDATE router.cases SET state = ${JSON.stringify(state)}, ring_at = now() - interval '1 second' WHERE case_id = ${caseId}`);
  }
  async function requested(): Promise<string> {
    const caseId = newCaseId();
    await bed.log.append([bed.command(caseId, asks(), "sender")]);
    await bed.events(caseId, 2);
    return caseId;
  }

  it.skipIf(!driver.available)(
    "ring when they are due, by several at once and again, and each ring is one",
    async () => {
      const caseId = await requested();
      await expect.poll(async () => (await dueAt(caseId)) instanceof Date, SOON).toBe(true);
      expect((await dueAt(caseId))!.getTime()).toBeGreaterThan(Date.now() + 3_600_000);
      await ago(caseId, 2.5);
      const options = { schema: "router", logger: silentLogger, everyMs: 20, engine: bed.router().engine };
      const others = [startRinger(options), startRinger(options)];
      await expect.poll(() => rang(caseId), SOON).toEqual(["acknowledge 50 late"]);
      // As after a restore, or a commit that nobody heard of: the same ring is found again.
      await bed.db.query(sql`UPDATE router.cases SET ring_at = now() WHERE case_id = ${caseId}`);
      const marker = await requested();
      await ago(marker, 3.5);
      await expect.poll(() => rang(marker), SOON).toEqual(["acknowledge 80 late"]);
      await Promise.all(others.map((stop) => stop()));
      expect(await rang(caseId)).toEqual(["acknowledge 50 late"]);
    },
  );

  it.skipIf(!driver.available)("of a router that ended between the look and the end are rung by the next", async () => {
    const caseId = await requested();
    await ago(caseId, 2.5);
    const failing = {
      transact: (fn: Parameters<ReturnType<Bed["router"]>["engine"]["transact"]>[0]) =>
        bed.router().engine.transact(async (tx) => {
          await fn(tx);
          throw new Error("ended");
        }),
    };
    const stop = startRinger({ schema: "router", logger: silentLogger, everyMs: 10, engine: failing as never });
    await stop();
    expect(await rang(caseId)).toEqual([]);
    const next = startRinger({ schema: "router", logger: silentLogger, everyMs: 20, engine: bed.router().engine });
    await expect.poll(() => rang(caseId), SOON).toEqual(["acknowledge 50 late"]);
    await next();
  });

  it.skipIf(!driver.available)(
    "of cases from before there were clocks are set at the first look, without a ring",
    async () => {
      const caseId = await requested();
      await bed.db.query(sql`UPDATE router.cases SET ring_at = 'epoch' WHERE case_id = ${caseId}`);
      const stop = startRinger({ schema: "router", logger: silentLogger, everyMs: 20, engine: bed.router().engine });
      await expect.poll(async () => ((await dueAt(caseId))?.getTime() ?? 0) > Date.now(), SOON).toBe(true);
      await stop();
      expect(await rang(caseId)).toEqual([]);
    },
  );

  it.skipIf(!driver.available)(
    "what was accepted and not served is a figure by institution and service, until it is served",
    async () => {
      const figure = async () => (await bed.get("/admin/router/summary")).body.unserved;
      const caseId = await requested();
      await bed.log.append([bed.command(caseId, usual("accept", Date.now()), "house-a")]);
      const since = msOf((await bed.events(caseId, 3)).at(-1)?.recordedAt);
      const one = { count: 1, overdue: 0, oldest: new Date(since ?? 0).toISOString() };
      await expect.poll(figure, SOON).toEqual({ ...one, at: [{ ...one, institution: "house-a", service: "ALO-FAM" }] });
      // A case from before says so when it is looked at; its time has passed meanwhile.
      await ago(caseId, 100);
      await bed.db.query(sql`UPDATE router.cases SET unserved = NULL, unserved_since = NULL WHERE case_id = ${caseId}`);
      const stop = startRinger({ schema: "router", logger: silentLogger, everyMs: 20, engine: bed.router().engine });
      await expect.poll(figure, SOON).toMatchObject({ count: 1, overdue: 1 });
      await stop();
      await bed.log.append([bed.command(caseId, usual("start", Date.now()), "house-a")]);
      await expect.poll(figure, SOON).toEqual({ count: 0, overdue: 0, oldest: "", at: [] });
    },
  );

  it.skipIf(!driver.available)("that wait are not read by a look: it reads what is due by an index", async () => {
    const { text, values } = dueCases("router");
    const plan = await bed.db.tx(async (tx) => {
      await tx.query(sql`SET LOCAL enable_seqscan = off`);
      return tx.query<{ "QUERY PLAN": string }>({ text: `EXPLAIN ${text}`, values });
    });
    expect(plan.map((row) => row["QUERY PLAN"]).join(" ")).toMatch(/cases_ring.*Index Cond: \(ring_at <= now\(\)\)/);
  });
});
