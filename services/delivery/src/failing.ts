// An institution whose endpoint has failed for a while is told so, once: a flap is nobody's news.
import { sql } from "@ruta/db";
import type { Engine } from "@ruta/log";
import { endpointRecord } from "./notices.ts";

interface Row {
  readonly institution: string;
  readonly endpointId: string;
  readonly openedAt: Date;
}

/** Tells institutions whose breaker has been open for `afterMs`; answers how many. The id of a notice is that of its opening. */
export async function tellFailing(engine: Pick<Engine, "transact">, schema: string, afterMs: number): Promise<number> {
  const endpoints = sql.id(schema, "endpoints");
  return engine.transact(async (tx) => {
    const rows = await tx.query<Row>(sql`
      UPDATE ${endpoints} AS e SET told = 'failing' FROM (
        SELECT institution FROM ${endpoints}
        WHERE opened_at <= now() - ${afterMs}::double precision * interval '1 millisecond' AND told IS NULL
          AND disabled_at IS NULL
        ORDER BY institution FOR UPDATE SKIP LOCKED) AS lasting
      WHERE e.institution = lasting.institution
      RETURNING e.institution, e.endpoint_id AS "endpointId", e.opened_at AS "openedAt"`);
    const records = rows.map(({ institution, endpointId, openedAt }) => {
      const since = openedAt.getTime();
      return endpointRecord({ institution, endpointId, word: "failing", at: since + afterMs, since });
    });
    return { result: rows.length, records };
  });
}
