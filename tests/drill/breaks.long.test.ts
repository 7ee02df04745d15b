// The drill bites: it finds every fault that can be put into the log, and nothing in the log as it is. Takes some minutes.
import { expect, test } from "vitest";
import { bitten } from "./bitten.ts";
import { BREAKS } from "./breaks.ts";
import type { BreakName } from "./breaks.ts";

test.each(Object.keys(BREAKS) as BreakName[])("%s is found", { timeout: 300_000 }, async (name) => {
  expect((await bitten(name)).clean).toBe(false);
});

test("the same drill finds nothing in the log as it is", { timeout: 300_000 }, async () => {
  const { clean, lines } = await bitten("offset-first", { execArgv: [] });
  expect(clean, lines.join("\n")).toBe(true);
});
