// What of the router's tables goes when it is old: the memory of decided commands, disputes that ended, and whose work has ended.
import { sql } from "@ruta/db";
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
/** Most rows that go in one transaction. */
const PART = 1_000;

/** What goes of a schema. */
export function retention(schema: string, engine: Pick<Engine, "lag">): Sweep[] {
  const table = (name: string) => sql.id(schema, name);
  return [
    {
      when: async () => (await engine.lag()).every(({ seconds }) => seconds < BEHIND_S),
      async drop(tx) {
        const dropped = await tx.query(sql`
          DELETE FROM ${table("decided")} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM ${table("decided")} WHERE decided_at < now() - ${DECIDED_DAYS} * interval '1 day'
            ORDER BY decided_at LIMIT ${PART} FOR UPDATE SKIP LOCKED)) RETURNING 1`);
        return dropped.length === PART;
      },
    },
    {
      async drop(tx) {
        const dropped = await tx.query(sql`
          DELETE FROM ${table("disputes")} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM ${table("disputes")}
            WHERE resolution IS NOT NULL AND resolved_at < now() - ${DISPUTE_DAYS} * interval '1 day'
            ORDER BY resolved_at LIMIT ${PART} FOR UPDATE SKIP LOCKED)) RETURNING 1`);
        return dropped.length === PART;
      },
    },
    {
      // A referral leaves the worklist by whatever becomes of it, not only by an operator.
      async drop(tx) {
        const dropped = await tx.query(sql`
          DELETE FROM ${table("assignments")} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM ${table("assignments")} AS a WHERE since < now() - ${ASSIGNED_DAYS} * interval '1 day'
              AND NOT EXISTS (SELECT FROM ${table("cases")} WHERE waiting_kind = 'worklisted' AND waiting_referral = a.item_id)
              AND NOT EXISTS (SELECT FROM ${table("disputes")} WHERE resolution IS NULL AND event_id = a.item_id)
            LIMIT ${PART} FOR UPDATE SKIP LOCKED)) RETURNING 1`);
        return dropped.length === PART;
      },
    },
  ];
}
