// The small fuzz of every test run: two thousand hostile requests find nothing, and a hub with faults in it is found out.
import { testDatabase } from "@ruta/db/testing";
import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";
import type { FuzzOptions, Fuzzed } from "./fuzz.ts";
import { inWords } from "./words.ts";

async function run(options: Pick<FuzzOptions, "requests" | "seed" | "execArgv">): Promise<Fuzzed> {
  const database = await testDatabase();
  try {
    return await fuzz({
      ...options,
      shape: { driver: "postgres", processes: "one" },
      databaseUrl: database.url,
      kafkaBrokers: undefined,
      hurried: true,
      say: () => {},
    });
  } finally {
    await database.drop();
  }
}

test("two thousand hostile requests over every route find nothing", async () => {
  const found = await run({ requests: 2_000, seed: 5 });
  console.info(inWords(found).at(-1));
  expect(found.findings).toEqual([]);
  expect(found.requests).toBe(2_000);
  expect(found.accepted).toBeGreaterThan(10);
});

test("a hub that fails, repeats what it was sent and takes any signature is found out", async () => {
  const bad = ["--import", new URL("bad.ts", import.meta.url).href];
  const { findings } = await run({ requests: 900, seed: 5, execArgv: bad });
  const seen = (route: string): string[] => findings.flatMap((one) => (one.route === route ? [one.what] : []));
  expect(seen("GET /v1/fails/:id")).toContain("answered 500");
  expect(seen("POST /v1/in/:institution/echo")).toContain("an identity in the answer");
  const unproved = findings.filter(({ what, attack }) => attack === "proof" && /^answered 20. to what/.test(what));
  expect(unproved.map(({ route }) => route)).toContainEqual(expect.stringMatching(/^POST .v1.in.:institution/));
});
