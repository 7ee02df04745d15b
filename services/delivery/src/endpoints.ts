// Endpoints as operators see and treat them: listed, paused and resumed, disabled, tried again.
import { sql } from "@ruta/db";
import type { Db, Tx } from "@ruta/db";
import type { NewRecord } from "@ruta/events";
import { lockEndpoints, writeEndpoints } from "./endpoint-rows.ts";
import type { DisabledReason } from "./endpoint-rows.ts";
import { disable } from "./fare.ts";
import { channelOf } from "./intake.ts";
import { endpointRecord } from "./notices.ts";
import { pullForward } from "./pull.ts";

/**
 * inbox: the institution pulls. none: there is nowhere to post to. unproved: it has not answered a challenge. open: it fails, and is
 * spared but for probes.
 */
export const ENDPOINT_STATES = ["ok", "inbox", "open", "unproved", "paused", "disabled", "none"] as const;

/** What stands in the way of deliveries to an institution; the gravest when there are several. */
export type EndpointState = (typeof ENDPOINT_STATES)[number];

/** An endpoint by ids, codes and times. */
export interface EndpointView {
  readonly institution: string;
  readonly endpoint: string;
  readonly state: EndpointState;
  /** Since when it is paused, disabled or open. */
  readonly since?: string;
  /** Why it is disabled. */
  readonly reason?: DisabledReason;
  readonly proved: boolean;
  /** Failures since it last took something, which was at `good`, to the hour. */
  readonly failures: number;
  readonly good: string;
  /** When the next probe may be made of one that is open or unproved. */
  readonly probe?: string;
  /** Deliveries that wait or lie in the inbox, since when the oldest does, and those that are parked. */
  readonly waiting: number;
  readonly oldest?: string;
  readonly parked: number;
}

/** Which to list: those behind an institution, in one state; of all states, but without who receives nowhere and has nothing waiting. */
export interface EndpointFilter {
  readonly after: string;
  readonly state?: EndpointState | undefined;
  readonly limit: number;
}

type Row = {
  readonly [K in keyof EndpointView]: EndpointView[K] extends string | undefined
    ? string | Date | null
    : EndpointView[K];
};

/** The state of a row of endpoints `e` that has a proof `p` or not, as one SQL value. */
export const STATE = sql.raw(`
  CASE WHEN e.paused_at IS NOT NULL THEN 'paused' WHEN e.disabled_at IS NOT NULL THEN 'disabled'
    WHEN e.pulls THEN 'inbox' WHEN e.fingerprint = '' THEN 'none' WHEN p.fingerprint IS NULL THEN 'unproved'
    WHEN e.opened_at IS NOT NULL THEN 'open' ELSE 'ok' END`);

/** Lists endpoints in the order of their institutions. */
export async function listEndpoints(db: Db, schema: string, filter: EndpointFilter): Promise<EndpointView[]> {
  const table = (name: string) => sql.id(schema, name);
  const rows = await db.query<Row>(sql`
    SELECT e.*, w.* FROM (
      SELECT e.institution, e.endpoint_id AS endpoint, ${STATE} AS state, p.fingerprint IS NOT NULL AS proved, e.failures,
        e.good_at AS good, CASE ${STATE} WHEN 'paused' THEN e.paused_at WHEN 'disabled' THEN e.disabled_at
          WHEN 'open' THEN e.opened_at END AS since,
        CASE ${STATE} WHEN 'disabled' THEN e.disabled_reason END AS reason,
        CASE WHEN ${STATE} IN ('open', 'unproved') THEN e.probe_at END AS probe
      FROM ${table("endpoints")} AS e
      LEFT JOIN ${table("proofs")} AS p ON p.institution = e.institution AND p.fingerprint = e.fingerprint
      WHERE e.institution > ${filter.after}) AS e
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE d.state <> 'parked')::integer AS waiting,
        count(*) FILTER (WHERE d.state = 'parked')::integer AS parked,
        min(d.waits_since) FILTER (WHERE d.state <> 'parked') AS oldest
      FROM ${table("deliveries")} AS d
      WHERE d.institution = e.institution AND d.state IN ('waiting', 'offered', 'parked')) AS w
    WHERE CASE WHEN ${filter.state ?? null}::text IS NULL THEN e.state <> 'none' OR w.waiting > 0 OR w.parked > 0
      ELSE e.state = ${filter.state ?? null} END
    ORDER BY e.institution LIMIT ${filter.limit}`);
  return rows.map((row) => {
    const told = Object.entries(row).flatMap(([name, value]) =>
      value === null ? [] : [[name, value instanceof Date ? value.toISOString() : value]],
    );
    return Object.fromEntries(told) as EndpointView;
  });
}

