// The contract under crashes, one list of sentences on each driver: kill -9 at each fault point, and zombies.
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TOPICS } from "@ruta/events";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { FaultPoint } from "../engine/faults.ts";
import { testLogs } from "../testing.ts";
import { counting, effects, makeBed, readAll, record, SOON, textOf } from "./bed.ts";
import type { Bed } from "./bed.ts";
import type { ChildTask } from "./child.ts";

const GROUP = "contract.crash";
const KEYS = Array.from({ length: 10 }, (_, n) => `case-${n}`);
const children: ChildProcess[] = [];

function start(task: ChildTask): ChildProcess {
  const child = fork(fileURLToPath(new URL("child.ts", import.meta.url)), {
    env: { ...process.env, CHILD: JSON.stringify(task) },
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  children.push(child);
  return child;
}
/** T: stopped by a signal (proc(5)). */
const isStopped = (child: ChildProcess): boolean =>
  readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.startsWith("T") ?? false;

const round = (n: number) => KEYS.map((key) => record(key, `${n}`));
const options = (by: string) => ({ group: GROUP, topics: [TOPICS.commands], decode: textOf, handle: counting(by) });

/** Each record had its effect once, in order; each effect is in the log in order once repeats are dropped. */
async function expectOnce(bed: Bed, rounds: number): Promise<void> {
  const all = Array.from({ length: rounds }, (_, n) => `${n}`);
  await vi.waitFor(
    async () => expect((await effects(bed.db)).length).toBeGreaterThanOrEqual(rounds * KEYS.length),
    SOON,
  );
  await vi.waitFor(async () => {
    const ids = (await readAll(bed.log, TOPICS.events)).map(({ headers }) => headers.ce_id);
    expect(new Set(ids).size).toBe(rounds * KEYS.length);
  }, SOON);
  const done = await effects(bed.db);
  const events = await readAll(bed.log, TOPICS.events);
  for (const key of KEYS) {
    expect(done.filter((one) => one.key === key).map(({ text }) => text)).toEqual(all);
    const texts = events.filter((one) => one.key === key).map(textOf);
    expect([...new Set(texts)]).toEqual(all.map((n) => `did ${n}`));
  }
}

for (const driver of testLogs()) {
  describe.skipIf(!driver.available)(`after a crash on ${driver.name}`, () => {
    const beds: Bed[] = [];
    async function bedWithChild(
      task: Pick<ChildTask, "door" | "at" | "signal">,
    ): Promise<{ bed: Bed; child: ChildProcess }> {
      const bed = await makeBed(driver, 4);
      beds.push(bed);
      if (task.door === "consume") await bed.log.append([...round(0), ...round(1)]);
      return { bed, child: start({ ...task, log: driver.config(bed.prefix), databaseUrl: bed.url, group: GROUP }) };
    }
    afterEach(async () => {
      for (const child of children.splice(0)) child.kill("SIGKILL");
      for (const bed of beds.splice(0)) await bed.close();
    });

    const points: readonly FaultPoint[] = ["effect", "commit", "relay", "mark"];

    test("a consumer that was killed at any point is gone on with: nothing lost, nothing decided twice", async () => {
      await Promise.all(
        points.map(async (at) => {
          const { bed, child } = await bedWithChild({ door: "consume", at, signal: "SIGKILL" });
          expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
          const decided = await effects(bed.db);
          expect(decided.length > 0).toBe(at !== "effect");
          const engine = await bed.engine();
          await engine.consume(options("next"));
          await bed.log.append(round(2));
          await expectOnce(bed, 3);
          const repeated = (await readAll(bed.log, TOPICS.events)).length - 3 * KEYS.length;
          expect(repeated > 0).toBe(at === "relay");
        }),
      );
    });

    test("a transaction that was killed at any point has both its effect and its record, or neither", async () => {
      await Promise.all(
        points.map(async (at) => {
          const { bed, child } = await bedWithChild({ door: "transact", at, signal: "SIGKILL" });
          expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
          await bed.engine();
          await vi.waitFor(async () => {
            const done = (await effects(bed.db)).map(({ text }) => `did ${text}`);
            const texts = (await readAll(bed.log, TOPICS.events)).map(textOf);
            expect([...new Set(texts)]).toEqual(done);
          }, SOON);
          expect((await effects(bed.db)).length > 0).toBe(at !== "effect");
        }),
      );
    });

    test("a zombie that wakes after a hand-over decides nothing again, and what it sends again does no harm", async () => {
      await Promise.all(
        (["decode", "effect", "append"] as const).map(async (at) => {
          const { bed, child } = await bedWithChild({ door: "consume", at, signal: "SIGSTOP" });
          await vi.waitFor(() => expect(isStopped(child)).toBe(true), SOON);
          const engine = await bed.engine();
          const consumer = await engine.consume(options("next"));
          await bed.log.append(round(2));
          await expectOnce(bed, 3);
          const before = await readAll(bed.log, TOPICS.events);

          child.kill("SIGCONT");
          // Only the one that had read its outbox has something to send again.
          await vi.waitFor(async () => {
            const repeats = (await readAll(bed.log, TOPICS.events)).length - before.length;
            expect(repeats > 0).toBe(at === "append");
          }, SOON);
          // It has found out when it is a member again and holds a share.
          await vi.waitFor(() => expect(consumer.partitions()).toHaveLength(2), SOON);
          await bed.log.append(round(3));
          await expectOnce(bed, 4);
          const after = await readAll(bed.log, TOPICS.events);
          for (const repeat of after.filter(
            (one, n) => after.findIndex((o) => o.headers.ce_id === one.headers.ce_id) < n,
          )) {
            const first = after.find((one) => one.headers.ce_id === repeat.headers.ce_id);
            expect(textOf(repeat)).toBe(textOf(first!));
          }
        }),
      );
    });
  });
}
