// What was given up and waits for an operator: listed without content, and sent again under the same webhook-id.
import { sql } from "@ruta/db";
import type { Db, Tx } from "@ruta/db";
import { enable } from "./endpoints.ts";

/** A parked delivery by ids and codes. */
interface ParkedDelivery {
  readonly id: string;
  readonly institution: string;
  readonly referral: string;
  readonly reason: string;
  readonly attempts: number;
  readonly parkedAt: string;
}

/** Parked deliveries of one schema. */
export interface ParkedDeliveries {
  /** The longest parked first. */
  list(limit: number): Promise<ParkedDelivery[]>;
  /** What became of a delivery; undefined when there is none. */
  stateOf(tx: Pick<Tx, "query">, id: string): Promise<string | undefined>;
  /** Makes a parked delivery due again, with a schedule that begins anew; false when it is not parked. */
  retry(tx: Tx, id: string): Promise<boolean>;
}

/** Opens them. */
export function openParkedDeliveries(db: Db, schema: string): ParkedDeliveries {
  const deliveries = sql.id(schema, "deliveries");
  const lanes = sql.id(schema, "lanes");
  return {
    async list(limit) {
      const rows = await db.query<Omit<ParkedDelivery, "parkedAt"> & { parkedAt: Date }>(sql`
        SELECT delivery_id AS id, institution, referral_id AS referral, parked_reason AS reason, attempts,
          parked_at AS "parkedAt"
        FROM ${deliveries} WHERE state = 'parked' ORDER BY parked_at, delivery_id LIMIT ${limit}`);
      return rows.map((row) => ({ ...row, parkedAt: row.parkedAt.toISOString() }));
    },

    async stateOf(tx, id) {
      const [row] = await tx.query<{ state: string }>(sql`
        SELECT state FROM ${deliveries} WHERE delivery_id = ${id}`);
      return row?.state;
    },

    async retry(tx, id) {
      // The lane first, in a statement of its own: whoever holds it reads what waits only under its lock.
      const [lane] = await tx.query<{ institution: string; caseId: string }>(sql`
        SELECT l.institution, l.case_id AS "caseId" FROM ${lanes} AS l
        JOIN ${deliveries} AS d USING (institution, case_id) WHERE d.delivery_id = ${id} FOR UPDATE OF l`);
      if (!lane) return false;
      const again = await tx.query(sql`
        UPDATE ${deliveries} SET state = 'waiting', trigger = 'operator', step = 0, refusals = 0, tried_since = NULL,
          parked_at = NULL, parked_reason = NULL, waits_since = now()
        WHERE delivery_id = ${id} AND state = 'parked' RETURNING 1`);
      if (again.length === 0) return false;
      await tx.query(sql`
        UPDATE ${lanes} SET next_due = now(), pulled_from = NULL, outage = false
        WHERE institution = ${lane.institution} AND case_id = ${lane.caseId}`);
      // Whoever sends again says that the endpoint is to be tried again.
      await enable(tx, schema, lane.institution);
      return true;
    },
  };
}
