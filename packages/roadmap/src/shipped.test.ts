// The 14 roadmaps that come with the product, and what is made from them.
import { readFileSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { CaseFactsSchema, ClockKind, Evidence } from "@ruta/events";
import { expect, test } from "vitest";
import { CLOCKS } from "./clock-codes.ts";
import { judge } from "./condition.ts";
import { graphSvg, graphText } from "./graph.ts";
import { mapOf } from "./map.ts";
import { roadmapJsonSchema } from "./schema.ts";
import { shippedRoadmaps } from "./shipped.ts";
import { SOURCES } from "./sources.ts";

const ROOT = "../../..";
const ROADMAPS = shippedRoadmaps();
const stages = ROADMAPS.flatMap(({ stages: all }) => all);

test("are R01 to R14, each with a stage of contact first", () => {
  expect(ROADMAPS.map(({ id }) => id)).toEqual(
    Array.from({ length: 14 }, (_, index) => `R${String(index + 1).padStart(2, "0")}`),
  );
  for (const { stages: all } of ROADMAPS) expect(all[0]!.mandatory).toBe(true);
});

test("name only service types that the demonstration's directory knows", () => {
  const terms = readFileSync(new URL("../../../demonstration/directory/terms.yaml", import.meta.url), "utf8");
  const known = new Set([...terms.matchAll(/taxonomy: service-type, code: ([A-Z-]+)/g)].map(([, code]) => code));
  expect(known.size).toBeGreaterThan(40);
  expect(stages.flatMap(({ serviceTypes }) => serviceTypes).filter((code) => !known.has(code))).toEqual([]);
});

test("call a limit legal only where a source says so", () => {
  const legal = stages.flatMap(({ clock }) => (clock?.kind === ClockKind.LEGAL ? [clock] : []));
  expect(legal.length).toBeGreaterThan(3);
  for (const clock of legal) {
    expect(clock.evidence).toBe(Evidence.SOURCED);
    expect(clock.source).not.toBe("");
  }
});

test("name sources that are listed", () => {
  const named = [
    ...ROADMAPS.flatMap(({ sources }) => sources),
    ...stages.flatMap(({ source, clock }) => [source, clock?.source ?? ""]),
    ...ROADMAPS.flatMap(({ protocols }) => protocols.map(({ source }) => source)),
  ].flatMap((source) => source.split(" ").filter((code) => code !== ""));
  expect(named.filter((code) => SOURCES[code] === undefined)).toEqual([]);
  expect(Object.keys(SOURCES).filter((code) => !named.includes(code))).toEqual([]);
});

test("name clocks that are listed", () => {
  const named = new Set(stages.flatMap(({ clock }) => (clock ? [clock.id] : [])));
  expect([...named].toSorted()).toEqual(Object.keys(CLOCKS));
});

test("give no more than the windows of a referral the name of its clock", () => {
  const windows = stages.flatMap(({ clock }) => (clock?.id === "CL01" ? [clock.limit] : []));
  expect([...new Set(windows)].toSorted()).toEqual(["P14D", "PT24H", "PT72H"]);
});

test("for children take in whoever's age nobody knows, and turn away an adult", () => {
  for (const { entry } of ROADMAPS.filter(({ id }) => ["R03", "R04", "R09"].includes(id))) {
    const of = (person: { ageBand?: string }, hasChild = false) =>
      judge(entry, create(CaseFactsSchema, { person, hasChild }), "yes");
    expect([of({}), of({ ageBand: "5-11" }, true), of({ ageBand: "18-59" })]).toEqual(["yes", "yes", "no"]);
  }
});

test("let nobody wait for an identity card to appeal, nor get one for a visa that was refused", () => {
  const { stages: all } = ROADMAPS.find(({ id }) => id === "R06")!;
  const after = (outcome: string) => {
    const facts = create(CaseFactsSchema, { outcomes: { "R06.3": outcome } });
    return all.filter(({ id, entry }) => id > "R06.3" && judge(entry, facts, "yes") === "yes").map(({ id }) => id);
  };
  expect(after("served")).toEqual(["R06.4"]);
  expect(after("not-eligible")).toEqual(["R06.5"]);
  const [card, appeal] = ["R06.4", "R06.5"].map((id) => all.find((one) => one.id === id)!);
  expect(appeal!.order).toBe(card!.order);
});

test("have conditions that answer for a case of which nothing is known", () => {
  const nothing = create(CaseFactsSchema);
  const sources = [...ROADMAPS.map(({ entry }) => entry), ...stages.flatMap(({ entry, skip }) => [entry, skip])];
  for (const source of sources) expect(judge(source, nothing, "yes"), source).not.toBe("failed");
});

test.each(["es", "en"] as const)("are a map in %s, the one in docs", async (language) => {
  const file = language === "en" ? "docs/rutas.md" : "docs/rutas.es.md";
  await expect(mapOf(ROADMAPS, language)).toMatchFileSnapshot(`${ROOT}/${file}`);
});

test("have the schema that editors complete from", async () => {
  await expect(`${JSON.stringify(roadmapJsonSchema(), undefined, 2)}\n`).toMatchFileSnapshot(
    `${ROOT}/docs/roadmap.schema.json`,
  );
});

test("say each condition in words: neither the map nor a graph shows an expression", () => {
  for (const language of ["es", "en"] as const) {
    expect(mapOf(ROADMAPS, language).split("facts.person.sex")[0]).not.toMatch(/facts\./);
    for (const roadmap of ROADMAPS) expect(graphText(roadmap, language)).not.toContain("facts.");
  }
});

test("are drawn: what is parallel stands together, what is optional in brackets", () => {
  const text = graphText(ROADMAPS[0]!, "en");
  expect(text).toContain("R01.2a");
  expect(text).toMatch(/\[R01\.3a\][^\n]*\n {2}\[R01\.3b\]/);
  expect(text.split("↓")).toHaveLength(6);
  for (const roadmap of ROADMAPS)
    for (const language of ["es", "en"] as const) {
      const svg = graphSvg(roadmap, language);
      for (const { id } of roadmap.stages) expect(svg).toContain(`>${id}<`);
      expect(svg).not.toMatch(/<script|href/);
      expect(svg.match(/<rect/g)).toHaveLength(roadmap.stages.length);
    }
});
