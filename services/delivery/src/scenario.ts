// For tests: one event of a case with what every event has.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ActorSchema,
  BusinessStatus,
  Channel,
  Confidentiality,
  Priority,
  ReferralEventSchema,
  Status,
  create,
  referralId,
} from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";

/** What a test says of an event. */
export type EventInit = Omit<MessageInitShape<typeof ReferralEventSchema>, "$typeName">;

/** A Monday, 10:00 in Quito. */
export const MONDAY = Date.parse("2026-11-23T10:00:00-05:00");
export const CASE = "0123456789abcdefghjkmnpqrs";

/** An event of the first referral of a case, from `sender` to `house`. */
export function eventOf(init: EventInit): ReferralEvent {
  const caseId = init.caseId ?? CASE;
  return create(ReferralEventSchema, {
    caseId,
    version: 1n,
    referralId: referralId(caseId, 1),
    actor: create(ActorSchema, { institution: "hub", channel: Channel.HUB }),
    recordedAt: timestampFromMs(MONDAY),
    requester: "sender",
    performer: "house",
    status: Status.REQUESTED,
    businessStatus: BusinessStatus.CREATED,
    priority: Priority.NORMAL,
    confidentiality: Confidentiality.NORMAL,
    ...init,
  });
}
