// What was given up and waits for an operator: listed without content, and sent again under the same webhook-id.
import { sql } from "@ruta/db";
import type { Db, Tx } from "@ruta/db";
import { makeDue } from "./due.ts";
import type { Addressed } from "./due.ts";

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
      const [one] = await tx.query<Addressed>(sql`
        SELECT delivery_id AS id, institution, case_id AS "caseId" FROM ${deliveries}
        WHERE delivery_id = ${id} AND state = 'parked'`);
      return one !== undefined && (await makeDue(tx, schema, [one])).length > 0;
    },
  };
}
