// The small drill of every test run: twenty faults on each log; and the drill bites: it finds each fault that is put into the log.
import { describe, expect, test } from "vitest";
import { missingForJars } from "../../infra/kafka/jars.ts";
import { BREAKS, brokenArgs } from "./breaks.ts";
import type { BreakName } from "./breaks.ts";
import { drill, inWords, isClean, killsOf } from "./drill.ts";
import type { DrillOptions } from "./drill.ts";

const missing = await missingForJars();
const DRIVERS = missing === undefined ? (["postgres", "kafka"] as const) : (["postgres"] as const);

test.each(DRIVERS)(
  "on %s, twenty kills lose nothing and nothing is decided twice",
  { timeout: 600_000 },
  async (driver) => {
    const lines: string[] = [];
    const found = await drill({ driver, kills: 20, seed: 20, say: (line) => void lines.push(line) });
    console.info(inWords(found).join("\n"));
    expect(killsOf(found)).toBe(20);
    expect(found.accepted).toBeGreaterThan(20);
    expect(isClean(found), lines.join("\n")).toBe(true);
  },
);

describe("a fault in the log is found", () => {
  const bitten = async (name: BreakName, more: Partial<DrillOptions> = {}) => {
    const lines: string[] = [];
    const say = (line: string): void => void lines.push(line);
    const found = await drill({ driver: "postgres", seed: 1, say, ...brokenArgs(name), ...more });
    console.info(name, inWords(found).join("\n"));
    return { clean: isClean(found), lines };
  };

  test.each(Object.keys(BREAKS) as BreakName[])("%s", { timeout: 300_000 }, async (name) => {
    expect((await bitten(name)).clean).toBe(false);
  });

  test("and the same drill finds nothing in the log as it is", { timeout: 300_000 }, async () => {
    const { clean, lines } = await bitten("offset-first", { execArgv: [] });
    expect(clean, lines.join("\n")).toBe(true);
  });
});
