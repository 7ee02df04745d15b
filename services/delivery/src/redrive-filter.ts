// What a redrive sends again: its filter, which deliveries it names, and how many they are, by institution and reason.
import { sql } from "@ruta/db";
import type { Sql, Tx } from "@ruta/db";
import { isCaseId, parseReferralId } from "@ruta/events";
import { z } from "zod";

/** States that each kind of redrive takes from; what waits is only tried sooner. */
const STATES = {
  failed: ["parked"],
  "never-attempted": ["waiting"],
  all: ["parked", "waiting", "delivered"],
} as const;

type State = (typeof STATES)[keyof typeof STATES][number];

/**
 * The filter as staff gives it. `failed` is what is parked, `never-attempted` what waits for its first try, `all` whatever can be
 * sent, also what was taken within the last 14 days. `since` and `until` speak of when a delivery came into its state: was
 * parked, was taken, began to wait.
 */
export const filterShape = {
  what: z.enum(["failed", "never-attempted", "all"]),
  institution: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/)
    .optional(),
  case: z.string().refine(isCaseId).optional(),
  referral: z
    .string()
    .refine((id) => parseReferralId(id) !== undefined)
    .optional(),
  delivery: z
    .string()
    .regex(/^[0-9a-hjkmnp-tv-z]{26}$/)
    .optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  parkedReason: z
    .string()
    .regex(/^[a-z][a-z-]{0,39}$/)
    .optional(),
};

const filter = z.strictObject(filterShape);

/** A filter that has been checked. */
export type RedriveFilter = z.infer<typeof filter>;

/** What is wrong with a filter whose fields are right one by one: the field, and fixed words. */
export function filterFault(of: RedriveFilter): { field: string; detail: string } | undefined {
  if (of.what === "all" && ![of.since, of.referral, of.case, of.delivery].some(Boolean))
    return { field: "body.since", detail: "What was taken is sent again since a time, or of one case or delivery." };
  if (of.parkedReason !== undefined && of.what !== "failed")
    return { field: "body.parkedReason", detail: "Only what failed has a reason of parking." };
  if (of.since !== undefined && of.until !== undefined && Date.parse(of.since) >= Date.parse(of.until))
    return { field: "body.until", detail: "until must be later than since." };
  return undefined;
}

/** How many deliveries a filter names at one institution, for one reason of parking (or the state, where there is none). */
export interface RedriveCount {
  readonly institution: string;
  readonly reason: string;
  readonly count: number;
  /** An operator has disabled the endpoint: nothing is sent again there. */
  readonly disabled?: true;
}

/** How far a redrive is: the lane and the sequence that it looked at last. */
export interface Place {
  readonly institution: string;
  readonly caseId: string;
  readonly sequence: bigint;
}

/** A delivery that was looked at, and whether the filter names it. */
export interface Scanned extends Place {
  readonly id: string;
  readonly named: boolean;
}

const SINCE: Readonly<Record<State, Sql>> = {
  parked: sql`parked_at`,
  waiting: sql`waits_since`,
  delivered: sql`delivered_at`,
};

/** Conditions by which the rows of a state are found quickly. */
function found(state: State, of: RedriveFilter): Sql {
  const caseId = of.case ?? (of.referral === undefined ? undefined : parseReferralId(of.referral)?.caseId);
  const parts = [
    sql`state = ${sql.raw(`'${state}'`)}`,
    ...(state === "delivered" ? [sql`body IS NOT NULL`] : []),
    ...(of.institution === undefined ? [] : [sql`institution = ${of.institution}`]),
    ...(caseId === undefined ? [] : [sql`case_id = ${caseId}`]),
    ...(of.delivery === undefined ? [] : [sql`delivery_id = ${of.delivery}`]),
  ];
  return and(parts);
}

/** Conditions on such rows; `until` is the last moment of the redrive's own. */
function named(state: State, of: RedriveFilter, until: Date): Sql {
  const at = SINCE[state];
  return and([
    sql`${at} <= ${until}`,
    ...(of.until === undefined ? [] : [sql`${at} < ${new Date(of.until)}`]),
    ...(of.since === undefined ? [] : [sql`${at} >= ${new Date(of.since)}`]),
    ...(of.referral === undefined ? [] : [sql`referral_id = ${of.referral}`]),
    ...(of.parkedReason === undefined ? [] : [sql`parked_reason = ${of.parkedReason}`]),
    ...(of.what === "never-attempted" ? [sql`attempts = 0`] : []),
  ]);
}

const and = (parts: readonly Sql[]): Sql => parts.reduce((all, part) => sql`${all} AND ${part}`);
const union = (parts: readonly Sql[]): Sql => parts.reduce((all, part) => sql`${all} UNION ALL ${part}`);

/** Counts what a filter names, without touching it. */
export async function countNamed(tx: Tx, schema: string, of: RedriveFilter, until: Date): Promise<RedriveCount[]> {
  const parts = STATES[of.what].map(
    (state) => sql`
      SELECT institution, coalesce(parked_reason, state) AS reason FROM ${sql.id(schema, "deliveries")}
      WHERE ${found(state, of)} AND ${named(state, of, until)}`,
  );
  const rows = await tx.query<Omit<RedriveCount, "disabled"> & { disabled: boolean }>(sql`
    SELECT n.*, coalesce(e.disabled_reason = 'operator', false) AS disabled FROM (
      SELECT institution, reason, count(*)::integer AS count FROM (${union(parts)}) AS n GROUP BY institution, reason) AS n
    LEFT JOIN ${sql.id(schema, "endpoints")} AS e USING (institution) ORDER BY institution, reason`);
  return rows.map(({ disabled, ...row }) => (disabled ? { ...row, disabled } : row));
}

/** Looks at the next deliveries behind a place, at most `limit`, in the order of lanes and within each of its sequence. */
export async function scanNamed(
  tx: Tx,
  schema: string,
  of: RedriveFilter,
  { until, after, limit }: { readonly until: Date; readonly after: Place; readonly limit: number },
): Promise<Scanned[]> {
  const parts = STATES[of.what].map(
    (state) => sql`
      (SELECT institution, case_id AS "caseId", sequence, delivery_id AS id, ${named(state, of, until)} AS named
      FROM ${sql.id(schema, "deliveries")}
      WHERE ${found(state, of)}
        AND (institution, case_id, sequence) > (${after.institution}, ${after.caseId}, ${after.sequence}::bigint)
      ORDER BY institution, case_id, sequence LIMIT ${limit})`,
  );
  return tx.query<Scanned>(sql`
    SELECT * FROM (${union(parts)}) AS s ORDER BY institution, "caseId", sequence LIMIT ${limit}`);
}
