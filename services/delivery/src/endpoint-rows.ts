// The rows of endpoints: what the directory says of each, brought in by whoever sees it first, and how each has fared.
import { sql } from "@ruta/db";
import type { Db, Tx } from "@ruta/db";
import { DeliveryMode, isValid } from "@ruta/events";
import type { Directory } from "@ruta/events";
import type { Breaker } from "./breaker.ts";
import { fingerprintOf } from "./send.ts";

/** Why an endpoint is disabled: it answered 410, it failed for too long, or an operator said so. */
export type DisabledReason = "gone" | "failing" | "operator";

/** An endpoint as it stands. */
export interface EndpointRow {
  readonly institution: string;
  readonly endpointId: string;
  /** Empty when there is no endpoint to post to. */
  readonly fingerprint: string;
  readonly pulls: boolean;
  readonly breaker: Breaker;
  readonly disabledAt: Date | null;
  readonly disabledReason: DisabledReason | null;
  /** The last that the institution was told. */
  readonly told: "failing" | "disabled" | null;
  /** The database's clock. */
  readonly now: Date;
}

interface Stored extends Omit<EndpointRow, "breaker"> {
  readonly goodAt: Date;
  readonly failures: number;
  readonly firstFailedAt: Date | null;
  readonly lastFailedAt: Date | null;
  readonly windowSince: Date | null;
  readonly windowTotal: number;
  readonly windowFailed: number;
  readonly openedAt: Date | null;
  readonly waitMs: number;
  readonly probedAt: Date;
  readonly probeAt: Date;
}

const ms = (date: Date | null): number | undefined => date?.getTime();
const date = (at: number | undefined): Date | null => (at === undefined ? null : new Date(at));

function rowOf(stored: Stored): EndpointRow {
  const { institution, endpointId, fingerprint, pulls, disabledAt, disabledReason, told, now, ...rest } = stored;
  const breaker: Breaker = {
    ...rest,
    goodAt: rest.goodAt.getTime(),
    firstFailedAt: ms(rest.firstFailedAt),
    lastFailedAt: ms(rest.lastFailedAt),
    windowSince: ms(rest.windowSince),
    openedAt: ms(rest.openedAt),
    probedAt: rest.probedAt.getTime(),
    probeAt: rest.probeAt.getTime(),
  };
  return { institution, endpointId, fingerprint, pulls, breaker, disabledAt, disabledReason, told, now };
}

/**
 * Locks rows in one order, behind the lanes: those of `pressing` whatever they say, those of `well` only where something is left
 * to make good, so that an endpoint that fares well costs no write.
 */
export async function lockEndpoints(
  tx: Tx,
  schema: string,
  pressing: readonly string[],
  well: readonly string[] = [],
): Promise<EndpointRow[]> {
  const rows = await tx.query<Stored>(sql`
    SELECT institution, endpoint_id AS "endpointId", fingerprint, pulls, good_at AS "goodAt", failures,
      first_failed_at AS "firstFailedAt", last_failed_at AS "lastFailedAt", window_since AS "windowSince",
      window_total AS "windowTotal", window_failed AS "windowFailed", opened_at AS "openedAt", wait_ms AS "waitMs",
      probed_at AS "probedAt", probe_at AS "probeAt", disabled_at AS "disabledAt", disabled_reason AS "disabledReason",
      told, clock_timestamp() AS now
    FROM ${sql.id(schema, "endpoints")}
    WHERE institution = ANY(${pressing}::text[]) OR (institution = ANY(${well}::text[])
      AND (failures > 0 OR window_since IS NOT NULL OR opened_at IS NOT NULL OR told IS NOT NULL
        OR good_at < now() - interval '1 hour'))
    ORDER BY institution FOR UPDATE`);
  return rows.map(rowOf);
}

