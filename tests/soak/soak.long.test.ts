// The soak bites: a table of which nothing goes is found within a minute. As long as it has to be: `npm run soak`.
import { expect, test } from "vitest";
import { soak } from "./soak.ts";
import { isClean } from "./summary.ts";

test("claims that never go are found", { timeout: 300_000 }, async () => {
  const soaked = await soak({
    shape: { driver: "postgres", processes: "one" },
    seconds: 40,
    rate: 20,
    without: "gateway.claim",
    say: () => {},
  });
  expect(isClean(soaked)).toBe(false);
  const growing = soaked.verdicts.filter(({ ok, unit }) => !ok && unit === "rows").map(({ name }) => name);
  expect(growing, JSON.stringify(soaked.verdicts, null, 1)).toContain("gateway.claim");
});
