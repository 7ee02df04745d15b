// What the router has to say to `ruta status`: how many referrals wait for an operator or for their requester, how many acts are disputed, what was accepted and not served, and since when.
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import type { HttpApp } from "@ruta/kit";
import { watcher } from "./staff-request.ts";
import { readUnserved } from "./unserved.ts";

/** Referrals that wait for somebody's choice, and disputes that an operator has to end. Times are RFC 3339. */
interface RouterSummary {
  readonly worklisted: number;
  readonly oldestWorklisted?: string;
  readonly returned: number;
  readonly oldestReturned?: string;
  readonly disputed: number;
  readonly oldestDisputed?: string;
  /** Accepted and not served, and by whom: the most overdue first. `oldest` is empty when there is none. */
  readonly unserved: Awaited<ReturnType<typeof readUnserved>>;
}

/** Reads the summary from the tables of one schema. */
async function summarise(db: Db, schema: string): Promise<RouterSummary> {
  const unserved = await readUnserved(db, schema);
  const rows = await db.query<{ kind: string; count: number; oldest: Date }>(sql`
    SELECT kind, count(*)::integer AS count, min(since) AS oldest FROM (
      SELECT waiting_kind AS kind, waiting_since AS since FROM ${sql.id(schema, "cases")} WHERE waiting_kind IS NOT NULL
      UNION ALL
      SELECT 'disputed', since FROM ${sql.id(schema, "disputes")} WHERE resolution IS NULL) AS waiting
    GROUP BY kind`);
  const of = (kind: string) => rows.find((row) => row.kind === kind);
  const worklisted = of("worklisted");
  const returned = of("returned");
  const disputed = of("disputed");
  return {
    worklisted: worklisted?.count ?? 0,
    ...(worklisted ? { oldestWorklisted: worklisted.oldest.toISOString() } : {}),
    returned: returned?.count ?? 0,
    ...(returned ? { oldestReturned: returned.oldest.toISOString() } : {}),
    disputed: disputed?.count ?? 0,
    unserved,
    ...(disputed ? { oldestDisputed: disputed.oldest.toISOString() } : {}),
  };
}

/** Adds GET /admin/router/summary. The admin app has checked the signature. */
export function registerSummary(admin: HttpApp, db: Db, schema: string): void {
  admin.get("/admin/router/summary", async (request) => {
    watcher(request);
    return summarise(db, schema);
  });
}
