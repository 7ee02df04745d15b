// The log of attempts: each try with its result, kept for operators, found by institution, referral, delivery or outcome.
import { timestampDate, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { sql } from "@ruta/db";
import type { Db, Sql, Tx } from "@ruta/db";
import { AttemptOutcome, TOPICS, decodeRecord, parseReferralId } from "@ruta/events";
import type { Attempt } from "./records.ts";

/** The most rows that one answer looks at: a page may hold less than was asked for, and go on. */
const SCANNED = 5_000;
/** Attempts are written within this time of their beginning, in milliseconds: what was written long before began before. */
const SKEW_MS = 3_600_000;

/** What attempts led to, as routes and the command name it. */
const OUTCOMES = {
  delivered: AttemptOutcome.DELIVERED,
  retry: AttemptOutcome.RETRY,
  parked: AttemptOutcome.PARKED,
};

/** Which attempts. */
export interface AttemptFilter {
  readonly institution?: string | undefined;
  /** Referral id. */
  readonly referral?: string | undefined;
  /** webhook-id. */
  readonly delivery?: string | undefined;
  readonly outcome?: keyof typeof OUTCOMES | undefined;
  /** Begun then or later, ISO 8601. */
  readonly since?: string | undefined;
}

/** An attempt as it is listed: ids, codes, times; nothing of a body or an answer, and nothing of a URL but its origin. */
export type ListedAttempt = ReturnType<typeof listedOf>;

/** Writes attempts in the transaction of their results. */
export function writeAttempts(tx: Tx, schema: string, attempts: readonly Attempt[]): void {
  if (attempts.length === 0) return;
  const of = attempts.map(({ message }) => message);
  tx.send(sql`
    INSERT INTO ${sql.id(schema, "attempts")}
      (institution, case_id, referral_id, delivery_id, outcome, started_at, record)
    SELECT * FROM unnest(${of.map((m) => m.institution)}::text[], ${of.map((m) => m.caseId)}::text[],
      ${of.map((m) => m.referralId)}::text[], ${of.map((m) => m.webhookId)}::text[], ${of.map((m) => m.outcome)}::smallint[],
      ${of.map((m) => new Date(m.startedAt ? timestampMs(m.startedAt) : 0))}::timestamptz[],
      ${attempts.map(({ record }) => record.value)}::bytea[])`);
}

/** A page of attempts, the last first; `next` is the cursor of the next page, unset at the end. */
export async function listAttempts(
  db: Db,
  schema: string,
  filter: AttemptFilter,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ attempts: ListedAttempt[]; next?: string }> {
  const { institution, referral, delivery, outcome } = filter;
  const since = filter.since === undefined ? undefined : new Date(filter.since);
  const attempts = sql.id(schema, "attempts");
  const when = (value: unknown, condition: () => Sql): Sql => (value === undefined ? sql`` : sql` AND ${condition()}`);
  const caseId = referral === undefined ? undefined : parseReferralId(referral)?.caseId;
  const caseOf = sql`(SELECT case_id FROM ${sql.id(schema, "deliveries")} WHERE delivery_id = ${delivery})`;
  const rows = await db.query<{ last: bigint; count: bigint; oldest: Date; id: bigint | null; record: Buffer }>(sql`
    WITH scanned AS (
      SELECT * FROM ${attempts} WHERE attempt_id < ${page.cursor ?? "9223372036854775807"}::bigint
        ${when(institution, () => sql`institution = ${institution}`)}${when(caseId, () => sql`case_id = ${caseId}`)}
        ${when(delivery, () => sql`case_id = ${caseOf}`)}
      ORDER BY attempt_id DESC LIMIT ${SCANNED}
    ), bounds AS (SELECT min(attempt_id) AS last, count(*) AS count, min(started_at) AS oldest FROM scanned)
    SELECT b.*, m.attempt_id AS id, m.record FROM bounds AS b LEFT JOIN LATERAL (
      SELECT attempt_id, record FROM scanned
      WHERE true${when(referral, () => sql`referral_id = ${referral}`)}${when(delivery, () => sql`delivery_id = ${delivery}`)}
        ${when(outcome, () => sql`outcome = ${OUTCOMES[outcome as keyof typeof OUTCOMES]}`)}
        ${when(since, () => sql`started_at >= ${since}`)}
      ORDER BY attempt_id DESC LIMIT ${page.limit}) AS m ON true
    ORDER BY m.attempt_id DESC`);
  const found = rows.filter((row) => row.id !== null);
  const [bounds] = rows;
  const before = since !== undefined && bounds?.oldest != null && bounds.oldest.getTime() < since.getTime() - SKEW_MS;
  const more = bounds !== undefined && bounds.count === BigInt(SCANNED) && !before;
  const next = found.length === page.limit ? found.at(-1)?.id : more ? bounds.last : undefined;
  const listed = found.map(({ record }) => listedOf(record));
  return next === undefined || next === null ? { attempts: listed } : { attempts: listed, next: String(next) };
}

const iso = (time: Timestamp | undefined): string | undefined => (time ? timestampDate(time).toISOString() : undefined);

/** What an operator sees of a record. */
function listedOf(record: Uint8Array) {
  const m = decodeRecord(TOPICS.attempts, record);
  return {
    delivery: m.webhookId,
    event: m.eventId,
    case: m.caseId,
    referral: m.referralId,
    institution: m.institution,
    endpoint: m.endpointId,
    attempt: m.attempt,
    trigger: m.trigger,
    worker: m.worker,
    startedAt: iso(m.startedAt),
    durationMs: m.durationMs,
    outcome: Object.entries(OUTCOMES).find(([, outcome]) => outcome === m.outcome)?.[0],
    status: m.status,
    failure: m.failure,
    retryAfterS: m.retryAfterS,
    nextDue: iso(m.nextDue),
    origin: m.origin,
    remoteAddress: m.remoteAddress,
    tlsVersion: m.tlsVersion,
    resolvedMs: m.resolvedMs,
    connectedMs: m.connectedMs,
    firstByteMs: m.firstByteMs,
    keyIds: m.keyIds,
  };
}
