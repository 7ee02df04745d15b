// Alerts from samples over time, as Prometheus has them: an alert is pending while its rule holds, and fires once it has held for
// as long as the rule says. Pure.
import { matchesOf } from "./expression.ts";
import type { Sample } from "./expression.ts";
import type { Rule } from "./rules.ts";

/** One alert that is pending or fires. */
export interface Alert {
  /** Name of the rule. */
  readonly name: string;
  readonly severity: Rule["severity"];
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Since when its rule has held, in milliseconds. */
  readonly since: number;
  readonly firing: boolean;
}

/** What tells an alert from another. */
export const alertKey = ({ name, labels }: Pick<Alert, "name" | "labels">): string => JSON.stringify([name, labels]);

/** The alerts after a look at `at` (milliseconds), from those before it. What holds no more is gone at once. */
export function evaluate(
  rules: readonly Rule[],
  samples: readonly Sample[],
  before: readonly Alert[],
  at: number,
): Alert[] {
  const known = new Map(before.map((alert) => [alertKey(alert), alert.since]));
  return rules.flatMap(({ name, severity, when, forSeconds }) =>
    matchesOf(when, samples).map(({ labels, value }) => {
      const since = known.get(alertKey({ name, labels })) ?? at;
      return { name, severity, labels, value, since, firing: at - since >= forSeconds * 1000 };
    }),
  );
}
