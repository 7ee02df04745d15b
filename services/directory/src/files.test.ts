// Reading: what is not a folder of YAML sections is refused with its file and line.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readFolder, readText } from "./files.ts";
import { SAMPLE, entriesOf } from "./sample.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ruta-directory-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const problemsOf = (text: string): string[] => {
  const read = readText("d.yaml", text);
  return read.ok ? [] : read.problems.map(String);
};

describe("a text of YAML", () => {
  it("gives its entries with the line of each and of each of their fields", () => {
    const casa = entriesOf(SAMPLE).find(({ value }) => (value as { id?: string }).id === "casa");
    expect(casa).toMatchObject({ kind: "institution", at: { file: "d.yaml", line: 12 } });
    expect(casa?.at.fields).toMatchObject({
      id: 12,
      parent: 15,
      competences: 17,
      "competences.0": 18,
      "competences.0.territories.0": 18,
    });
  });

  it("is nothing when it is empty or all comments", () => {
    expect(readText("d.yaml", "")).toEqual({ ok: true, entries: [] });
    expect(readText("d.yaml", "# nothing\n")).toEqual({ ok: true, entries: [] });
  });

  it.each([
    [
      "broken YAML",
      "terms:\n  - { code: LEG\n",
      "d.yaml:3: Flow map in block collection must be sufficiently indented and end with a }; correct the YAML",
    ],
    ["a field twice", "terms:\n  - code: LEG\n    code: PSI\n", "d.yaml:3: Map keys must be unique; correct the YAML"],
    [
      "two documents",
      "terms: []\n---\nterms: []\n",
      "d.yaml:2: Source contains multiple documents; please use YAML.parseAllDocuments(); correct the YAML",
    ],
    [
      "an alias of nothing",
      "terms:\n  - code: *none\n",
      "d.yaml:2 terms: has aliases that cannot be unfolded; write the values out",
    ],
    [
      "a list at the top",
      "- code: LEG\n",
      "d.yaml:1: is not a mapping of sections; begin with a section: institutions, services, places, endpoints, terms, territories",
    ],
    [
      "an unknown section",
      "\nservicios: []\n",
      "d.yaml:2 servicios: is not a section; sections are institutions, services, places, endpoints, terms, territories",
    ],
    [
      "a section named like a part of every object",
      "constructor: []\n",
      "d.yaml:1 constructor: is not a section; sections are institutions, services, places, endpoints, terms, territories",
    ],
    [
      "a section that is no list",
      "terms:\n  LEG: Legal\n",
      "d.yaml:1 terms: is not a list; write each entry as an item that begins with a hyphen",
    ],
    [
      "an item that is no mapping",
      "terms:\n  - LEG\n",
      "d.yaml:2 terms: has an item that is not a mapping; write the fields of each entry as name: value",
    ],
  ])("with %s is refused", (_name, text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  it("is refused when its aliases unfold beyond measure", () => {
    const levels = Array.from(
      { length: 9 },
      (_, n) =>
        `  x${n}: &a${n} [${
          n === 0
            ? "1, 1"
            : Array(9)
                .fill(`*a${n - 1}`)
                .join(", ")
        }]`,
    );
    const text = `terms:\n  - code: LEG\n${levels.map((line) => `  ${line}`).join("\n")}\n`;
    expect(problemsOf(text)).toEqual(["d.yaml:2 terms: has aliases that cannot be unfolded; write the values out"]);
  });

  it("tells every problem of the file at once", () => {
    expect(problemsOf("servicios: []\nterms: 3\n")).toHaveLength(2);
  });
});

describe("a folder", () => {
  it("is refused when it cannot be read or has no YAML", async () => {
    const missing = await readFolder(join(folder, "missing"));
    expect(missing.ok ? [] : missing.problems.map((each) => each.message)).toEqual([
      "is not a folder that can be read",
    ]);
    const empty = await readFolder(folder);
    expect(empty.ok ? [] : empty.problems.map((each) => each.message)).toEqual(["has no *.yaml file"]);
  });

  it("is read in order of names; one unreadable file refuses it whole", async () => {
    await writeFile(join(folder, "b.yaml"), "terms:\n  - { code: B }\n");
    await writeFile(join(folder, "a.yml"), "terms:\n  - { code: A }\n");
    await writeFile(join(folder, "README.md"), "not: [yaml");
    const read = await readFolder(folder);
    expect(read.ok && read.entries.map(({ value }) => value)).toEqual([{ code: "A" }, { code: "B" }]);
    await writeFile(join(folder, "c.yaml"), "terms: [");
    await writeFile(join(folder, "d.yaml"), `# ${"x".repeat(4 * 1024 * 1024)}`);
    const refused = await readFolder(folder);
    expect(refused.ok ? [] : refused.problems.map(({ file }) => file)).toEqual(["c.yaml", "d.yaml"]);
  });
});
