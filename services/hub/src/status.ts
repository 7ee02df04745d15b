// Routes that say how a service gets on: the same for every service, over its engine and its health.
import { STAFF_PROBLEMS, mayWatch } from "@ruta/events";
import type { HttpApp } from "@ruta/kit";
import { problemsOf } from "@ruta/kit";
import type { Engine, Lag } from "@ruta/log";

const problem = problemsOf(STAFF_PROBLEMS);

/** How far a service is behind in one topic, over all its partitions. */
export interface TopicLag {
  readonly group: string;
  readonly topic: string;
  readonly records: number;
  /** Age of the oldest record not consumed, in seconds. */
  readonly seconds: number;
}

/** How a service gets on. */
export interface ServiceStatus {
  readonly service: string;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly lag: readonly TopicLag[];
  /** Records that cannot be processed, and those of their cases that wait behind them. */
  readonly parked: { readonly records: number; readonly cases: number; readonly oldest?: string };
}

/** Adds GET /admin/{service}/status. */
export function serveStatus(
  admin: HttpApp,
  name: string,
  now: () => number,
  service: { readonly engine: Engine; health(): { readonly ready: boolean; readonly reasons: readonly string[] } },
): void {
  admin.get(`/admin/${name}/status`, async (request): Promise<ServiceStatus> => {
    if (!mayWatch(request.staff)) throw problem("staff-role");
    const [lag, { parked }] = await Promise.all([service.engine.lag(), service.engine.backlog()]);
    const oldest = new Date(now() - parked.oldestSeconds * 1000).toISOString();
    return {
      service: name,
      ...service.health(),
      lag: byTopic(lag),
      parked: { records: parked.records, cases: parked.keys, ...(parked.records > 0 ? { oldest } : {}) },
    };
  });
}

/** The lag of each group and topic over its partitions. */
export function byTopic(lags: readonly Lag[]): TopicLag[] {
  return [...Map.groupBy(lags, ({ group, topic }) => `${group} ${topic}`).values()].map((all) => ({
    group: all[0]?.group ?? "",
    topic: all[0]?.topic ?? "",
    records: all.reduce((sum, { records }) => sum + Number(records), 0),
    seconds: Math.round(Math.max(...all.map(({ seconds }) => seconds))),
  }));
}
