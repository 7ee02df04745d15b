// Notices of the hub to a case: what became of a delivery, as commands that the router decides like any other.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { RecordDeliveredSchema, ReferralCommandSchema } from "./gen/ruta/referral/v1/command_pb.ts";
import type { ReferralCommand } from "./gen/ruta/referral/v1/command_pb.ts";
import { ActorSchema, Channel } from "./gen/ruta/referral/v1/common_pb.ts";
import { derivedId } from "./ids.ts";
import { encodeRecord } from "./record.ts";
import type { NewRecord } from "./record.ts";
import { TOPICS } from "./topics.ts";

/** The delivery that a notice speaks of: its webhook-id, and what it tells whom. */
export interface Delivery {
  readonly id: string;
  readonly eventId: string;
  readonly institution: string;
  readonly caseId: string;
  readonly referralId: string;
}

/** A notice: the word of its type, its id, when (milliseconds) and what. */
export interface Notice {
  readonly word: "delivered" | "undeliverable" | "late";
  readonly id: string;
  readonly at: number;
  readonly act: ReferralCommand["act"];
}

/** How it was taken: at which endpoint, after how many attempts, when (milliseconds). */
export interface Taking {
  readonly endpointId: string;
  readonly attempts: number;
  readonly at: number;
}

/** The command that tells a case a notice; `source` is the service that writes it, such as /ruta/delivery. */
export function noticeRecord(of: Delivery, { word, id, at, act }: Notice, source: string): NewRecord {
  const message = create(ReferralCommandSchema, {
    commandId: id,
    caseId: of.caseId,
    referralId: of.referralId,
    actor: create(ActorSchema, { institution: "hub", channel: Channel.HUB }),
    receivedAt: timestampFromMs(at),
    act,
  });
  return encodeRecord(TOPICS.commands, of.caseId, message, { id, source, type: `ruta.delivery.${word}`, time: at });
}

/**
 * Tells the case that a recipient took an event, by webhook or from its inbox: one id for both, so that what was taken twice
 * is recorded once. `again` counts the times it was offered anew after it had been taken.
 */
export function deliveredRecord(
  of: Delivery,
  { endpointId, attempts, at }: Taking,
  source: string,
  again = 0,
): NewRecord {
  const { id, eventId, institution } = of;
  const value = create(RecordDeliveredSchema, { eventId, institution, endpointId, attempts });
  const notice = derivedId("delivered", id, ...(again === 0 ? [] : [String(again)]));
  return noticeRecord(of, { word: "delivered", id: notice, at, act: { case: "recordDelivered", value } }, source);
}
