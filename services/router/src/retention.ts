// What of the router's tables goes when it is old: the memory of decided commands, disputes that ended, and whose work has ended.
import { rowsOf, sql } from "@ruta/db";
import type { Sweep } from "@ruta/db";
import type { Engine } from "@ruta/log";

/** How long it is remembered that a command was decided, in days: longer than commands stay in the log. */
const DECIDED_DAYS = 45;
/** How long a dispute is kept after it ended, in days; its events tell of it for ever. */
const DISPUTE_DAYS = 90;
/** How long a row of the worklist stays somebody's after it has left the list, in days. */
const ASSIGNED_DAYS = 1;
/** What is not read may be no older than this, in seconds, or a repeat in it could be older than what is remembered. */
const BEHIND_S = 86_400;

/** What goes of a schema. */
export function retention(schema: string, engine: Pick<Engine, "lag">): Sweep[] {
  const table = (name: string) => sql.id(schema, name);
  return [
    {
      when: async () => (await engine.lag()).every(({ seconds }) => seconds < BEHIND_S),
      drop: rowsOf(table("decided"), sql`decided_at < now() - ${DECIDED_DAYS} * interval '1 day' ORDER BY decided_at`),
    },
    {
      drop: rowsOf(
        table("disputes"),
        sql`resolution IS NOT NULL AND resolved_at < now() - ${DISPUTE_DAYS} * interval '1 day' ORDER BY resolved_at`,
      ),
    },
    {
      // A referral leaves the worklist by whatever becomes of it, not only by an operator.
      drop: rowsOf(
        table("assignments"),
        sql`since < now() - ${ASSIGNED_DAYS} * interval '1 day'
          AND NOT EXISTS (SELECT FROM ${table("cases")} WHERE waiting_kind = 'worklisted' AND waiting_referral = old.item_id)
          AND NOT EXISTS (SELECT FROM ${table("disputes")} WHERE resolution IS NULL AND event_id = old.item_id)`,
      ),
    },
  ];
}
