// Records of delivery: each attempt, and what the case is told of it by commands.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ActorSchema,
  AttemptOutcome,
  Channel,
  DeliveryAttemptSchema,
  RecordDeliveredSchema,
  RecordDeliveryLateSchema,
  RecordUndeliverableSchema,
  ReferralCommandSchema,
  TOPICS,
  create,
  derivedId,
  encodeRecord,
} from "@ruta/events";
import type { DeliveryAttempt, NewRecord, ReferralCommand } from "@ruta/events";
import type { Verdict } from "./backoff.ts";
import type { Head } from "./lanes.ts";
import type { Tried } from "./results.ts";

const SOURCE = "/ruta/delivery";

/** The delivery that a record speaks of. */
export type Subject = Pick<Head, "id" | "eventId" | "institution" | "caseId" | "referralId">;

/** What the case is told: attempts so far, and when that was (milliseconds). */
export interface Told {
  readonly endpointId: string;
  readonly attempts: number;
  readonly at: number;
}

const OUTCOMES: Readonly<Record<Verdict["kind"], AttemptOutcome>> = {
  delivered: AttemptOutcome.DELIVERED,
  retry: AttemptOutcome.RETRY,
  park: AttemptOutcome.PARKED,
};

/** What is known of one try, and its record. */
export interface Attempt {
  readonly message: DeliveryAttempt;
  readonly record: NewRecord;
}

/** One attempt of `worker`, the `attempt`-th of its delivery. */
export function attemptOf(head: Head, tried: Tried, verdict: Verdict, worker: string, attempt: number): Attempt {
  const { outcome, startedAt, durationMs, endpointId, wire } = tried;
  const message = create(DeliveryAttemptSchema, {
    eventId: head.eventId,
    webhookId: head.id,
    caseId: head.caseId,
    referralId: head.referralId,
    institution: head.institution,
    endpointId,
    attempt,
    startedAt: timestampFromMs(startedAt),
    durationMs: Math.round(durationMs),
    status: outcome.status,
    failure: outcome.ok ? "" : outcome.failure,
    outcome: OUTCOMES[verdict.kind],
    ...(verdict.kind === "retry" ? { nextDue: timestampFromMs(Math.round(verdict.retryAt)) } : {}),
    trigger: head.takenOver ? "takeover" : head.trigger,
    retryAfterS: outcome.ok ? 0 : Math.ceil((outcome.retryAfterMs ?? 0) / 1000),
    worker,
    ...wire,
    keyIds: [...wire.keyIds],
  });
  const record = encodeRecord(TOPICS.attempts, head.caseId, message, {
    id: derivedId("attempt", head.id, String(head.token)),
    source: SOURCE,
    type: "ruta.delivery.attempted",
    time: startedAt,
  });
  return { message, record };
}

function command(word: string, of: Subject, id: string, at: number, act: ReferralCommand["act"]): NewRecord {
  const message = create(ReferralCommandSchema, {
    commandId: id,
    caseId: of.caseId,
    referralId: of.referralId,
    actor: create(ActorSchema, { institution: "hub", channel: Channel.HUB }),
    receivedAt: timestampFromMs(at),
    act,
  });
  return encodeRecord(TOPICS.commands, of.caseId, message, {
    id,
    source: SOURCE,
    type: `ruta.delivery.${word}`,
    time: at,
  });
}

/** Tells the case that a recipient took an event. */
export function deliveredRecord(of: Subject, { endpointId, attempts, at }: Told): NewRecord {
  const { eventId, institution } = of;
  const value = create(RecordDeliveredSchema, { eventId, institution, endpointId, attempts });
  return command("delivered", of, derivedId("delivered", of.id), at, { case: "recordDelivered", value });
}

/** Tells the case that an event is parked for an operator; each parking anew. */
export function undeliverableRecord(
  of: Subject & Pick<Head, "token">,
  told: Told & { readonly reasonCode: string },
): NewRecord {
  const { eventId, institution } = of;
  const { endpointId, attempts, reasonCode, at } = told;
  const value = create(RecordUndeliverableSchema, { eventId, institution, endpointId, attempts, reasonCode });
  const id = derivedId("undeliverable", of.id, String(of.token));
  return command("undeliverable", of, id, at, { case: "recordUndeliverable", value });
}

/** Tells the case that a recipient is late in taking an event. */
export function lateRecord(of: Subject, { endpointId, attempts, at }: Told): NewRecord {
  const { eventId, institution } = of;
  const value = create(RecordDeliveryLateSchema, { eventId, institution, endpointId, attempts });
  return command("late", of, derivedId("late", of.id), at, { case: "recordDeliveryLate", value });
}
