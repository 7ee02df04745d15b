// Skips a delivery that holds its lane up: it is parked for good or until an operator sends it again, and what follows goes on.
import { sql } from "@ruta/db";
import type { Tx } from "@ruta/db";
import type { Delivery, NewRecord } from "@ruta/events";
import { channelOf } from "./intake.ts";
import { undeliverableRecord } from "./records.ts";
import { nextToken } from "./tokens.ts";

/** Why a delivery is not skipped: there is none, it holds nothing up, or a worker sends it at this moment. */
type SkipRefusal = "not-found" | "not-blocking" | "in-hand";

/** What came of it: a refusal, or what the case is told (nothing when it knows it as delivered). */
export type Skipped = { readonly refused: SkipRefusal } | { readonly records: NewRecord[] };

type Row = Delivery & {
  readonly attempts: number;
  readonly state: string;
  readonly replayed: boolean;
  readonly first: boolean;
  readonly now: Date;
};

/** Skips it in `tx`. `expiryMs`: a worker silent for longer is dead. `endpointIdOf` names an institution's endpoint. */
export async function skip(
  tx: Tx,
  schema: string,
  id: string,
  { expiryMs, endpointIdOf }: { readonly expiryMs: number; readonly endpointIdOf: (institution: string) => string },
): Promise<Skipped> {
  const table = (name: string) => sql.id(schema, name);
  // The lane first, in a statement of its own: whoever holds it reads what waits only under its lock.
  const [lane] = await tx.query<{ inHand: boolean }>(sql`
    SELECT l.holder IN (SELECT worker FROM ${table("workers")}
      WHERE beat_at > clock_timestamp() - ${expiryMs}::double precision * interval '1 millisecond') AS "inHand"
    FROM ${table("lanes")} AS l JOIN ${table("deliveries")} AS d USING (institution, case_id)
    WHERE d.delivery_id = ${id} FOR UPDATE OF l`);
  const [row] = await tx.query<Row>(sql`
    SELECT delivery_id AS id, event_id AS "eventId", institution, case_id AS "caseId", referral_id AS "referralId", attempts,
      state, delivered_at IS NOT NULL AS replayed, now() AS now, NOT EXISTS (
        SELECT FROM ${table("deliveries")} AS e WHERE e.institution = d.institution AND e.case_id = d.case_id
          AND e.state = 'waiting' AND e.sequence < d.sequence) AS first
    FROM ${table("deliveries")} AS d WHERE delivery_id = ${id}`);
  if (!lane || !row) return { refused: "not-found" };
  if (row.state !== "waiting" || !row.first) return { refused: "not-blocking" };
  if (lane.inHand) return { refused: "in-hand" };
  await tx.query(sql`
    UPDATE ${table("deliveries")} SET state = 'parked', parked_reason = 'skipped', parked_at = now()
    WHERE delivery_id = ${id}`);
  const [{ token } = { token: 0n }] = await tx.query<{ token: bigint }>(sql`
    UPDATE ${table("lanes")} AS l SET holder = NULL, token = ${nextToken(schema, sql`token`)}, pulled_from = NULL, outage = false,
      next_due = (SELECT now() FROM ${table("deliveries")} AS d
        WHERE d.institution = l.institution AND d.case_id = l.case_id AND d.state = 'waiting' LIMIT 1)
    WHERE institution = ${row.institution} AND case_id = ${row.caseId} RETURNING token`);
  await tx.query(sql`SELECT pg_notify(${channelOf(schema)}, '')`);
  if (row.replayed) return { records: [] };
  const told = { endpointId: endpointIdOf(row.institution), attempts: row.attempts, at: row.now.getTime() };
  return { records: [undeliverableRecord({ ...row, token }, { ...told, reasonCode: "skipped" })] };
}
