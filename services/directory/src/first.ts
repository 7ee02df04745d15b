// The first revision: the staff by whose keys everything after it is signed.
import { create } from "@bufbuild/protobuf";
import { StaffRole, StaffSchema } from "@ruta/events";
import { decodePublicKey } from "@ruta/proof";
import type { Request } from "./apply.ts";
import { BOOTSTRAP } from "./decide.ts";
import { entryOf } from "./form.ts";
import { validateEntries } from "./validate.ts";

/** Form of RUTA_FIRST_ADMIN: `staffId:whpk_…` pairs, comma separated. */
export const FIRST_ADMIN =
  /^[a-z0-9][a-z0-9-]{0,63}:whpk_[A-Za-z0-9+/=]+(,[a-z0-9][a-z0-9-]{0,63}:whpk_[A-Za-z0-9+/=]+)*$/;

/** Id of the offline recovery key among the first staff. */
const RECOVERY = "recovery";

/** One member of the first staff. */
export interface FirstStaff {
  readonly id: string;
  /** Public key as whpk_…. */
  readonly publicKey: string;
  readonly role: "administrator" | "recovery";
}

/** Reads RUTA_FIRST_ADMIN; the one called `recovery` is the recovery key, all others are administrators. */
export function parseFirstAdmin(value: string | undefined): FirstStaff[] {
  return (value ?? "").split(",").flatMap((pair) => {
    const [id, publicKey] = pair.split(":");
    return id && publicKey ? [{ id, publicKey, role: id === RECOVERY ? "recovery" : "administrator" }] : [];
  });
}

/** The request of the first revision. Throws when a key is not one: nothing could ever be signed. */
export function firstRequest(staff: readonly FirstStaff[]): Request {
  const at = { file: "RUTA_FIRST_ADMIN", line: 0 };
  const located = staff.map(({ id, publicKey, role }) => {
    const key = decodePublicKey(publicKey);
    if (!key) throw new Error(`RUTA_FIRST_ADMIN: the key of ${id} is not an Ed25519 public key as whpk_…`);
    const roles = [role === "recovery" ? StaffRole.RECOVERY : StaffRole.ADMINISTRATOR];
    return { entry: entryOf("staff", create(StaffSchema, { id, publicKey: key, roles })), at };
  });
  return {
    staff: BOOTSTRAP,
    reason: "first start",
    signature: new Uint8Array(),
    requestSha256: new Uint8Array(),
    prepare: (current) => validateEntries(located, current, { allowLoopback: false }),
  };
}
