// What came of tries, written back: each only by the holder of its lane, with the records that say so, many in one transaction.
import { sql } from "@ruta/db";
import type { Tx } from "@ruta/db";
import type { NewRecord, Priority } from "@ruta/events";
import { writeAttempts } from "./attempts.ts";
import { capMs, decide, isGone, isOutage } from "./backoff.ts";
import type { Outcome, ParkReason, Verdict } from "./backoff.ts";
import { signOf, signOfChallenge } from "./breaker.ts";
import type { Sign } from "./breaker.ts";
import { foldSightings } from "./fare.ts";
import type { Sighting } from "./fare.ts";
import { laneName } from "./intake.ts";
import type { LaneKey } from "./intake.ts";
import type { Head } from "./lanes.ts";
import { attemptOf, deliveredRecord, undeliverableRecord } from "./records.ts";
import type { Attempt } from "./records.ts";
import { pullForward } from "./pull.ts";
import type { Wire } from "./wire.ts";

/** One exchange: at which endpoint, when it began (milliseconds), how long it took, and what it came to. */
export interface Tried {
  readonly endpointId: string;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly outcome: Outcome;
  readonly wire: Wire;
}

/**
 * A claimed delivery that was tried, parked without a try, or goes back and waits as it did, no try spent: nothing was sent, or
 * the endpoint did not answer the challenge (`challenged`).
 */
export type Result = { readonly head: Head } & (
  | { readonly tried: Tried }
  | { readonly park: ParkReason; readonly endpointId: string }
  | { readonly back: true; readonly challenged?: Outcome }
);

/** What was decided on a result, and whether anything waits in its lane still; undefined when another worker holds the lane by now. */
export type Settled = { readonly verdict: Verdict | { readonly kind: "wait" }; readonly waits: boolean } | undefined;

type Sent = Exclude<Result, { readonly back: true }>;

interface Held extends LaneKey {
  readonly now: Date;
  readonly token: bigint;
}

interface Waiting {
  readonly id: string;
  readonly priority: Priority;
  readonly sequence: bigint;
}

interface Decided {
  readonly result: Sent;
  readonly verdict: Verdict;
  /** It waits no longer: taken from the inbox in which it lay before its institution turned to webhooks. */
  readonly moot: boolean;
  readonly head: Head;
  readonly now: number;
  readonly attempts: number;
  readonly step: number;
  readonly nextDue: number | null;
}

/** Writes results of `worker` in `tx`. `jitter` answers a number from 0 to 1. */
export async function settle(
  tx: Tx,
  schema: string,
  worker: string,
  results: readonly Result[],
  jitter: () => number,
): Promise<{ settled: Settled[]; records: NewRecord[] }> {
  const table = (name: string) => sql.id(schema, name);
  const names = results.map(({ head }) => head.institution);
  const cases = results.map(({ head }) => head.caseId);
  // First the locks, in one order; then, in a statement of its own, what waits in the lanes.
  const locking = tx.query<Held>(sql`
    SELECT l.institution, l.case_id AS "caseId", l.token, clock_timestamp() AS now FROM ${table("lanes")} AS l
    JOIN unnest(${names}::text[], ${cases}::text[], ${results.map(({ head }) => head.token)}::bigint[])
      AS r (institution, case_id, token) USING (institution, case_id)
    WHERE l.holder = ${worker} AND l.token = r.token
    ORDER BY l.institution, l.case_id FOR UPDATE OF l`);
  const finding = tx.query<LaneKey & Waiting>(sql`
    SELECT d.institution, d.case_id AS "caseId", d.delivery_id AS id, d.priority, d.sequence
    FROM unnest(${names}::text[], ${cases}::text[]) AS r (institution, case_id)
    JOIN ${table("deliveries")} AS d USING (institution, case_id) WHERE d.state = 'waiting'`);
  const [held, waiting] = await Promise.all([locking, finding]);
  const waitingOf = Map.groupBy(waiting, laneName);
  const holdings = new Map(held.map((one) => [laneName(one), one]));
  const mine = results.filter(({ head }) => holdings.has(laneName(head)));
  const decided = results.map((result): Decided | undefined => {
    const lane = holdings.get(laneName(result.head));
    if (!lane || "back" in result) return undefined;
    return decideOn(result, waitingOf.get(laneName(lane)) ?? [], lane.now.getTime(), jitter());
  });
  const written = decided.filter((one) => one !== undefined);
  writeDeliveries(tx, schema, written);
  writeLanes(tx, schema, written);
  freeLanes(
    tx,
    schema,
    mine.filter((result) => "back" in result).map(({ head }) => head),
  );
  const attempts = written.map(({ result, verdict, head, attempts }) =>
    "tried" in result ? attemptOf(head, result.tried, verdict, worker, attempts) : undefined,
  );
  writeAttempts(
    tx,
    schema,
    attempts.filter((one) => one !== undefined),
  );
  const notices = await foldSightings(tx, schema, mine.map(sightingOf));
  const up = written.filter(({ verdict }) => verdict.kind === "delivered").map(({ head }) => head.institution);
  await pullForward(tx, schema, up, "outages");
  const settled = results.map((result, i): Settled => {
    const one = decided[i];
    if (one) return { verdict: one.verdict, waits: one.nextDue !== null };
    return "back" in result && mine.includes(result) ? { verdict: { kind: "wait" }, waits: true } : undefined;
  });
  return { settled, records: [...written.flatMap((one, i) => recordsOf(one, attempts[i])), ...notices] };
}

