// The acts of commands in words, as the door, the record types and the lifecycle table spell them.
import { wordOf } from "@ruta/events";
import type { Act, CaseAct, ReferralCommand } from "@ruta/events";

/** What the hub tells the case of deliveries and of records given up; it changes no status. */
export const NOTICES = [
  "record-delivered",
  "record-undeliverable",
  "record-delivery-late",
  "record-set-aside",
] as const;

/** What the hub tells a case. */
export type Notice = (typeof NOTICES)[number];

/** What only the hub's clocks ask. */
type ClockAct = "ring-clock";

/** What only staff asks of a running referral. */
export const STAFF_ACTS = ["reroute"] as const;

/** An act of a running referral: of the institutions, or of staff alone. */
export type RunningAct = Exclude<Act, "request" | CaseAct> | (typeof STAFF_ACTS)[number];

/** Acts that staff may record for an institution that told them: the performer's answers, and the requester's withdrawing and sending on. */
export const RECORDABLE = [
  "receive",
  "accept",
  "reject",
  "schedule",
  "no-show",
  "cancel-appointment",
  "report",
  "start",
  "hold",
  "resume",
  "cancel",
  "confirm-cancellation",
  "complete",
  "fail",
  "redirect",
] as const satisfies readonly Act[];

/** Such an act. */
export type RecordableAct = (typeof RECORDABLE)[number];

/** The act of a command in words. */
export function actOf(command: ReferralCommand): "request" | RunningAct | CaseAct | Notice | ClockAct | undefined {
  return command.act.case === undefined
    ? undefined
    : (wordOf(command.act.case) as RunningAct | CaseAct | Notice | ClockAct);
}
