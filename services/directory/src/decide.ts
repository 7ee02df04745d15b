// Decides an act on the directory: who may do it, what it changes, and the records of the next revision. Pure.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { DirectoryRecordSchema, RevisionCommittedSchema, StaffRole, isValid } from "@ruta/events";
import type { Directory, DirectoryRecord, Staff } from "@ruta/events";
import { diff } from "./diff.ts";
import type { Change } from "./diff.ts";
import type { RefusalCode } from "./errors.ts";
import { idOf } from "./form.ts";
import type { Entry } from "./form.ts";

/** An act by a member of staff, with the evidence that they signed it. */
export interface Act {
  /** Staff id; "bootstrap" for the first revision, which nobody could sign. */
  readonly staff: string;
  readonly reason: string;
  /** Ed25519 signature over the request; empty for the first revision. */
  readonly signature: Uint8Array;
  /** SHA-256 of the request's body. */
  readonly requestSha256: Uint8Array;
  /** Entries that passed validation over the directory that stands. */
  readonly entries: readonly Entry[];
}

/** The name under which the first revision is made. */
export const BOOTSTRAP = "bootstrap";

/** What comes of an act. An act that changes nothing makes no revision. */
export type Decision =
  | {
      readonly ok: true;
      readonly revision: bigint;
      readonly changes: readonly Change[];
      readonly records: readonly DirectoryRecord[];
    }
  | { readonly ok: false; readonly code: RefusalCode };

/** Decides at `now`, in milliseconds. */
export function decide(act: Act, current: Directory, now: number): Decision {
  const refused = mayNot(act, current, now);
  if (refused) return { ok: false, code: refused };
  const changes = diff(act.entries, current);
  const entries = act.entries.filter((_, index) => changes[index]?.change !== "unchanged");
  if (entries.length === 0) return { ok: true, revision: current.revision, changes, records: [] };
  const revision = current.revision + 1n;
  const committed = create(RevisionCommittedSchema, {
    staff: act.staff,
    reason: act.reason,
    committedAt: timestampFromMs(now),
    entries: entries.length,
    signature: act.signature,
    requestSha256: act.requestSha256,
  });
  const records = [...entries, { case: "revisionCommitted" as const, value: committed }].map((entry) =>
    create(DirectoryRecordSchema, { revision, entry }),
  );
  return { ok: true, revision, changes, records };
}

/** Why this member of staff may not change the directory at all; undefined when they may, at least in part. */
export function roleRefusal(staff: string, current: Directory, now: number): RefusalCode | undefined {
  if (current.revision === 0n) return staff === BOOTSTRAP ? undefined : "directory-empty";
  const roles = current.staff(staff, now)?.roles ?? [];
  return roles.includes(StaffRole.ADMINISTRATOR) || roles.includes(StaffRole.RECOVERY) ? undefined : "role-missing";
}

function mayNot(act: Act, current: Directory, now: number): RefusalCode | undefined {
  const refused = roleRefusal(act.staff, current, now);
  if (refused) return refused;
  const onlyRecovers = current.revision > 0n && !current.staff(act.staff, now)?.roles.includes(StaffRole.ADMINISTRATOR);
  if (onlyRecovers && !addsAnAdministrator(act.entries, current)) return "recovery-limited";
  return keepsAnAdministrator(act.entries, current, now) ? undefined : "last-administrator";
}

/** The one thing that the offline recovery key is for: a new member of staff who is an administrator and nothing else. */
function addsAnAdministrator(entries: readonly Entry[], current: Directory): boolean {
  const [entry] = entries;
  if (entries.length !== 1 || entry?.case !== "staff") return false;
  return (
    !current.get("staff", entry.value.id) &&
    entry.value.roles.length === 1 &&
    entry.value.roles[0] === StaffRole.ADMINISTRATOR
  );
}

function keepsAnAdministrator(entries: readonly Entry[], current: Directory, now: number): boolean {
  const staff = new Map<string, Staff>(current.table("staff"));
  for (const entry of entries) if (entry.case === "staff") staff.set(idOf(entry), entry.value);
  // An end that is still to come counts as one: else the hub would lock itself out on that day.
  return [...staff.values()].some(
    ({ roles, validity }) =>
      roles.includes(StaffRole.ADMINISTRATOR) && isValid(validity, now) && validity?.until === undefined,
  );
}
