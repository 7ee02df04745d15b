// A roadmap with a mistake in it is told the line, what is wrong and what to do; a sound one becomes a message.
import { readFileSync } from "node:fs";
import { Decision, Fallback } from "@ruta/events";
import { describe, expect, test } from "vitest";
import { readRoadmap } from "./files.ts";
import { SHIPPED } from "./shipped.ts";

const SOUND = readFileSync(new URL("R12.yaml", SHIPPED), "utf8");

/** The problems of R12 with one text in the place of another, and the line where that stands. */
function problemsWith(from: string, to: string): { readonly told: string[]; readonly line: number } {
  expect(SOUND).toContain(from);
  const read = readRoadmap("R12.yaml", SOUND.replace(from, to));
  const line = SOUND.slice(0, SOUND.indexOf(from)).split("\n").length;
  return { told: read.ok ? [] : read.problems.map(String), line };
}

test("a sound file is a message with what was left out filled in", () => {
  const read = readRoadmap("R12.yaml", SOUND);
  if (!read.ok) throw new Error(read.problems.map(String).join("\n"));
  const { roadmap } = read;
  expect(roadmap).toMatchObject({ id: "R12", version: 1, entry: "" });
  expect(roadmap.stages.find(({ id }) => id === "R12.3")).toMatchObject({
    decision: Decision.PROPOSE,
    onDecline: Fallback.NEXT,
    onNoCandidate: Fallback.WORKLIST,
    mandatory: true,
  });
});

describe("told with its line:", () => {
  test.each([
    ["a field nearly right", "mandatory: true", "mandatry: true", "is not a field here; did you mean mandatory?"],
    ["a stage of another roadmap", "id: R12.3", "id: R11.3", "is not a stage of R12; begin with R12."],
    ["an id that is there twice", "id: R12.4", "id: R12.3", "is there twice: R12.3; give each its own id"],
    [
      "a language left out",
      '{ es: "Noches dadas", en: "Nights given" }',
      '{ es: "Noches dadas" }',
      "is missing; give text of 1 to 300 characters",
    ],
    ["silence without an answer", "    on_silence: next\n", "", "does not say what follows when nobody answers"],
    ["a limit that is no duration", "limit: PT24H", "limit: soon", 'does not take "soon"; give an ISO 8601 duration'],
    [
      "a legal limit without a source",
      "kind: operative, evidence: plausible }",
      "kind: legal, evidence: plausible }",
      "calls a limit legal that no source says",
    ],
    [
      "a source that is not named",
      '    evidence: sourced\n    source: "S13 S37"',
      "    evidence: sourced",
      "is sourced and names no source",
    ],
    [
      "a protocol that is not there",
      "protocols: [together]",
      "protocols: [apart]",
      "names no protocol of this file: apart",
    ],
    ["a code that is none", "ALO-FAM, ALO-NOC", "alo fam, ALO-NOC", 'does not take "alo fam"; give capital letters'],
    [
      "automatic without a reason",
      "    class: R\n",
      "    class: R\n    decision: automatic\n",
      "lets the hub choose without saying why",
    ],
    [
      "a condition that nobody can read",
      "    class: R\n",
      "    class: R\n    entry: facts.has_child\n",
      "is not said in words; add entry_words",
    ],
    [
      "words without a condition",
      "    class: R\n",
      "    class: R\n    skip_words: { es: nunca, en: never }\n",
      "says in words what is no condition",
    ],
    [
      "content on the basis of none",
      "    bases: [E]\n    class: R",
      "    bases: [N]\n    class: R",
      "discloses content on the basis N",
    ],
  ])("%s", (_name, from, to, message) => {
    const { told, line } = problemsWith(from, to);
    expect(told.join("\n")).toContain(message);
    expect(
      told.some((one) => Math.abs(Number(/:(\d+)/.exec(one)?.[1]) - line) <= 15),
      told.join("\n"),
    ).toBe(true);
  });

  test.each([
    ["that does not parse", "facts.has_child &&", "is not an expression of CEL (character 17)"],
    ["over a field that is not there", "facts.age > 3", "asks CaseFacts for age"],
    ["that is no yes or no", "facts.priority", "is a string, not true or false"],
    ["about a stage that has not ended by then", "'R12.4' in facts.outcomes", "asks for the outcome of R12.4"],
    [
      "about an outcome that there is not",
      "facts.outcomes['R12.1'] == 'refused'",
      'asks for "refused", which is none of',
    ],
    [
      "about an age band that there is not",
      "facts.members.exists(m, m.age_band in ['0-4', '5-10'])",
      'asks for "5-10"',
    ],
    ["about an urgency that there is not", "'urgnt' != facts.priority", 'asks for "urgnt", which is none of emergency'],
    ["about a stage that does not exist", "'R12.9' in facts.outcomes", "asks for a stage that does not exist"],
  ])("a condition %s", (_name, condition, message) => {
    const written = SOUND.replace(/( {4}class: R\n)/, `$1    entry: ${JSON.stringify(condition)}\n`);
    const read = readRoadmap("R12.yaml", written);
    expect(read.ok ? "" : read.problems.map(String).join("\n")).toContain(message);
  });
});

describe("a text that is no roadmap", () => {
  test.each([
    ["nothing", "", "is empty"],
    ["a list", "- a\n- b\n", "does not take"],
    ["half a YAML", "id: [R12", "correct the YAML"],
    ["too much", `# ${"x".repeat(300_000)}`, "is longer than 256 KiB"],
    [
      "a tower of aliases",
      `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: [${"*c,".repeat(9)}]\n`,
      "aliases",
    ],
  ])("%s is told so", (_name, text, message) => {
    const read = readRoadmap("x.yaml", text);
    expect(read.ok).toBe(false);
    expect(read.ok ? "" : read.problems.map(String).join("\n")).toContain(message);
  });
});
