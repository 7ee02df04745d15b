// Conditions say yes, no, or that they failed; what they cannot mean is told before they are asked.
import { create } from "@bufbuild/protobuf";
import { CaseFactsSchema } from "@ruta/events";
import { describe, expect, test } from "vitest";
import { conditionProblem, judge } from "./condition.ts";

const FACTS = create(CaseFactsSchema, {
  reasonCode: "SV",
  priority: "urgent",
  hasChild: true,
  person: { ageBand: "18-59", sex: "female" },
  members: [{ ageBand: "5-11", relation: "CHILD" }],
  outcomes: { "R01.2": "served" },
});

test.each([
  ["facts.has_child", "yes"],
  ["facts.reason_code == 'SV' && !facts.has_child", "no"],
  ["has(facts.person.age_band) && facts.person.age_band in ['18-59', '60+']", "yes"],
  ["has(facts.person.undocumented)", "no"],
  ["facts.members.exists(m, m.age_band in ['0-4', '5-11'])", "yes"],
  ["facts.members.all(m, m.relation == 'SPS')", "no"],
  ["'R01.2' in facts.outcomes && facts.outcomes['R01.2'] == 'served'", "yes"],
  ["'R01.3' in facts.outcomes", "no"],
  ["size(facts.members) > 1 ? false : facts.priority.startsWith('urg')", "yes"],
] as const)("%s: %s", (source, verdict) => {
  expect(conditionProblem(source)).toBeUndefined();
  expect(judge(source, FACTS, "yes")).toBe(verdict);
});

test("an empty condition says what its place says", () => {
  expect([judge("", FACTS, "yes"), judge("", FACTS, "no")]).toEqual(["yes", "no"]);
});

test("one that fails when it is asked says so", () => {
  expect(conditionProblem("facts.outcomes['R09.1'] == 'served'")).toBeUndefined();
  expect(judge("facts.outcomes['R09.1'] == 'served'", FACTS, "yes")).toBe("failed");
  expect(judge("facts.nothing", FACTS, "yes")).toBe("failed");
});

describe("a condition that cannot be meant so is told why:", () => {
  test.each([
    ["facts.age", "asks CaseFacts for age; it has reason_code, priority"],
    ["facts.reason_code", "is a string, not true or false"],
    ["facts.has_child == 'yes'", "has a string where a comparison needs a bool"],
    ["facts.priority == 3", "has a int where a comparison needs a string"],
    ["child", "knows no child: what a case says is facts"],
    ["facts.has_child && facts.priority", "has a string where &&, || and ! needs a bool"],
    ["facts.priority in 'urgent'", "looks for something in a string"],
    ["facts.members.exists(m, m.name == 'x')", "asks PersonFacts for name"],
    ["facts.priority.exists(p, p == 'x')", "goes through a string"],
    ["now() == 3", "uses now, which conditions do not have for nothing"],
    ["facts.priority == null", "uses a constant that no fact can equal"],
    ["facts.priority in ['a', 1]", "has a int where a list needs a string"],
  ])("%s", (source, message) => {
    expect(conditionProblem(source)?.message).toContain(message);
  });

  test("what does not parse, with its place", () => {
    expect(conditionProblem("facts.has_child &&")).toEqual({ message: "is not an expression of CEL", at: 16 });
  });
});