/** Writes rows back; those of `probed` are probed by nobody any more. */
export function writeEndpoints(
  tx: Tx,
  schema: string,
  rows: readonly EndpointRow[],
  probed: ReadonlySet<string>,
): void {
  if (rows.length === 0) return;
  const of = <T>(pick: (breaker: Breaker) => T): T[] => rows.map(({ breaker }) => pick(breaker));
  tx.send(sql`
    UPDATE ${sql.id(schema, "endpoints")} AS e SET good_at = r.good_at, failures = r.failures,
      first_failed_at = r.first_failed_at, last_failed_at = r.last_failed_at, window_since = r.window_since,
      window_total = r.window_total, window_failed = r.window_failed, opened_at = r.opened_at, wait_ms = r.wait_ms,
      probed_at = r.probed_at, probe_at = r.probe_at, disabled_at = r.disabled_at, disabled_reason = r.disabled_reason,
      told = r.told, prober = CASE WHEN r.probed THEN NULL ELSE e.prober END
    FROM unnest(${rows.map(({ institution }) => institution)}::text[], ${of((b) => date(b.goodAt))}::timestamptz[],
      ${of((b) => b.failures)}::integer[], ${of((b) => date(b.firstFailedAt))}::timestamptz[],
      ${of((b) => date(b.lastFailedAt))}::timestamptz[], ${of((b) => date(b.windowSince))}::timestamptz[],
      ${of((b) => b.windowTotal)}::integer[], ${of((b) => b.windowFailed)}::integer[],
      ${of((b) => date(b.openedAt))}::timestamptz[], ${of((b) => b.waitMs)}::integer[],
      ${of((b) => date(b.probedAt))}::timestamptz[], ${of((b) => date(b.probeAt))}::timestamptz[],
      ${rows.map(({ disabledAt }) => disabledAt)}::timestamptz[], ${rows.map((r) => r.disabledReason)}::text[],
      ${rows.map(({ told }) => told)}::text[], ${rows.map(({ institution }) => probed.has(institution))}::boolean[])
      AS r (institution, good_at, failures, first_failed_at, last_failed_at, window_since, window_total, window_failed,
        opened_at, wait_ms, probed_at, probe_at, disabled_at, disabled_reason, told, probed)
    WHERE e.institution = r.institution`);
}

/**
 * Brings in what the directory says of endpoints at `now`. One that is another than before begins anew: its breaker closed, not
 * disabled, and asked for its proof unless it gave one earlier. An institution that pulls, or has no endpoint, keeps a row without
 * a fingerprint, so that it can be paused.
 */
export async function syncEndpoints(db: Db, schema: string, directory: Directory, now: number): Promise<void> {
  const valid = directory.all("endpoint").filter(({ validity }) => isValid(validity, now));
  const endpoints = new Map(valid.map((endpoint) => [endpoint.institution, endpoint]));
  const all = directory.all("institution").map(({ id }) => {
    const endpoint = endpoints.get(id);
    const pulls = endpoint?.mode === DeliveryMode.INBOX;
    const fingerprint = endpoint && !pulls ? fingerprintOf(endpoint) : "";
    return { institution: id, endpointId: endpoint?.id ?? "", fingerprint, pulls };
  });
  await db.query(sql`
    INSERT INTO ${sql.id(schema, "endpoints")} AS e
      (institution, endpoint_id, fingerprint, pulls, revision, good_at, probed_at, probe_at)
    SELECT n.institution, n.endpoint_id, n.fingerprint, n.pulls, ${directory.revision}::bigint, now(), now(), now()
    FROM unnest(${all.map(({ institution }) => institution)}::text[], ${all.map(({ endpointId }) => endpointId)}::text[],
      ${all.map(({ fingerprint }) => fingerprint)}::text[], ${all.map(({ pulls }) => pulls)}::boolean[])
      AS n (institution, endpoint_id, fingerprint, pulls)
    -- What is known already is not locked: a conflict would do so, and a worker that claims would find it taken.
    LEFT JOIN ${sql.id(schema, "endpoints")} AS k ON k.institution = n.institution
    WHERE k.institution IS NULL OR ((k.fingerprint, k.endpoint_id, k.pulls) <> (n.fingerprint, n.endpoint_id, n.pulls)
      AND k.revision <= ${directory.revision}::bigint)
    ORDER BY n.institution
    ON CONFLICT (institution) DO UPDATE SET endpoint_id = excluded.endpoint_id, fingerprint = excluded.fingerprint,
      pulls = excluded.pulls, revision = excluded.revision, good_at = excluded.good_at, failures = 0, first_failed_at = NULL,
      last_failed_at = NULL, window_since = NULL, window_total = 0, window_failed = 0, opened_at = NULL, wait_ms = 0,
      probed_at = excluded.probed_at, probe_at = excluded.probe_at, prober = NULL, disabled_at = NULL,
      disabled_reason = NULL
    WHERE (e.fingerprint, e.endpoint_id, e.pulls) <> (excluded.fingerprint, excluded.endpoint_id, excluded.pulls)
      AND e.revision <= excluded.revision`);
}
