// The acts of commands in words, as the door, the record types and the lifecycle table spell them.
import { wordOf } from "@ruta/events";
import type { Act, ReferralCommand } from "@ruta/events";

/** What delivery tells the case; it changes no status. */
export const NOTICES = ["record-delivered", "record-undeliverable", "record-delivery-late"] as const;

/** A notice of delivery. */
export type Notice = (typeof NOTICES)[number];

/** The act of a command in words. */
export function actOf(command: ReferralCommand): Act | Notice | undefined {
  return command.act.case === undefined ? undefined : (wordOf(command.act.case) as Act | Notice);
}
