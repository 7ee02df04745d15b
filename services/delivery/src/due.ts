// Makes deliveries due for an operator: what was parked or taken waits again under its own id, at its place in its lane.
import { sql } from "@ruta/db";
import type { Tx } from "@ruta/db";
import { channelOf } from "./intake.ts";
import type { LaneKey } from "./intake.ts";

/** A delivery and its lane. */
export interface Addressed extends LaneKey {
  readonly id: string;
}

/**
 * Makes deliveries due: what is parked, what was taken and still has its body, and what waits. Each is sent in the order of its
 * lane: when another stands first there, that one is tried now, and a failure leaves its schedule where it was. Answers the
 * ids of those that wait now; what is neither of the three, or is for a disabled endpoint, is left as it is.
 */
export async function makeDue(tx: Tx, schema: string, given: readonly Addressed[]): Promise<string[]> {
  const table = (name: string) => sql.id(schema, name);
  const disabled = await tx.query<{ institution: string }>(sql`
    SELECT institution FROM ${table("endpoints")} WHERE disabled_at IS NOT NULL
      AND institution = ANY(${[...new Set(given.map(({ institution }) => institution))]}::text[])`);
  const shut = new Set(disabled.map(({ institution }) => institution));
  // It would be parked again at once, and its case told once more.
  const all = given.filter(({ institution }) => !shut.has(institution));
  if (all.length === 0) return [];
  const ids = all.map(({ id }) => id);
  const named = sql`SELECT DISTINCT institution, case_id FROM unnest(${all.map(({ institution }) => institution)}::text[],
    ${all.map(({ caseId }) => caseId)}::text[]) AS n (institution, case_id)`;
  // The lanes first, in one order, in a statement of its own: whoever holds one reads what waits only under its lock.
  await tx.query(sql`
    SELECT FROM ${table("lanes")} AS l JOIN (${named}) AS n USING (institution, case_id)
    ORDER BY l.institution, l.case_id FOR UPDATE OF l`);
  const again = await tx.query<{ id: string }>(sql`
    UPDATE ${table("deliveries")} SET state = 'waiting', trigger = 'operator', step = 0, refusals = 0, tried_since = NULL,
      late_at = CASE WHEN delivered_at IS NULL THEN late_at END, parked_at = NULL, parked_reason = NULL,
      waits_since = now()
    WHERE delivery_id = ANY(${ids}::text[]) AND state IN ('parked', 'delivered') AND body IS NOT NULL
    RETURNING delivery_id AS id`);
  const due = await tx.query<{ id: string }>(sql`
    SELECT delivery_id AS id FROM ${table("deliveries")} WHERE delivery_id = ANY(${ids}::text[]) AND state = 'waiting'`);
  await tx.query(sql`
    UPDATE ${table("lanes")} AS l SET next_due = least(l.next_due, now()), outage = l.outage AND NOT h.again,
      pulled_from = CASE WHEN NOT h.again AND l.next_due > now() THEN coalesce(l.pulled_from, l.next_due)
        WHEN NOT h.again THEN l.pulled_from END
    FROM (${named}) AS n CROSS JOIN LATERAL (
      SELECT delivery_id = ANY(${again.map(({ id }) => id)}::text[]) AS again FROM ${table("deliveries")} AS d
      WHERE d.institution = n.institution AND d.case_id = n.case_id AND d.state = 'waiting'
      ORDER BY d.sequence LIMIT 1) AS h
    WHERE l.institution = n.institution AND l.case_id = n.case_id`);
  await tx.query(sql`SELECT pg_notify(${channelOf(schema)}, '')`);
  return due.map(({ id }) => id);
}
