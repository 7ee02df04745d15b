// What the drills of tests/drill/breaks.ts find is the fault: each of them finds nothing in the log as it is. Takes some minutes.
import { expect, test } from "vitest";
import { bitten } from "./bitten.ts";
import { BREAKS } from "./breaks.ts";
import type { BreakName } from "./breaks.ts";

test.each(Object.keys(BREAKS) as BreakName[])(
  "the drill that finds %s finds nothing in the log as it is",
  { timeout: 300_000 },
  async (name) => {
    const { clean, lines } = await bitten(name, { execArgv: [] });
    expect(clean, lines.join("\n")).toBe(true);
  },
);
