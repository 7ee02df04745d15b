// The simulated counterpart of a rehearsal: what it answers to an event, as a command through the same log. Pure, and bounded by the lifecycle.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  ActorSchema,
  COUNTERPART,
  Channel,
  ReferralCommandSchema,
  TOPICS,
  create,
  derivedId,
  encodeRecord,
  parseReferralId,
  wordOf,
} from "@ruta/events";
import type { NewRecord, ReferralCommand, ReferralEvent } from "@ruta/events";
import type { CaseState } from "./state.ts";

/** The worker whom the counterpart names: nobody. */
const WORKER = "simulated";

/** The mark of whatever this command leads to: the case's own, or that of the request which opens the case. */
export function markOf({ referrals, rehearsal }: CaseState, { act }: ReferralCommand): string {
  return act.case === "request" && Object.keys(referrals).length === 0 ? act.value.rehearsal : rehearsal;
}

/** Who performs a referral for which an institution was chosen: that institution, or in a rehearsal the counterpart in its place. */
export function performerOf({ rehearsal }: CaseState, chosen: string): { performer: string; rehearsedAs: string } {
  return rehearsal === "" ? { performer: chosen, rehearsedAs: "" } : { performer: COUNTERPART, rehearsedAs: chosen };
}

/** True for a command that speaks for the counterpart and is not the hub's own on a rehearsal: no referral knows its sender. */
export function isPretended({ rehearsal }: CaseState, { actor }: ReferralCommand): boolean {
  if (actor?.institution !== COUNTERPART && actor?.onBehalfOf !== COUNTERPART) return false;
  return rehearsal === "" || actor.channel !== Channel.HUB;
}

/** The command by which the counterpart answers an event; undefined when it has nothing to say, and always for a real case. */
export function rehearse(event: ReferralEvent): ReferralCommand | undefined {
  const act = event.performer === COUNTERPART ? answerTo(event) : undefined;
  if (act === undefined) return undefined;
  const { caseId, referralId, version, recordedAt, directoryRevision } = event;
  return create(ReferralCommandSchema, {
    commandId: derivedId("rehearsal", caseId, String(version)),
    caseId,
    referralId,
    actor: create(ActorSchema, { institution: COUNTERPART, worker: WORKER, channel: Channel.HUB }),
    ...(recordedAt ? { receivedAt: recordedAt } : {}),
    directoryRevision,
    act,
  });
}

type Answer = NonNullable<MessageInitShape<typeof ReferralCommandSchema>["act"]>;

function answerTo({ rehearsal, referralId, fact }: ReferralEvent): Answer | undefined {
  // Whoever is asked first rejects; its successors serve.
  const rejects = rehearsal === "reject" && parseReferralId(referralId)?.ordinal === 1;
  if (!rejects && rehearsal !== "complete" && rehearsal !== "reject") return undefined;
  switch (fact.case) {
    case "addressed":
      return rejects ? { case: "reject", value: { reasonCode: "no-capacity" } } : { case: "receive", value: {} };
    case "received":
      return { case: "accept", value: {} };
    case "accepted":
      return { case: "start", value: {} };
    case "started":
      return { case: "complete", value: { outcomeCode: "served" } };
    case "cancellationRequested":
      return { case: "confirmCancellation", value: {} };
    default:
      return undefined;
  }
}

/** The counterpart's answers to the events of one decision, as records. */
export function rehearsalRecords(events: readonly ReferralEvent[], traceparent: string | undefined): NewRecord[] {
  return events.flatMap((event) => {
    const command = rehearse(event);
    if (command === undefined) return [];
    const meta = {
      id: command.commandId,
      source: "/ruta/router",
      type: `ruta.referral.${wordOf(command.act.case ?? "unknown")}`,
      time: event.recordedAt ? timestampMs(event.recordedAt) : 0,
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    return [encodeRecord(TOPICS.commands, command.caseId, command, meta)];
  });
}
