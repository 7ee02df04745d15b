// What was given up and waits for an operator: listed without content, and sent again under the same webhook-id.
import { sql } from "@ruta/db";
import type { Db, Querying, Tx } from "@ruta/db";
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

/** What a list is narrowed to; what is left out does not narrow it. */
interface ParkedFilter {
  readonly id?: string | undefined;
  readonly institution?: string | undefined;
  /** Code of the reason, such as exhausted. */
  readonly reason?: string | undefined;
  /** The cursor of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A page of them; `next` is the cursor of the next one. */
interface ParkedPage {
  readonly parked: readonly ParkedDelivery[];
  readonly next?: string;
}

/** What a cursor looks like: when the last one of a page was parked, in microseconds, and its id. */
export const PARKED_CURSOR = /^\d{1,18}~[\w-]{1,100}$/;

/** Parked deliveries of one schema. */
export interface ParkedDeliveries {
  /** The longest parked first. */
  list(filter: ParkedFilter): Promise<ParkedPage>;
  /** What became of a delivery; undefined when there is none. */
  stateOf(tx: Querying, id: string): Promise<string | undefined>;
  /** Makes a parked delivery due again, with a schedule that begins anew; or says why it does not. */
  retry(tx: Tx, id: string): Promise<"due" | "not-parked" | "endpoint-disabled">;
}

/** Opens them. */
export function openParkedDeliveries(db: Db, schema: string): ParkedDeliveries {
  const deliveries = sql.id(schema, "deliveries");
  return {
    async list({ id, institution, reason, after, limit }) {
      const [micros = "0", last = ""] = after?.split("~") ?? [];
      const rows = await db.query<Omit<ParkedDelivery, "parkedAt"> & { parkedAt: Date; micros: bigint }>(sql`
        SELECT delivery_id AS id, institution, referral_id AS referral, parked_reason AS reason, attempts,
          parked_at AS "parkedAt", (extract(epoch FROM parked_at) * 1000000)::bigint AS micros
        FROM ${deliveries} WHERE state = 'parked'
          AND (parked_at, delivery_id) > (timestamptz 'epoch' + ${micros}::bigint * interval '1 microsecond', ${last}::text)
          AND (${id ?? null}::text IS NULL OR delivery_id = ${id ?? null})
          AND (${institution ?? null}::text IS NULL OR institution = ${institution ?? null})
          AND (${reason ?? null}::text IS NULL OR parked_reason = ${reason ?? null})
        ORDER BY parked_at, delivery_id LIMIT ${limit}`);
      const end = rows.length < limit ? undefined : rows.at(-1);
      return {
        parked: rows.map((row) => ({
          id: row.id,
          institution: row.institution,
          referral: row.referral,
          reason: row.reason,
          attempts: row.attempts,
          parkedAt: row.parkedAt.toISOString(),
        })),
        ...(end ? { next: `${end.micros}~${end.id}` } : {}),
      };
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
