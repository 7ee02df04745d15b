// After a restore: what the log says was taken or parked is so, so that nothing that was delivered is sent as if it had not been.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { sql } from "@ruta/db";
import type { Querying, Tx } from "@ruta/db";
import { TOPICS, decodeRecord, derivedId } from "@ruta/events";
import type { DeliveryAttempt } from "@ruta/events";
import type { LogRecord, OwnOutput } from "@ruta/log";
import { writeAttempts } from "./attempts.ts";
import { SOURCE } from "./records.ts";
import { renewTokens } from "./tokens.ts";

/** What became of a delivery, as its case was told. */
interface Outcome {
  readonly id: string;
  readonly state: "delivered" | "parked";
  readonly attempts: number;
  readonly at: Date;
  readonly reason: string | null;
}

/** How delivery takes in what it told cases, and its attempts. */
export function ownResults(schema: string): OwnOutput {
  return {
    topics: [TOPICS.commands, TOPICS.attempts],
    async fold(tx, records) {
      const own = records.filter(({ headers }) => headers.ce_source === SOURCE);
      const of = (topic: string) => own.filter((record) => record.topic === topic);
      const outcomes = of(TOPICS.commands).flatMap(outcomeOf);
      const attempts = of(TOPICS.attempts).flatMap(attemptOf);
      const unknown = (await settleAgain(tx, schema, outcomes)) + (await addAttempts(tx, schema, attempts));
      return { unknown };
    },
    renew: (tx) => renewTokens(tx, schema),
  };
}

/** More deliveries than a lane gets between a backup and the loss of what came after it. */
const LOST_SEQUENCES = 1_000;

/**
 * Where the log was taken back too, lanes have lost deliveries that institutions have seen: their numbers go on above any of those, or
 * whoever goes by them would take what comes next for late. In the transaction that restores.
 */
export async function renumberLanes(tx: Querying, schema: string): Promise<void> {
  await tx.query(sql`UPDATE ${sql.id(schema, "lanes")} SET sequence = sequence + ${LOST_SEQUENCES}`);
}

/** Forgets what has been used: the deliveries are there by now. */
export async function forgetOutcomes(tx: Querying, schema: string): Promise<void> {
  await tx.query(sql`
    DELETE FROM ${sql.id(schema, "outcomes")} AS o USING ${sql.id(schema, "deliveries")} AS d
    WHERE d.delivery_id = o.delivery_id`);
}

function outcomeOf({ value }: LogRecord): Outcome[] {
  const { act, receivedAt } = decodeRecord(TOPICS.commands, value);
  if (act.case !== "recordDelivered" && act.case !== "recordUndeliverable") return [];
  const { eventId, institution, attempts } = act.value;
  return [
    {
      id: derivedId("delivery", eventId, institution),
      state: act.case === "recordDelivered" ? "delivered" : "parked",
      attempts,
      at: new Date(receivedAt ? timestampMs(receivedAt) : 0),
      reason: act.case === "recordUndeliverable" ? act.value.reasonCode : null,
    },
  ];
}

const attemptOf = (record: LogRecord): { message: DeliveryAttempt; record: LogRecord }[] => [
  { message: decodeRecord(TOPICS.attempts, record.value), record },
];

/** Answers how many the tables did not know. What began to wait after it was settled was sent again by an operator, and waits. */
async function settleAgain(tx: Tx, schema: string, all: readonly Outcome[]): Promise<number> {
  // The last word on each.
  const last = [...new Map(all.map((one) => [one.id, one])).values()];
  if (last.length === 0) return 0;
  const told = sql`unnest(${last.map(({ id }) => id)}::text[], ${last.map(({ state }) => state)}::text[],
    ${last.map(({ attempts }) => attempts)}::integer[], ${last.map(({ at }) => at)}::timestamptz[],
    ${last.map(({ reason }) => reason)}::text[]) AS o (delivery_id, state, attempts, at, parked_reason)`;
  const deliveries = sql.id(schema, "deliveries");
  const settled = await tx.query(sql`
    UPDATE ${deliveries} AS d SET state = o.state, attempts = greatest(d.attempts, o.attempts), offered_at = NULL,
      delivered_at = CASE WHEN o.state = 'delivered' THEN o.at ELSE d.delivered_at END,
      parked_at = CASE WHEN o.state = 'parked' THEN o.at END, parked_reason = o.parked_reason
    FROM ${told} WHERE d.delivery_id = o.delivery_id AND d.state <> o.state AND d.state <> 'delivered' AND d.waits_since <= o.at
    RETURNING 1`);
  const kept = await tx.query(sql`
    INSERT INTO ${sql.id(schema, "outcomes")} AS k (delivery_id, state, attempts, at, parked_reason)
    SELECT o.* FROM ${told} WHERE NOT EXISTS (SELECT FROM ${deliveries} AS d WHERE d.delivery_id = o.delivery_id)
    ON CONFLICT (delivery_id) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, at = excluded.at,
      parked_reason = excluded.parked_reason
    RETURNING 1`);
  return settled.length + kept.length;
}

async function addAttempts(tx: Tx, schema: string, all: ReturnType<typeof attemptOf>): Promise<number> {
  if (all.length === 0) return 0;
  const at = all.map(({ message }) => new Date(message.startedAt ? timestampMs(message.startedAt) : 0));
  const known = await tx.query<{ n: number }>(sql`
    SELECT a.n::integer AS n FROM unnest(${all.map(({ message }) => message.caseId)}::text[],
      ${all.map(({ message }) => message.webhookId)}::text[], ${at}::timestamptz[]) WITH ORDINALITY AS a (case_id, delivery_id, at, n)
    WHERE EXISTS (SELECT FROM ${sql.id(schema, "attempts")} AS t
      WHERE t.case_id = a.case_id AND t.delivery_id = a.delivery_id AND t.started_at = a.at)`);
  const numbers = new Set(known.map(({ n }) => n));
  const unknown = all.filter((_, index) => !numbers.has(index + 1));
  writeAttempts(tx, schema, unknown);
  return unknown.length;
}
