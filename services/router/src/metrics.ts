// What operators see in numbers of the worklist and of what was accepted and not served, by priority, never a case or a person.
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { Priority, priorityWord } from "@ruta/events";
import type { Metrics } from "@ruta/kit";
import { COUNTED_CASES, unservedRows } from "./unserved.ts";

/** Referrals and disputes that are looked at, of each the oldest. */
const COUNTED = 10_000;
const PRIORITIES = [Priority.EMERGENCY, Priority.URGENT, Priority.NORMAL] as const;
const TAKEN = { nobody: false, somebody: true } as const;
const OVERDUE = { no: false, yes: true } as const;

/** Registers the gauges; they are read from the tables when somebody scrapes. */
export function createRouterMetrics(metrics: Metrics, db: Db, schema: string): void {
  const labels = ["priority", "assigned"];
  metrics.readings({
    part: "router",
    gauges: {
      ruta_router_worklist_items: {
        help: `Referrals on the worklist and disputes that are open, by priority, and whether somebody has taken them, among the ${COUNTED} oldest of each`,
        labels,
      },
      ruta_router_worklist_oldest_seconds: {
        help: "How long the oldest of them has waited",
        labels,
      },
      ruta_router_unserved_referrals: {
        help: `Referrals that an institution has accepted and not served, by priority, and whether their time is over, of the ${COUNTED_CASES} cases that wait longest`,
        labels: ["priority", "overdue"],
      },
    },
    async read() {
      const [rows, unserved] = await Promise.all([readWorklist(db, schema), readUnservedCounts(db, schema)]);
      const waiting = PRIORITIES.flatMap((priority) =>
        Object.entries(OVERDUE).map(([overdue, is]) => ({
          gauge: "ruta_router_unserved_referrals" as const,
          labels: { priority: priorityWord(priority), overdue },
          value: unserved.find((row) => row.priority === priority && row.overdue === is)?.count ?? 0,
        })),
      );
      const listed = PRIORITIES.flatMap((priority) =>
        Object.entries(TAKEN).flatMap(([assigned, taken]) => {
          const found = rows.find((row) => row.priority === priority && row.taken === taken);
          const labels = { priority: priorityWord(priority), assigned };
          return [
            { gauge: "ruta_router_worklist_items" as const, labels, value: found?.count ?? 0 },
            { gauge: "ruta_router_worklist_oldest_seconds" as const, labels, value: Math.max(found?.seconds ?? 0, 0) },
          ];
        }),
      );
      return [...listed, ...waiting];
    },
  });
}

interface Row {
  readonly priority: Priority;
  readonly taken: boolean;
  readonly count: number;
  readonly seconds: number;
}

function readWorklist(db: Db, schema: string): Promise<Row[]> {
  const table = (name: string) => sql.id(schema, name);
  return db.query<Row>(sql`
    SELECT priority, a.item_id IS NOT NULL AS taken, count(*)::integer AS count,
      extract(epoch FROM now() - min(open.since))::double precision AS seconds
    FROM (
      (SELECT waiting_referral AS id, waiting_priority AS priority, waiting_since AS since
        FROM ${table("cases")} WHERE waiting_kind = 'worklisted' ORDER BY waiting_since LIMIT ${COUNTED})
      UNION ALL
      (SELECT event_id, priority, since FROM ${table("disputes")} WHERE resolution IS NULL ORDER BY since, event_id LIMIT ${COUNTED})
    ) AS open LEFT JOIN ${table("assignments")} AS a ON a.item_id = open.id
    GROUP BY priority, taken`);
}

function readUnservedCounts(
  db: Db,
  schema: string,
): Promise<{ priority: Priority; overdue: boolean; count: number }[]> {
  return db.query(sql`
    SELECT priority, overdue, count(*)::integer AS count FROM (${unservedRows(schema)}) AS waiting GROUP BY priority, overdue`);
}
