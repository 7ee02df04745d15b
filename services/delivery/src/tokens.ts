// The numbers of lanes' holdings: ids of records are derived from them, so that none is given twice, also after a restore.
import { sql } from "@ruta/db";
import type { Sql, Tx } from "@ruta/db";

/** The number of the next holding of a lane, by its last one. */
export function nextToken(schema: string, last: Sql): Sql {
  return sql`greatest(${last}, (SELECT base FROM ${sql.id(schema, "token_base")})) + 1`;
}

/** Numbers all holdings from now on above any that can have been lost: by the milliseconds of the clock. */
export async function renewTokens(tx: Tx, schema: string): Promise<void> {
  await tx.query(sql`
    UPDATE ${sql.id(schema, "token_base")} SET base = greatest(base + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)`);
}
