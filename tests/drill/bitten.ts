// A drill of a log with a fault in it: whether the drill finds it, and what it said.
import { brokenArgs } from "./breaks.ts";
import type { BreakName } from "./breaks.ts";
import { drill } from "./drill.ts";
import type { DrillOptions } from "./drill.ts";
import { inWords, isClean } from "./summary.ts";

/** Runs the drill that finds this fault. */
export async function bitten(
  name: BreakName,
  more: Partial<DrillOptions> = {},
): Promise<{ clean: boolean; lines: string[] }> {
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const found = await drill({ driver: "postgres", seed: 1, say, ...brokenArgs(name), ...more });
  console.info(name, inWords(found).join("\n"));
  return { clean: isClean(found), lines };
}
