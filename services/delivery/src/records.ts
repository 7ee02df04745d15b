// Records of delivery: each attempt, what is put into inboxes, and what the case is told of it by commands.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AttemptOutcome,
  DeliveryAttemptSchema,
  InboxItemSchema,
  RecordDeliveryLateSchema,
  RecordUndeliverableSchema,
  TOPICS,
  create,
  deliveredRecord as delivered,
  derivedId,
  encodeRecord,
  noticeRecord,
} from "@ruta/events";
import type { Delivery, DeliveryAttempt, NewRecord, Taking } from "@ruta/events";
import type { ParkReason, Verdict } from "./backoff.ts";
import type { Head } from "./lanes.ts";
import { mediaTypeOf } from "./payload.ts";
import type { Tried } from "./results.ts";

/** The source of every record of this service. */
export const SOURCE = "/ruta/delivery";

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

/** Tells the case that a recipient took an event. */
export function deliveredRecord(of: Delivery, told: Taking): NewRecord {
  return delivered(of, told, SOURCE);
}

/** Tells the case that an event is parked for an operator; each parking anew, by the number of the lane's holding. */
export function undeliverableRecord(
  of: Delivery & { readonly token: bigint },
  { endpointId, attempts, reasonCode, at }: Taking & { readonly reasonCode: ParkReason },
): NewRecord {
  const { eventId, institution } = of;
  const value = create(RecordUndeliverableSchema, { eventId, institution, endpointId, attempts, reasonCode });
  const id = derivedId("undeliverable", of.id, String(of.token));
  return noticeRecord(of, { word: "undeliverable", id, at, act: { case: "recordUndeliverable", value } }, SOURCE);
}

/** Tells the case that a recipient is late in taking an event. */
export function lateRecord(of: Delivery, { endpointId, attempts, at }: Taking): NewRecord {
  const { eventId, institution } = of;
  const value = create(RecordDeliveryLateSchema, { eventId, institution, endpointId, attempts });
  const id = derivedId("late", of.id);
  return noticeRecord(of, { word: "late", id, at, act: { case: "recordDeliveryLate", value } }, SOURCE);
}

/** What is put into an institution's inbox; each offering anew, by the number of the lane's holding. */
export function inboxRecord(
  of: Delivery & { readonly token: bigint; readonly body: Uint8Array },
  at: number,
): NewRecord {
  const message = create(InboxItemSchema, {
    webhookId: of.id,
    eventId: of.eventId,
    caseId: of.caseId,
    referralId: of.referralId,
    institution: of.institution,
    body: of.body,
    contentType: mediaTypeOf(of.body),
    offeredAt: timestampFromMs(at),
  });
  return encodeRecord(TOPICS.inbox, of.caseId, message, {
    id: derivedId("offered", of.id, String(of.token)),
    source: SOURCE,
    type: "ruta.delivery.offered",
    time: at,
  });
}