/** Nothing is sent to the institution, or put into its inbox, until it is resumed: what is for it waits. False when there is no such institution. */
export async function pause(tx: Tx, schema: string, institution: string): Promise<boolean> {
  const rows = await tx.query(sql`
    UPDATE ${sql.id(schema, "endpoints")} SET paused_at = coalesce(paused_at, now())
    WHERE institution = ${institution} RETURNING 1`);
  return rows.length > 0;
}

/**
 * Neither paused nor disabled any more; an endpoint that failed is probed at once. Answers what its institution is told; undefined
 * when there is no such institution.
 */
export async function resume(tx: Tx, schema: string, institution: string): Promise<NewRecord[] | undefined> {
  const [row] = await lockEndpoints(tx, schema, [institution]);
  if (!row) return undefined;
  // Where nothing is posted, no exchange will show that all is well again: that it is resumed says so.
  const recovered = row.pulls && row.told !== null;
  await tx.query(sql`
    UPDATE ${sql.id(schema, "endpoints")} SET paused_at = NULL, told = CASE WHEN ${recovered} THEN NULL ELSE told END
    WHERE institution = ${institution}`);
  await enable(tx, schema, [institution], ["gone", "failing", "operator"]);
  const { endpointId, now } = row;
  return recovered ? [endpointRecord({ institution, endpointId, word: "recovered", at: now.getTime() })] : [];
}

/**
 * Tries endpoints again, since an operator sends again what was for them: what the hub found to be gone or useless is not disabled
 * any more. What an operator disabled stays so until an operator resumes it.
 */
export async function revive(tx: Tx, schema: string, institutions: readonly string[]): Promise<void> {
  await enable(tx, schema, institutions, ["gone", "failing"]);
}

/** Those disabled for one of these reasons are not any more, and all are probed at once; earlier failures count no more. */
async function enable(
  tx: Tx,
  schema: string,
  institutions: readonly string[],
  reasons: readonly DisabledReason[],
): Promise<void> {
  const endpoints = sql.id(schema, "endpoints");
  await tx.query(sql`
    UPDATE ${endpoints} SET disabled_at = NULL, disabled_reason = NULL, good_at = now(), failures = 0,
      first_failed_at = NULL, last_failed_at = NULL
    WHERE institution IN (
      SELECT institution FROM ${endpoints}
      WHERE institution = ANY(${[...institutions]}::text[]) AND disabled_reason = ANY(${[...reasons]}::text[])
      ORDER BY institution FOR UPDATE)`);
  await probeNow(tx, schema, institutions);
}

/** Endpoints that failed are probed at once, whatever the wait; one that is disabled stays so. */
export async function probeNow(tx: Tx, schema: string, institutions: readonly string[]): Promise<void> {
  const endpoints = sql.id(schema, "endpoints");
  await tx.query(sql`
    UPDATE ${endpoints} SET probe_at = now() WHERE institution IN (
      SELECT institution FROM ${endpoints} WHERE institution = ANY(${[...institutions]}::text[]) AND probe_at > now()
      ORDER BY institution FOR UPDATE)`);
  await tx.query(sql`SELECT pg_notify(${channelOf(schema)}, '')`);
}

/**
 * Nothing is sent to this endpoint, or put into this inbox, any more, and what is for it is parked, until there is another one or it
 * is resumed. What lies in an inbox stays there. Answers what its institution is told; undefined when there is no endpoint.
 */
export async function disableEndpoint(tx: Tx, schema: string, institution: string): Promise<NewRecord[] | undefined> {
  const [row] = await lockEndpoints(tx, schema, [institution]);
  if (!row || (row.fingerprint === "" && !row.pulls)) return undefined;
  if (row.disabledAt) return [];
  const { row: disabled, record } = disable(row, "operator");
  writeEndpoints(tx, schema, [disabled], new Set());
  await pullForward(tx, schema, [institution], "all");
  await tx.query(sql`SELECT pg_notify(${channelOf(schema)}, '')`);
  return [record];
}
