// A drill of a log with a fault in it: whether the drill finds it, and what it said.
import { testDatabase } from "@ruta/db/testing";
import { brokenArgs } from "./breaks.ts";
import type { BreakName } from "./breaks.ts";
import { drillOn } from "./drill.ts";
import type { DrillOptions } from "./drill.ts";
import { inWords, isClean } from "./summary.ts";

/** Runs the drill that finds this fault, on the database server of the test run. */
export async function bitten(
  name: BreakName,
  more: Partial<DrillOptions> = {},
): Promise<{ clean: boolean; lines: string[] }> {
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const database = await testDatabase();
  try {
    const options = { driver: "postgres", seed: 1, say, ...brokenArgs(name), ...more } as const;
    const found = await drillOn({ databaseUrl: database.url }, options);
    console.info(name, inWords(found).join("\n"));
    return { clean: isClean(found), lines };
  } finally {
    await database.drop();
  }
}
