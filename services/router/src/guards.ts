// What an act must bring besides a phase that allows it: reasons, outcomes, and times that agree with each other.
import { Priority } from "@ruta/events";
import type { ReferralCommand } from "@ruta/events";
import type { Draft } from "./draft.ts";
import type { RefusalCode } from "./errors.ts";
import type { Role } from "./lifecycle.ts";
import { contentOf, msOf } from "./state.ts";
import type { ReferralState } from "./state.ts";
import { CONFIRM_CANCELLATION_MS, windowEnd } from "./windows.ts";

/** How far a sender's clock may be ahead of the hub's. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** The hub's reason for cancelling what nobody answered. */
export const NO_RESPONSE = "no-response";

/** The content of a command in codes and times, as the state records that of an act. */
export function commandContent({ act }: ReferralCommand): string {
  switch (act.case) {
    case "accept":
      return contentOf(act.value.fillerNumber, msOf(act.value.expectedAt));
    case "reject":
    case "cancelAppointment":
    case "hold":
    case "cancel":
    case "fail":
    case "markInError":
      return contentOf(act.value.reasonCode);
    case "schedule":
      return contentOf(msOf(act.value.appointmentAt));
    case "complete":
      return contentOf(act.value.outcomeCode, msOf(act.value.reachedAt));
    default:
      return contentOf();
  }
}

/** Why an act that the lifecycle allows is refused all the same. */
export function guard(draft: Draft, referral: ReferralState, role: Role): RefusalCode | undefined {
  const { act } = draft.command;
  switch (act.case) {
    case "reject":
    case "hold":
    case "fail":
    case "markInError":
      return act.value.reasonCode === "" ? "reason-required" : undefined;
    case "cancel":
      if (act.value.reasonCode === "") return "reason-required";
      return role === "hub" && act.value.reasonCode === NO_RESPONSE ? silence(draft, referral) : undefined;
    case "confirmCancellation":
      return role === "hub" && draft.now < (referral.cancellation?.at ?? 0) + CONFIRM_CANCELLATION_MS
        ? "too-early"
        : undefined;
    case "schedule":
      return appointment(draft, referral, msOf(act.value.appointmentAt));
    case "noShow":
      return draft.now < (referral.appointmentAt ?? 0) ? "appointment-not-reached" : undefined;
    case "complete":
      if (act.value.outcomeCode === "") return "outcome-required";
      return outcome(draft, referral, msOf(act.value.reachedAt));
    default:
      return undefined;
  }
}

function appointment(draft: Draft, referral: ReferralState, at: number | undefined): RefusalCode | undefined {
  if (referral.phase === "scheduled" && at === referral.appointmentAt) return "already-recorded";
  return at === undefined || at <= draft.occurredAt ? "appointment-in-past" : undefined;
}

/** An outcome reached before the performer was told of a request to cancel wins over that request. */
function outcome(
  draft: Draft,
  { cancellation }: ReferralState,
  reachedAt: number | undefined,
): RefusalCode | undefined {
  if (reachedAt !== undefined && reachedAt > draft.now + CLOCK_TOLERANCE_MS) return "outcome-in-future";
  const reached = reachedAt ?? draft.occurredAt;
  return cancellation?.readAt !== undefined && reached >= cancellation.readAt
    ? "outcome-after-cancellation"
    : undefined;
}

/** Silence ends a referral only after the time for deciding, and never an emergency. */
function silence(draft: Draft, referral: ReferralState): RefusalCode | undefined {
  if (referral.priority === Priority.EMERGENCY) return "emergency-stays-open";
  const end = windowEnd("decide", referral.priority, referral.addressedAt ?? referral.requestedAt);
  return draft.now < end ? "too-early" : undefined;
}
