// What waits too long says so: the case is told once of each delivery that a recipient is late in taking.
import { sql } from "@ruta/db";
import type { Delivery } from "@ruta/events";
import type { Engine } from "@ruta/log";
import { lateRecord } from "./records.ts";

/** Most that is told in one transaction. */
const BATCH = 200;

type Row = Delivery & { readonly attempts: number; readonly now: Date };

/** Tells the cases; answers how many deliveries were late. */
export async function tellLate(
  engine: Pick<Engine, "transact">,
  schema: string,
  endpointIdOf: (institution: string) => string,
): Promise<number> {
  const deliveries = sql.id(schema, "deliveries");
  return engine.transact(async (tx) => {
    const rows = await tx.query<Row>(sql`
      UPDATE ${deliveries} AS d SET late_at = NULL FROM (
        SELECT delivery_id FROM ${deliveries} WHERE state IN ('waiting', 'offered') AND late_at <= now()
        ORDER BY late_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED) AS late
      WHERE d.delivery_id = late.delivery_id
      RETURNING d.delivery_id AS id, d.event_id AS "eventId", d.institution, d.case_id AS "caseId",
        d.referral_id AS "referralId", d.attempts, now() AS now`);
    const records = rows.map((row) =>
      lateRecord(row, {
        endpointId: endpointIdOf(row.institution),
        attempts: row.attempts,
        at: row.now.getTime(),
      }),
    );
    return { result: rows.length, records };
  });
}
