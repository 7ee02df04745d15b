// What an act that is recorded on behalf of an institution may carry, and the message that it becomes.
import { fromJson } from "@bufbuild/protobuf";
import type { JsonObject } from "@bufbuild/protobuf";
import {
  APPOINTMENT_REASONS,
  CANCEL_REASONS,
  FAIL_REASONS,
  HOLD_REASONS,
  OUTCOMES,
  REJECT_REASONS,
  ReferralCommandSchema,
} from "@ruta/events";
import type { ReferralCommand } from "@ruta/events";
import { z } from "zod";
import type { RecordableAct } from "./acts.ts";
import { institutionId } from "./staff-request.ts";

const instant = z.iso.datetime({ offset: true });
const reasons = <const T extends readonly [string, ...string[]]>(codes: T) => ({ reasonCode: z.enum(codes) });

/**
 * The details of each act: codes and times under the names of the door, less the institution's own number and free text, which it
 * gives by its own system.
 */
const DETAILS = {
  receive: {},
  accept: { expectedAt: instant.optional() },
  reject: reasons(REJECT_REASONS),
  schedule: { appointmentAt: instant },
  "no-show": {},
  "cancel-appointment": { reasonCode: z.enum(APPOINTMENT_REASONS).optional() },
  report: {},
  start: {},
  hold: reasons(HOLD_REASONS),
  resume: {},
  cancel: reasons(CANCEL_REASONS),
  "confirm-cancellation": {},
  complete: { outcomeCode: z.enum(OUTCOMES), reachedAt: instant.optional() },
  fail: reasons(FAIL_REASONS),
  redirect: { performer: institutionId.optional() },
} as const satisfies Record<RecordableAct, z.core.$ZodLooseShape>;

const actOf = <A extends RecordableAct>(act: A) => z.strictObject({ act: z.literal(act), ...DETAILS[act] });

/** An act with its details, checked. */
export const recordedAct = z.discriminatedUnion("act", [
  actOf("receive"),
  actOf("accept"),
  actOf("reject"),
  actOf("schedule"),
  actOf("no-show"),
  actOf("cancel-appointment"),
  actOf("report"),
  actOf("start"),
  actOf("hold"),
  actOf("resume"),
  actOf("cancel"),
  actOf("confirm-cancellation"),
  actOf("complete"),
  actOf("fail"),
  actOf("redirect"),
]);

/** The act of a command. The details bear the names of the messages' fields, so protobuf's own JSON reads them. */
export function messageOf({ act, ...details }: z.infer<typeof recordedAct>): ReferralCommand["act"] {
  const name = act.replaceAll(/-[a-z]/g, (letter) => letter.slice(1).toUpperCase());
  return fromJson(ReferralCommandSchema, { [name]: details as JsonObject }).act;
}
