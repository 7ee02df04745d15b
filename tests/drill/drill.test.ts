// The small drill of every test run: ten times kill -9 on each log, and a database restored behind it; and the drill bites: it finds every fault that can be put into the log.
// Every kind of fault takes its time: `npm run drill`.
import { describe, expect, test } from "vitest";
import { missingForJars } from "../../infra/kafka/jars.ts";
import { bitten } from "./bitten.ts";
import { BREAKS } from "./breaks.ts";
import type { BreakName } from "./breaks.ts";
import { drill } from "./drill.ts";
import { inWords, isClean, killsOf } from "./summary.ts";

const missing = await missingForJars();
const DRIVERS = missing === undefined ? (["postgres", "kafka"] as const) : (["postgres"] as const);
const KILLS = 10;

// Each waits for takeovers most of its time, and has servers of its own: together they take little longer than one.
describe.concurrent("a small drill", () => {
  test.each(DRIVERS)(
    "on %s, ten kills lose nothing and nothing is decided twice; nor does a database that is restored behind the log",
    { timeout: 600_000 },
    async (driver) => {
      const lines: string[] = [];
      const found = await drill({
        driver,
        kills: KILLS,
        seed: 20,
        kinds: ["kill"],
        victims: ["gateway", "router", "delivery"],
        pace: "hurried",
        // A log in the database goes back with it: tests/e2e/backup.test.ts shows that.
        restore: driver === "kafka",
        say: (line) => void lines.push(line),
      });
      console.info(inWords(found).join("\n"));
      expect(killsOf(found)).toBe(KILLS);
      expect(found.accepted).toBeGreaterThan(KILLS);
      expect(isClean(found), lines.join("\n")).toBe(true);
    },
  );

  // One after another beside the others: together they would only wait for each other's processor time.
  describe("bites", () => {
    for (const name of Object.keys(BREAKS) as BreakName[])
      test(`${name}, put into the log, is found`, { timeout: 300_000, concurrent: false }, async () => {
        expect((await bitten(name)).clean).toBe(false);
      });
  });
});
