// Time comes in (I13): what decides reads no clock, no random and does no I/O, nor does anything it imports.
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

/** Files that decide, choose, wait or prove, and those whose first line says that they are pure. */
const SEEDS = [
  ...globSync(
    "services/router/src/{decide,state,run,advance,case-acts,lifecycle,draft,place,candidates,consent,facts,guards,expectation,windows}.ts",
  ),
  ...globSync("services/delivery/src/{backoff,payload,recipients}.ts"),
  ...globSync("services/gateway/src/{command,content,disclosure,envelope,history,references,strict-json}.ts"),
  ...globSync("packages/log/src/{backoff,partition}.ts"),
  ...globSync("packages/kit/src/written/*.ts"),
  ...globSync("packages/fhir/src/!(*.test|testing|fixtures|*.d).ts"),
  ...globSync("{packages,services,demonstration,scripts}/**/*.ts", { exclude: ["**/node_modules/**"] }).filter(
    (file) => !file.endsWith(".test.ts") && /\bPure\./.test(headOf(file)),
  ),
];
/** Packages that a pure file may import: they compute. */
const COMPUTING = new Set([
  "@bufbuild/cel",
  "@bufbuild/protobuf",
  "@bufbuild/protobuf/wkt",
  "@ruta/calendar",
  "@ruta/events",
  "@ruta/fhir",
  "@ruta/kit/written",
  "@ruta/roadmap",
  "zod",
  "yaml",
  "node:crypto",
  "node:net",
]);
/** What is read once, when the code is loaded, and is the same for every call: a published page, the language of the terminal. */
const READ_ONCE = new Set(["services/gateway/src/refusals.ts", "services/hub/src/language.ts"]);
/** What reads a clock, random, the process or the outside. Ids that `@ruta/events` makes at random are among them. */
const IMPURE =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.|\bprocess\.|\bsetTimeout\b|\bsetInterval\b|\bfetch\(|\brandom(?:Bytes|UUID|Int|Id)\b|\bnew(?:CaseId|PersonId)\b|\bgenerateKeyPair\b|\bcreateServer\b|\bconnect\(|\bconsole\.|\bawait\b/;

function headOf(file: string): string {
  return readFileSync(file, "utf8").split("\n\n", 1)[0] ?? "";
}

/** Code without comments and types: neither runs. */
function codeOf(file: string): string {
  return readFileSync(file, "utf8")
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/(^|\s)\/\/.*$/gm, "")
    .replaceAll(/^import type [\s\S]*?;$/gm, "");
}

function importsOf(file: string): string[] {
  return [...codeOf(file).matchAll(/\b(?:import|export)\s[^;]*?from "([^"]+)"/g)].map(([, from = ""]) => from);
}

function withImports(files: readonly string[]): string[] {
  const found = new Set(files);
  for (const file of found)
    for (const from of importsOf(file)) if (from.startsWith(".")) found.add(join(dirname(file), from));
  return [...found].toSorted();
}

describe("what is pure", () => {
  test("is there to be held to it", () => {
    expect(SEEDS).toContain("services/router/src/decide.ts");
    expect(SEEDS).toContain("services/delivery/src/backoff.ts");
    expect(SEEDS.length).toBeGreaterThan(25);
  });

  test.each(withImports(SEEDS).filter((file) => !READ_ONCE.has(file)))(
    "%s reads no clock, no random and does no I/O",
    (file) => {
      expect(importsOf(file).filter((from) => !from.startsWith(".") && !COMPUTING.has(from))).toEqual([]);
      expect(
        codeOf(file)
          .split("\n")
          .filter((line) => IMPURE.test(line)),
      ).toEqual([]);
    },
  );

  // Keys and secrets are made at random, and by nothing else than asking for them.
  test.each(globSync("packages/proof/src/!(*.test).ts"))("%s proves without a clock, by node:crypto alone", (file) => {
    expect(importsOf(file).filter((from) => !from.startsWith(".") && from !== "node:crypto")).toEqual([]);
    expect(codeOf(file)).not.toMatch(/\bDate\.now\b|\bnew Date\(\)|\bperformance\.|\bprocess\./);
  });

  test("would not be if it read a clock", () => {
    expect(IMPURE.test("const now = Date.now();")).toBe(true);
    expect(IMPURE.test("const id = randomId();")).toBe(true);
  });
});
