// The alert rules as Prometheus reads them, with their texts in both languages.
import { stringify } from "yaml";
import spanish from "../messages.es.json" with { type: "json" };
import { entryOf } from "./entry.ts";
import { promql } from "./expression.ts";
import type { Rule } from "./rules.ts";

const SPANISH: Readonly<Record<string, string>> = spanish;
const HEAD =
  "# Generated from services/hub/src/alerts/rules.ts: change it there, then `npm test -- --project unit services/hub/src/alerts -u`.\n";

/** The file for `rule_files`. */
export function rulesFile(rules: readonly Rule[]): string {
  const alerts = rules.map(({ name, severity, when, forSeconds, summary, remedy }) => ({
    alert: name,
    expr: promql(when),
    ...(forSeconds > 0 ? { for: `${forSeconds}s` } : {}),
    labels: { severity },
    annotations: {
      summary,
      description: remedy,
      summary_es: SPANISH[summary] ?? summary,
      description_es: SPANISH[remedy] ?? remedy,
      runbook: entryOf(name, "en"),
      runbook_es: entryOf(name, "es"),
    },
  }));
  return HEAD + stringify({ groups: [{ name: "ruta", rules: alerts }] }, { lineWidth: 0 });
}
