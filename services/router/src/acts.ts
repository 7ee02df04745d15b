// The acts of commands and the facts of events in words, as the door, the record types and the lifecycle table spell them.
import type { ReferralCommand, ReferralEvent } from "@ruta/events";

/** The act of a command as the messages name it. */
export type ActCase = NonNullable<ReferralCommand["act"]["case"]>;

/** The fact of an event as the messages name it. */
export type FactCase = NonNullable<ReferralEvent["fact"]["case"]>;

/** What institutions and the hub's own clocks and staff may ask of a referral, in the words of the door. */
export const ACTS = [
  "request",
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
  "mark-in-error",
  "redirect",
  "acknowledge",
] as const;

/** An act of a referral. */
export type Act = (typeof ACTS)[number];

/** What delivery tells the case; it changes no status. */
export const NOTICES = ["record-delivered", "record-undeliverable", "record-delivery-late"] as const;

/** A notice of delivery. */
export type Notice = (typeof NOTICES)[number];

/** A message's name for an act or fact in words: `markInError` is `mark-in-error`. */
export function wordOf(name: ActCase | FactCase): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The act of a command in words. */
export function actOf(command: ReferralCommand): Act | Notice | undefined {
  return command.act.case === undefined ? undefined : (wordOf(command.act.case) as Act | Notice);
}
