// What of delivery's tables goes when it is old: bodies of what was taken, which a replay needs, attempts, redrives that ended, and
// proofs of endpoints that are no more.
import { inParts, rowsOf, sql } from "@ruta/db";
import type { Sweep } from "@ruta/db";

/** How long what was taken can be sent again, in days. */
const BODY_DAYS = 14;
const ATTEMPT_DAYS = 90;
/** How long a redrive is shown after it ended, in days. */
const REDRIVE_DAYS = 90;
/** How long an endpoint that comes back under its old URL and secret is still known, in days. */
const PROOF_DAYS = 90;

/** What goes of a schema. */
export function retention(schema: string): Sweep[] {
  const table = (name: string) => sql.id(schema, name);
  return [
    {
      drop: inParts(
        (most) => sql`
          UPDATE ${table("deliveries")} SET body = NULL WHERE state = 'delivered' AND ctid = ANY(ARRAY(
            SELECT ctid FROM ${table("deliveries")}
            WHERE state = 'delivered' AND body IS NOT NULL AND delivered_at < now() - ${BODY_DAYS} * interval '1 day'
            ORDER BY delivered_at LIMIT ${most} FOR UPDATE SKIP LOCKED))
          RETURNING 1`,
      ),
    },
    {
      // Numbers grow with time: the oldest are the first, and the first that is young ends the look.
      drop: inParts(
        (most) => sql`
          DELETE FROM ${table("attempts")} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM (
              SELECT ctid, started_at FROM ${table("attempts")} ORDER BY attempt_id LIMIT ${most}) AS first
            WHERE started_at < now() - ${ATTEMPT_DAYS} * interval '1 day'))
          RETURNING 1`,
      ),
    },
    {
      drop: rowsOf(
        table("redrives"),
        sql`state <> 'running' AND changed_at < now() - ${REDRIVE_DAYS} * interval '1 day'`,
      ),
    },
    {
      drop: rowsOf(
        table("proofs"),
        sql`proved_at < now() - ${PROOF_DAYS} * interval '1 day' AND NOT EXISTS (
          SELECT FROM ${table("endpoints")} AS e WHERE (e.institution, e.fingerprint) = (old.institution, old.fingerprint))`,
      ),
    },
  ];
}
