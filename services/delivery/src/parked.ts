// What was given up and waits for an operator: listed without content, and sent again under the same webhook-id.
import { sql } from "@ruta/db";
import type { Db, Tx } from "@ruta/db";
import { makeDue } from "./due.ts";
import type { Addressed } from "./due.ts";
import { revive } from "./endpoints.ts";

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
  /** Makes a parked delivery due again, with a schedule that begins anew; or says why it does not. */
  retry(tx: Tx, id: string): Promise<"due" | "not-parked" | "endpoint-disabled">;
}

/** Opens them. */
export function openParkedDeliveries(db: Db, schema: string): ParkedDeliveries {
  const deliveries = sql.id(schema, "deliveries");
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
      const [one] = await tx.query<Addressed>(sql`
        SELECT d.delivery_id AS id, l.institution, l.case_id AS "caseId" FROM ${sql.id(schema, "lanes")} AS l
        JOIN ${deliveries} AS d USING (institution, case_id)
        WHERE d.delivery_id = ${id} AND d.state = 'parked' FOR UPDATE OF l`);
      if (!one) return "not-parked";
      await revive(tx, schema, [one.institution]);
      const due = await makeDue(tx, schema, [one]);
      return due.length > 0 ? "due" : "endpoint-disabled";
    },
  };
}
