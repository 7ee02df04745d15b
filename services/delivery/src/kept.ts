// How long things are kept: bodies of deliveries that were taken, for a replay, and attempts. What is older goes in small parts.
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";

/** Most rows of each kind that go in one transaction. */
const PART = 1_000;
const BODIES = sql.raw(`interval '14 days'`);
const ATTEMPTS = sql.raw(`interval '90 days'`);

/** Drops a part of what is too old; answers whether there may be more. */
export async function dropOld(db: Db, schema: string): Promise<boolean> {
  const deliveries = sql.id(schema, "deliveries");
  const attempts = sql.id(schema, "attempts");
  const bodies = await db.query(sql`
    UPDATE ${deliveries} SET body = NULL WHERE state = 'delivered' AND delivery_id IN (
      SELECT delivery_id FROM ${deliveries}
      WHERE state = 'delivered' AND body IS NOT NULL AND delivered_at < now() - ${BODIES}
      ORDER BY delivered_at LIMIT ${PART} FOR UPDATE SKIP LOCKED)
    RETURNING 1`);
  // Numbers grow with time: the oldest are the first, and the first that is young ends the look.
  const dropped = await db.query(sql`
    DELETE FROM ${attempts} WHERE attempt_id IN (
      SELECT attempt_id FROM (SELECT attempt_id, started_at FROM ${attempts} ORDER BY attempt_id LIMIT ${PART}) AS first
      WHERE started_at < now() - ${ATTEMPTS})
    RETURNING 1`);
  return bodies.length === PART || dropped.length === PART;
}
