// The soak bites: a table of which nothing goes is found within seconds. As long as it has to be: `npm run soak`.
import { expect, test } from "vitest";
import { soak } from "./soak.ts";
import { isClean } from "./summary.ts";

test("claims that never go are found, and nothing else of the tables' rows", { timeout: 120_000 }, async () => {
  const soaked = await soak({
    shape: { driver: "postgres", processes: "one" },
    seconds: 12,
    rate: 30,
    without: "gateway.claim",
    say: () => {},
  });
  expect(isClean(soaked)).toBe(false);
  const growing = soaked.verdicts.filter(({ ok, unit }) => !ok && unit === "rows").map(({ name }) => name);
  expect(growing, JSON.stringify(soaked.verdicts, null, 1)).toEqual(["gateway.claim"]);
});
