// Alerts from samples: which series match, when an alert fires and ends, and that what Prometheus and Grafana are given is current.
import { readFileSync } from "node:fs";
import { createMetrics } from "@ruta/kit";
import { describe, expect, test } from "vitest";
import { dashboard } from "./dashboard.ts";
import { evaluate } from "./evaluate.ts";
import type { Alert } from "./evaluate.ts";
import { matchesOf, promql } from "./expression.ts";
import type { Expression, Sample } from "./expression.ts";
import { rulesFile } from "./prometheus.ts";
import SPANISH from "../messages.es.json" with { type: "json" };
import { RULES } from "./rules.ts";
import type { Rule } from "./rules.ts";

const of = (folder: string): string => new URL(`../../../../infra/${folder}`, import.meta.url).pathname;
const age = (value: number, labels: Sample["labels"] = {}): Sample => ({ metric: "age_seconds", labels, value });
const above: Expression = { metric: "age_seconds", by: ["kind"], is: "above", than: 10 };

describe("an expression", () => {
  test("holds for the worst of the series that differ in other labels only", () => {
    const samples = [age(11, { kind: "a", of: "1" }), age(12, { kind: "a", of: "2" }), age(10, { kind: "b" })];
    expect(matchesOf(above, samples)).toEqual([{ labels: { kind: "a" }, value: 12 }]);
    expect(matchesOf({ ...above, by: [], is: "below", than: 11 }, samples)).toEqual([{ labels: {}, value: 10 }]);
  });

  test("looks at the series with the labels that it names, and at no other metric", () => {
    const one: Expression = { ...above, where: { kind: ["a", "c"] } };
    const samples = [age(20, { kind: "b" }), age(20, { kind: "c" }), { ...age(99, { kind: "a" }), metric: "other" }];
    expect(matchesOf(one, samples)).toEqual([{ labels: { kind: "c" }, value: 20 }]);
  });

  test.each<[Expression, string]>([
    [above, "max by (kind) (age_seconds) > 10"],
    [{ metric: "free", where: { of: ["x"] }, by: [], is: "below", than: 0.5 }, 'min(free{of="x"}) < 0.5'],
    [{ ...above, where: { kind: ["a", "b"] } }, 'max by (kind) (age_seconds{kind=~"a|b"}) > 10'],
  ])("%j reads as PromQL: %s", (expression, text) => {
    expect(promql(expression)).toBe(text);
  });
});

describe("an alert", () => {
  const rule: Rule = { name: "Old", severity: "warning", when: above, forSeconds: 30, summary: "", remedy: "" };
  const look = (value: number, before: readonly Alert[], at: number): Alert[] =>
    evaluate([rule], [age(value, { kind: "a" })], before, at);

  test("is pending while its rule holds, and fires once it has held for long enough", () => {
    const first = look(11, [], 1_000);
    expect(first).toMatchObject([{ name: "Old", labels: { kind: "a" }, since: 1_000, firing: false }]);
    expect(look(15, first, 30_999)).toMatchObject([{ since: 1_000, firing: false, value: 15 }]);
    expect(look(15, first, 31_000)).toMatchObject([{ since: 1_000, firing: true }]);
  });

  test("ends at once when its rule holds no more, and begins anew after that", () => {
    const fires = look(15, look(11, [], 0), 40_000);
    const ended = look(10, fires, 41_000);
    expect(ended).toEqual([]);
    expect(look(15, ended, 42_000)).toMatchObject([{ since: 42_000, firing: false }]);
  });

  test("is one for each value of the labels that it is told apart by", () => {
    const samples = [age(11, { kind: "a" }), age(11, { kind: "b" })];
    expect(evaluate([rule], samples, look(11, [], 0), 5).map(({ since }) => since)).toEqual([0, 5]);
  });
});

test("each rule has a name of its own, and no label that holds an institution or a person", () => {
  expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
  const labels = new Set(RULES.flatMap(({ when }) => when.by));
  expect([...labels].toSorted()).toEqual([
    "assigned",
    "check",
    "group",
    "instance",
    "kind",
    "part",
    "priority",
    "service",
    "topic",
  ]);
});

test.each(["en", "es"] as const)(
  "each rule has its entry in the page on operating, in %s, with its condition and what to do",
  (language) => {
    const page = readFileSync(of(`../docs/operate${language === "es" ? ".es" : ""}.md`), "utf8");
    const entries = new Map(page.split(/^### /m).map((entry) => [entry.split("\n", 1)[0], entry]));
    const said = (text: string): string => (language === "es" ? SPANISH[text as keyof typeof SPANISH] : text);
    for (const { name, severity, when, summary, remedy } of RULES) {
      const entry = entries.get(name);
      for (const words of [severity, promql(when), said(summary), said(remedy)]) expect(entry, name).toContain(words);
    }
  },
);

test("the file of Prometheus is what the rules say", async () => {
  await expect(rulesFile(RULES)).toMatchFileSnapshot(of("prometheus/ruta.rules.yml"));
});

test("the dashboard of Grafana is what its panels say", async () => {
  await expect(dashboard()).toMatchFileSnapshot(of("grafana/ruta.json"));
});

test("what a process measures of its event loop is there by the name that a rule has", async () => {
  expect(await createMetrics().registry.metrics()).toContain("nodejs_eventloop_lag_p99_seconds");
});
