// The hub's own alerts, where no Prometheus runs: this process looks at its own metrics by the rules, says in its log what begins
// and ends to fire, and answers GET /admin/alerts.
import { STAFF_PROBLEMS, mayWatch } from "@ruta/events";
import { problemsOf } from "@ruta/kit";
import type { HttpApp, Logger, Metrics } from "@ruta/kit";
import { alertKey, evaluate } from "./evaluate.ts";
import type { Alert } from "./evaluate.ts";
import type { Sample } from "./expression.ts";
import { RULES } from "./rules.ts";

const problem = problemsOf(STAFF_PROBLEMS);

/** Between two looks, in milliseconds: as often as Prometheus scrapes by our example. */
const LOOK_MS = 15_000;

/** A running watch. */
export interface AlertWatch {
  stop(): void;
}

/** The samples of the metrics that rules name, read now. */
async function samplesOf({ registry }: Metrics): Promise<Sample[]> {
  const names = [...new Set(RULES.map(({ when }) => when.metric))];
  const metrics = await Promise.all(names.map(async (name) => registry.getSingleMetric(name)?.get()));
  return metrics.flatMap((metric) =>
    (metric?.values ?? []).map(({ labels, value }) => ({
      metric: metric?.name ?? "",
      labels: labels as Sample["labels"],
      value,
    })),
  );
}

/** Starts to look, and adds the route. A look that is asked for is made then: an answer is never old. */
export function watchAlerts(admin: HttpApp, metrics: Metrics, logger: Logger, now: () => number): AlertWatch {
  let alerts: readonly Alert[] = [];
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    const before = alerts;
    alerts = evaluate(RULES, await samplesOf(metrics), before, now());
    const fired = new Set(before.filter(({ firing }) => firing).map(alertKey));
    const fires = new Set(alerts.filter(({ firing }) => firing).map(alertKey));
    const told = (one: Alert) => ({ name: one.name, reason: Object.values(one.labels).join(" ") });
    for (const one of alerts) if (one.firing && !fired.has(alertKey(one))) logger.warn(told(one), "an alert fires");
    for (const one of before) if (one.firing && !fires.has(alertKey(one))) logger.info(told(one), "an alert has ended");
  }
  const lookOnce = (): Promise<void> =>
    (looking ??= look().finally(() => {
      looking = undefined;
    }));

  admin.get("/admin/alerts", async (request): Promise<{ alerts: readonly Alert[] }> => {
    if (!mayWatch(request.staff)) throw problem("staff-role");
    await lookOnce();
    return { alerts };
  });
  const timer = setInterval(
    () => void lookOnce().catch((error: unknown) => logger.warn({ err: error }, "the alerts could not be looked at")),
    LOOK_MS,
  );
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
