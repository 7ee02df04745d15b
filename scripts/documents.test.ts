// ARCHITECTURE.md names the tests behind each invariant: each is there, under that name. Every link of the documents leads somewhere.
// The README and the page on installing say the same in their two languages.
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const DOCUMENTS = [
  "README.md",
  "README.es.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "docs/fhir.md",
  "schemas/README.md",
  "infra/kafka/README.md",
  "packages/client/README.md",
  "docs/partner.md",
  "docs/by-hand.md",
  "docs/install.md",
  "docs/install.es.md",
  "docs/metrics.md",
  "docs/operate.md",
  "docs/operate.es.md",
];
const read = (file: string): string => readFileSync(file, "utf8");
const architecture = read("ARCHITECTURE.md");
const tried = /\[([\w./-]+\.test\.ts)\]\(.+?\) "([^"\n]+)"/g;
const proofs = [architecture, read("docs/metrics.md"), read("docs/operate.md")].flatMap((page) =>
  [...page.matchAll(tried)].map(([, file = "", name = ""]) => ({ file, name })),
);

test("each invariant that is built has tests behind it", () => {
  const sections = architecture.split(/^- \*\*/m).slice(1);
  const built = sections.map(
    (section) => [/^I\d+/.exec(section)?.[0], (section.match(/^ {2}- \[/gm) ?? []).length] as const,
  );
  const names = built.filter(([name]) => name !== undefined);
  expect(names.map(([name]) => name)).toEqual([
    "I1",
    "I2",
    "I3",
    "I4",
    "I5",
    "I6",
    "I7",
    "I9",
    "I10",
    "I11",
    "I12",
    "I13",
  ]);
  for (const [name, count] of names) expect(count, name).toBeGreaterThan(0);
});

test.each(proofs)("$file has the test $name", ({ file, name }) => {
  expect(read(file)).toContain(JSON.stringify(name).slice(1, -1));
});

test.each(DOCUMENTS)("every link of %s leads to a file", (document) => {
  const links = [...read(document).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, path = ""]) => path);
  for (const path of links) expect(existsSync(join(dirname(document), path)), path).toBe(true);
});

describe.each([
  ["README.md", "README.es.md"],
  ["docs/install.md", "docs/install.es.md"],
  ["docs/operate.md", "docs/operate.es.md"],
])("%s and the same in Spanish keep step:", (...pages) => {
  const [english, spanish] = [read(pages[0]), read(pages[1])];
  const prose = (page: string): string => page.replaceAll(/^```[^]*?^```/gm, "");
  const all = (page: string, form: RegExp): string[] => page.match(form) ?? [];
  const cellsOf = (row: string): string[] => row.split("|").map((cell) => cell.trim());
  const parts: [name: string, of: (page: string) => readonly unknown[]][] = [
    ["heads", (page) => all(page, /^#+ /gm)],
    [
      "lines to paste, but their comments",
      (page) => all(page, /^```[^]*?^```/gm).map((one) => one.replaceAll(/ +# .*$/gm, "")),
    ],
    [
      "rows of tables, and what is typed in them",
      (page) => all(prose(page), /^\|.*\|$/gm).map((row) => cellsOf(row).map((cell) => /^`[^`]+`$/.exec(cell)?.[0])),
    ],
    ["names, values and commands", (page) => all(prose(page), /`[^`\n]+`/g).toSorted()],
    ["figures", (page) => all(prose(page), /\d+(\.\d+)*/g).toSorted()],
    ["links", (page) => all(page, /\]\((?!README|install|operate|#)[^)]+\)/g).toSorted()],
  ];

  test("each leads to the other", () => {
    expect(english).toContain(`(${basename(pages[1])})`);
    expect(spanish).toContain(`(${basename(pages[0])})`);
  });

  test.each(parts)("the same %s", (_name, of) => {
    expect(of(english).length).toBeGreaterThan(0);
    expect(of(spanish)).toEqual(of(english));
  });
});
