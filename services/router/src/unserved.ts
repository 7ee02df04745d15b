// Accepted and not served: what stands of it in the row of a case, and the figure by institution and service that operators see.
import { sql } from "@ruta/db";
import type { Querying, Sql } from "@ruta/db";
import type { Priority } from "@ruta/events";
import { unservedSince } from "./clocks.ts";
import type { CaseState } from "./state.ts";
import { windowEnd } from "./windows.ts";

/** Cases that are counted: those whose acceptance is the oldest. */
export const COUNTED_CASES = 10_000;
/** Most rows by institution and service, the most overdue first. */
const ROWS = 50;

/** What the row of a case says of its referrals that wait for a first service. Times are milliseconds. */
interface Unserved {
  readonly institution: string;
  readonly service: string;
  readonly priority: Priority;
  readonly since: number;
  readonly due: number;
}

/** The referrals of a case that were accepted and have had no service; undefined when there is none. No person stands behind a rehearsal. */
export function unservedOf(state: CaseState): { readonly since: Date; readonly json: string } | undefined {
  if (state.rehearsal !== "") return undefined;
  const all = Object.values(state.referrals).flatMap((referral): Unserved[] => {
    const since = unservedSince(referral);
    if (since === undefined) return [];
    const { performer: institution, priority, request } = referral;
    return [{ institution, service: request.serviceType, priority, since, due: windowEnd("serve", priority, since) }];
  });
  if (all.length === 0) return undefined;
  return { since: new Date(Math.min(...all.map(({ since }) => since))), json: JSON.stringify(all) };
}

/** A count of them. `oldest` is RFC 3339, when the first of them was accepted. */
interface Waiting {
  readonly count: number;
  /** Of them, those whose time for a first service is over. */
  readonly overdue: number;
  readonly oldest: string;
}

/** By who accepted, and the type of service that was asked. */
export interface WaitingAt extends Waiting {
  readonly institution: string;
  readonly service: string;
}

/** The referrals themselves, at the database's clock: of the `COUNTED_CASES` that wait longest. */
export function unservedRows(schema: string): Sql {
  return sql`
    SELECT u->>'institution' AS institution, u->>'service' AS service, (u->>'priority')::integer AS priority,
      to_timestamp((u->>'since')::double precision / 1000) AS since,
      to_timestamp((u->>'due')::double precision / 1000) < now() AS overdue
    FROM (SELECT unserved FROM ${sql.id(schema, "cases")} WHERE unserved_since IS NOT NULL
      ORDER BY unserved_since LIMIT ${COUNTED_CASES}) AS oldest, jsonb_array_elements(unserved) AS u`;
}

/** The figure, and where the wait is: the most overdue first. */
export async function readUnserved(on: Querying, schema: string): Promise<Waiting & { readonly at: WaitingAt[] }> {
  const rows = await on.query<Omit<WaitingAt, "oldest"> & { readonly oldest: Date }>(sql`
    SELECT institution, service, count(*)::integer AS count, count(*) FILTER (WHERE overdue)::integer AS overdue,
      min(since) AS oldest
    FROM (${unservedRows(schema)}) AS waiting GROUP BY institution, service ORDER BY overdue DESC, oldest, institution, service`);
  const sum = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((all, row) => all + of(row), 0);
  const oldest = rows.map((row) => row.oldest.toISOString()).toSorted()[0] ?? "";
  const at = rows.slice(0, ROWS).map((row) => ({ ...row, oldest: row.oldest.toISOString() }));
  return { count: sum((row) => row.count), overdue: sum((row) => row.overdue), oldest, at };
}