/** What a result says of its endpoint. */
function sightingOf(result: Result): Sighting {
  const { institution, fingerprint, probe } = result.head;
  const outcome = "tried" in result ? result.tried.outcome : "back" in result ? result.challenged : undefined;
  // What the hub itself ended leaves the place of a probe to the next.
  const sign = outcome === undefined || isStopped(outcome) ? undefined : signIn(result, outcome);
  const gone = outcome !== undefined && isGone(outcome);
  return { institution, fingerprint: fingerprint ?? "", probe, proved: false, gone, sign };
}

function signIn(result: Result, outcome: Outcome): Sign {
  return "back" in result ? signOfChallenge(outcome) : signOf(outcome);
}

function isStopped(outcome: Outcome): boolean {
  return !outcome.ok && outcome.failure === "stopped";
}

/** Frees lanes whose first delivery goes on waiting as it did. */
function freeLanes(tx: Tx, schema: string, heads: readonly Head[]): void {
  if (heads.length === 0) return;
  tx.send(sql`
    UPDATE ${sql.id(schema, "lanes")} AS l SET holder = NULL
    FROM unnest(${heads.map(({ institution }) => institution)}::text[], ${heads.map(({ caseId }) => caseId)}::text[])
      AS r (institution, case_id)
    WHERE l.institution = r.institution AND l.case_id = r.case_id`);
}

/** The most urgent delivery of a lane says how long its first one may wait: it stands before all others. */
function urgentOf(waiting: readonly Waiting[], own: Priority): Priority {
  return waiting.reduce((urgent, { priority }) => (capMs(priority) < capMs(urgent) ? priority : urgent), own);
}

function decideOn(result: Sent, waiting: readonly Waiting[], now: number, jitter: number): Decided {
  const { head } = result;
  const tried = "tried" in result;
  const stopped = tried && isStopped(result.tried.outcome);
  const step = head.step + (tried && !stopped && head.pulledFrom === null ? 1 : 0);
  const state = {
    priority: urgentOf(waiting, head.priority),
    step,
    refusals: head.refusals,
    since: head.triedSince?.getTime() ?? now,
    ...(head.pulledFrom ? { pulledFrom: head.pulledFrom.getTime() } : {}),
  };
  const verdict: Verdict = tried
    ? decide(result.tried.outcome, state, now, jitter)
    : { kind: "park", reason: result.park };
  const own = waiting.find(({ id }) => id === head.id)?.sequence;
  const moot = own === undefined;
  // What an operator put before it meanwhile does not wait out its back-off.
  const retried = verdict.kind === "retry" && !moot;
  const next = waiting.some(({ id, sequence }) => (retried ? sequence < own : id !== head.id));
  const nextDue = next ? now : retried ? verdict.retryAt : null;
  return { result, verdict, moot, head, now, attempts: head.attempts + (tried ? 1 : 0), step, nextDue };
}

const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

function writeDeliveries(tx: Tx, schema: string, all: readonly Decided[]): void {
  if (all.length === 0) return;
  tx.send(sql`
    UPDATE ${sql.id(schema, "deliveries")} AS d SET state = r.state, attempts = r.attempts, step = r.step,
      refusals = r.refusals, tried_since = coalesce(d.tried_since, r.now), parked_reason = r.reason,
      delivered_at = CASE WHEN r.state = 'delivered' THEN r.now ELSE d.delivered_at END,
      parked_at = CASE WHEN r.state = 'parked' THEN r.now END
    FROM unnest(${all.map(({ head }) => head.id)}::text[], ${all.map(({ verdict }) => stateOf(verdict))}::text[],
      ${all.map(({ attempts }) => attempts)}::integer[], ${all.map(({ step }) => step)}::integer[],
      ${all.map(({ verdict, head }) => (verdict.kind === "retry" ? verdict.refusals : head.refusals))}::integer[],
      ${all.map(({ verdict }) => (verdict.kind === "park" ? verdict.reason : null))}::text[],
      ${all.map(({ now }) => new Date(now))}::timestamptz[])
      AS r (id, state, attempts, step, refusals, reason, now)
    WHERE d.delivery_id = r.id AND d.state = 'waiting'`);
}

function stateOf({ kind }: Verdict): string {
  return kind === "retry" ? "waiting" : kind === "park" ? "parked" : kind;
}

/** Frees the lanes. Only one that failed by schedule can be pulled forward, so that a success pulls it once a step. */
function writeLanes(tx: Tx, schema: string, all: readonly Decided[]): void {
  if (all.length === 0) return;
  const outage = ({ result, verdict, head }: Decided) =>
    verdict.kind === "retry" && head.pulledFrom === null && "tried" in result && isOutage(result.tried.outcome);
  tx.send(sql`
    UPDATE ${sql.id(schema, "lanes")} AS l SET holder = NULL, pulled_from = NULL, next_due = r.next_due, outage = r.outage
    FROM unnest(${all.map(({ head }) => head.institution)}::text[], ${all.map(({ head }) => head.caseId)}::text[],
      ${all.map(({ nextDue }) => dateOf(nextDue))}::timestamptz[], ${all.map(outage)}::boolean[])
      AS r (institution, case_id, next_due, outage)
    WHERE l.institution = r.institution AND l.case_id = r.case_id`);
}

function recordsOf({ result, verdict, moot, head, now, attempts }: Decided, attempt: Attempt | undefined): NewRecord[] {
  const records = attempt ? [attempt.record] : [];
  if (moot) return records;
  const endpointId = "tried" in result ? result.tried.endpointId : result.endpointId;
  if (verdict.kind === "delivered") records.push(deliveredRecord(head, { endpointId, attempts, at: now }));
  // A case that knows it as delivered is not told that it could not be.
  if (verdict.kind === "park" && !head.replayed)
    records.push(undeliverableRecord(head, { endpointId, attempts, at: now, reasonCode: verdict.reason }));
  return records;
}
