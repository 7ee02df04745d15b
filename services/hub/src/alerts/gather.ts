// What fires anywhere in the hub: every process is asked for its own alerts, and what several say is one.
import type { AdminClient } from "../admin-client.ts";
import { alertKey } from "./evaluate.ts";
import type { Alert } from "./evaluate.ts";
import { PROCESS_DOWN, RULES } from "./rules.ts";
import type { Rule } from "./rules.ts";

/** An alert that fires. `since` is RFC 3339, and missing where nobody knows. */
export interface Gathered extends Pick<Rule, "name" | "severity" | "summary" | "remedy"> {
  readonly labels: Readonly<Record<string, string>>;
  readonly since?: string;
}

/** Asks every admin address; one that does not answer is an alert itself. */
export async function gather(admin: AdminClient): Promise<Gathered[]> {
  const asked = await admin.each("/admin/alerts");
  const answers = asked.map(({ url, answer }) => ({ url, answer: answer as { alerts: readonly Alert[] } | undefined }));
  const firing = answers.flatMap(({ answer }) => answer?.alerts.filter((alert) => alert.firing) ?? []);
  const one = [...Map.groupBy(firing, alertKey).values()].map((same) => ({
    ...same[0]!,
    since: new Date(Math.min(...same.map(({ since }) => since))).toISOString(),
  }));
  const down = answers.flatMap(({ url, answer }) =>
    answer ? [] : [{ name: PROCESS_DOWN, labels: { instance: url } }],
  );
  // In the order of the rules, critical ones first.
  return RULES.toSorted((a, b) => a.severity.localeCompare(b.severity)).flatMap(({ name, severity, summary, remedy }) =>
    [...down, ...one].flatMap((alert) =>
      alert.name === name
        ? [
            {
              name,
              severity,
              summary,
              remedy,
              labels: alert.labels,
              ...("since" in alert ? { since: alert.since } : {}),
            },
          ]
        : [],
    ),
  );
}
