// Staff at delivery's administrative routes: who may act, and the record of the act before it takes effect.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AccessRecordSchema,
  AdministrativeActSchema,
  StaffRole,
  TOPICS,
  create,
  derivedId,
  encodeRecord,
} from "@ruta/events";
import type { NewRecord } from "@ruta/events";

/** Who signed a request, as the admin app found. */
export interface SignedBy {
  readonly id: string;
  readonly roles: readonly number[];
  readonly signature: Uint8Array;
  readonly bodySha256: Uint8Array;
}

/** An act of staff: what, to what, why, and when (milliseconds). */
export interface StaffAct {
  readonly act: string;
  readonly target: string;
  readonly reason: string;
  readonly at: number;
}

/** Who may mend flows. */
export function mayOperate({ roles }: SignedBy): boolean {
  return roles.includes(StaffRole.OPERATOR) || roles.includes(StaffRole.ADMINISTRATOR);
}

/** Who may look. */
export function mayWatch(staff: SignedBy): boolean {
  return mayOperate(staff) || staff.roles.includes(StaffRole.AUDITOR);
}

/** The record of an act. One signed request is one act, however often it arrives. */
export function actRecord(staff: SignedBy, { act, target, reason, at }: StaffAct): NewRecord {
  const id = derivedId("staff-act", Buffer.from(staff.signature).toString("base64"));
  const value = create(AdministrativeActSchema, {
    staff: staff.id,
    act,
    target,
    reason,
    result: "allowed",
    signature: staff.signature,
    requestSha256: staff.bodySha256,
  });
  const message = create(AccessRecordSchema, {
    accessId: id,
    at: timestampFromMs(at),
    access: { case: "administrativeAct", value },
  });
  const meta = { id, source: "/ruta/delivery", type: "ruta.access.administrative-act", time: at };
  return encodeRecord(TOPICS.access, target, message, meta);
}
