// What of delivery's tables goes when it is old: bodies of what was taken, which a replay needs, attempts, redrives that ended, and
// proofs of endpoints that are no more.
import { sql } from "@ruta/db";
import type { Sweep } from "@ruta/db";

/** How long what was taken can be sent again, in days. */
const BODY_DAYS = 14;
const ATTEMPT_DAYS = 90;
/** How long a redrive is shown after it ended, in days. */
const REDRIVE_DAYS = 90;
/** How long an endpoint that comes back under its old URL and secret is still known, in days. */
const PROOF_DAYS = 90;
/** Most rows that go in one transaction. */
const PART = 1_000;

/** What goes of a schema. */
export function retention(schema: string): Sweep[] {
  const table = (name: string) => sql.id(schema, name);
  return [
    {
      async drop(tx) {
        const emptied = await tx.query(sql`
          UPDATE ${table("deliveries")} SET body = NULL WHERE state = 'delivered' AND ctid = ANY(ARRAY(
            SELECT ctid FROM ${table("deliveries")}
            WHERE state = 'delivered' AND body IS NOT NULL AND delivered_at < now() - ${BODY_DAYS} * interval '1 day'
            ORDER BY delivered_at LIMIT ${PART} FOR UPDATE SKIP LOCKED))
          RETURNING 1`);
        return emptied.length === PART;
      },
    },
    {
      async drop(tx) {
        // Numbers grow with time: the oldest are the first, and the first that is young ends the look.
        const dropped = await tx.query(sql`
          DELETE FROM ${table("attempts")} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM (
              SELECT ctid, started_at FROM ${table("attempts")} ORDER BY attempt_id LIMIT ${PART}) AS first
            WHERE started_at < now() - ${ATTEMPT_DAYS} * interval '1 day'))
          RETURNING 1`);
        return dropped.length === PART;
      },
    },
    {
      async drop(tx) {
        const dropped = await tx.query(sql`
          DELETE FROM ${table("redrives")} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM ${table("redrives")}
            WHERE state <> 'running' AND changed_at < now() - ${REDRIVE_DAYS} * interval '1 day' LIMIT ${PART}))
          RETURNING 1`);
        return dropped.length === PART;
      },
    },
    {
      async drop(tx) {
        const dropped = await tx.query(sql`
          DELETE FROM ${table("proofs")} WHERE ctid = ANY(ARRAY(
            SELECT p.ctid FROM ${table("proofs")} AS p
            WHERE p.proved_at < now() - ${PROOF_DAYS} * interval '1 day' AND NOT EXISTS (
              SELECT FROM ${table("endpoints")} AS e WHERE (e.institution, e.fingerprint) = (p.institution, p.fingerprint))
            LIMIT ${PART}))
          RETURNING 1`);
        return dropped.length === PART;
      },
    },
  ];
}
