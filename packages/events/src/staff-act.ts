// Acts of staff: who may do what, and the record of an act, made before the act takes effect.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AccessRecordSchema, AdministrativeActSchema } from "./gen/ruta/access/v1/access_pb.ts";
import { StaffRole } from "./gen/ruta/directory/v1/directory_pb.ts";
import { derivedId } from "./ids.ts";
import { encodeRecord } from "./record.ts";
import type { NewRecord } from "./record.ts";
import { TOPICS } from "./topics.ts";

/** Who signed an administrative request. */
export interface SignedBy {
  /** Staff id. */
  readonly id: string;
  readonly roles: readonly StaffRole[];
  /** The key that signed: two ids with one key are one person. */
  readonly publicKey: Uint8Array;
  /** Ed25519 signature over the request. */
  readonly signature: Uint8Array;
  /** SHA-256 of the request's body. */
  readonly bodySha256: Uint8Array;
}

/** What every administrative route may refuse before it does anything. */
export const STAFF_PROBLEMS = {
  "staff-signature": {
    status: 401,
    title: "The request is not signed by a member of staff",
    remedy: "Sign it with a staff key that is in force, on a clock right to 300 s; `ruta` does so with RUTA_STAFF_KEY.",
  },
  "staff-role": {
    status: 403,
    title: "Your role does not allow this",
    remedy: "Ask an operator or an administrator of the hub.",
  },
} as const;

/** An act of staff: what, to what, why, and when (milliseconds). */
export interface StaffAct {
  /** Such as router.worklist.retry; its first word is the service that does it. */
  readonly act: string;
  /** Id of what it is done to; the key of the record. */
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

/** An id of what a signed request causes: one request is one act, however often it arrives. */
export function idOfAct(purpose: string, { signature }: SignedBy): string {
  return derivedId(purpose, Buffer.from(signature).toString("base64"));
}

/** The record of an act. */
export function staffActRecord(staff: SignedBy, { act, target, reason, at }: StaffAct): NewRecord {
  const id = idOfAct("staff-act", staff);
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
  const source = `/ruta/${act.split(".", 1)[0]}`;
  return encodeRecord(TOPICS.access, target, message, { id, source, type: "ruta.access.administrative-act", time: at });
}
