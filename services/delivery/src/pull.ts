// Lanes that wait for an institution's recovery are pulled forward when it is known to be back.
import { sql } from "@ruta/db";
import type { Tx } from "@ruta/db";

/**
 * Makes what waits for these institutions due: after a success there, only what failed for want of the endpoint; when an
 * operator says so, everything. A pulled try that fails leaves the schedule where it was. Lanes at work elsewhere are passed
 * over. Answers how many were pulled.
 */
export async function pullForward(
  tx: Tx,
  schema: string,
  institutions: readonly string[],
  which: "outages" | "all",
): Promise<number> {
  if (institutions.length === 0) return 0;
  const lanes = sql.id(schema, "lanes");
  const pulled = await tx.query(sql`
    WITH waiting AS (
      SELECT institution, case_id FROM ${lanes}
      WHERE institution = ANY(${[...new Set(institutions)]}::text[]) AND next_due > now()
        AND (outage OR ${which === "all"}) AND holder IS NULL
      FOR UPDATE SKIP LOCKED
    )
    UPDATE ${lanes} AS l SET pulled_from = coalesce(l.pulled_from, l.next_due), next_due = now() FROM waiting AS w
    WHERE l.institution = w.institution AND l.case_id = w.case_id RETURNING 1`);
  return pulled.length;
}
