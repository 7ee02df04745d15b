// A small directory for tests: enough of each kind that one line can be wrong while the rest is right.
import { create } from "@bufbuild/protobuf";
import { Directory, DirectoryFold, StaffRole, StaffSchema } from "@ruta/events";
import { BOOTSTRAP, decide } from "./decide.ts";
import type { Act, Decision } from "./decide.ts";
import { readText } from "./files.ts";
import type { WrittenEntry } from "./files.ts";
import { entryOf } from "./form.ts";
import type { Entry } from "./form.ts";
import type { Rules } from "./rules.ts";
import { validate } from "./validate.ts";

/** Noon in Quito on 2026-11-23. */
export const NOON = Date.UTC(2026, 10, 23, 17);

/** A valid file; tests replace one of its lines. */
export const SAMPLE = `territories:
  - { id: canton, name: Cantón, kind: canton }
  - { id: north, name: Norte, kind: zonal-administration, within: [canton] }
terms:
  - { code: LEG, taxonomy: service-type, name: Legal }
  - { code: PSI, taxonomy: service-type, name: Psicología }
  - { code: SC, taxonomy: need, name: Niñez separada }
institutions:
  - id: rectora
    name: Rectora
    type: municipal
  - id: casa
    name: Casa
    type: civil-society
    parent: rectora
    functions: [execution]
    competences:
      - { service_type: LEG, territories: [canton] }
  - { id: otra, name: Otra, type: public }
places:
  - { id: sede, institution: casa, name: Sede, territory: north, address: Calle 1 }
  - { id: refugio, institution: casa, name: Refugio, confidential: true }
services:
  - id: casa-legal
    institution: casa
    name: Asesoría
    service_type: LEG
    territories: [north]
    accepts_referrals: true
    places: [sede]
`;

/** The entries of a text; throws when it cannot be read. */
export function entriesOf(text: string, file = "d.yaml"): readonly WrittenEntry[] {
  const read = readText(file, text);
  if (!read.ok) throw new Error(read.problems.map(String).join("\n"));
  return read.entries;
}

/** The sample with one piece of it replaced; throws when it has no such piece. */
export function sampleWith(piece: string, replacement: string): string {
  if (!SAMPLE.includes(piece)) throw new Error(`the sample has no ${piece}`);
  return SAMPLE.replace(piece, replacement);
}

/** All problems of a text over a directory, as people read them. */
export function problemsOf(text: string, current = new Directory(), rules: Rules = { allowLoopback: false }): string[] {
  const validated = validate(entriesOf(text), current, rules);
  return validated.ok ? [] : validated.problems.map(String);
}

/** Valid entries of a text over a directory; throws when they are not valid. */
export function validOf(text: string, current: Directory): readonly Entry[] {
  const validated = validate(entriesOf(text), current, { allowLoopback: false });
  if (!validated.ok) throw new Error(validated.problems.map(String).join("\n"));
  return validated.entries;
}

/** A member of staff as an entry; the key is 32 times one byte. */
export function staffEntry(id: string, roles: readonly StaffRole[], byte = 1): Entry {
  return entryOf("staff", create(StaffSchema, { id, roles: [...roles], publicKey: new Uint8Array(32).fill(byte) }));
}

/** An act of `ana`, the administrator of the first revision. */
export function actOf(entries: readonly Entry[], staff = "ana"): Act {
  return { staff, reason: "test", signature: new Uint8Array(64), requestSha256: new Uint8Array(32), entries };
}

/** A fold that holds revision 1: an administrator `ana`, an operator `oto` and the recovery key. */
export function firstRevision(): DirectoryFold {
  const fold = new DirectoryFold();
  const staff = [
    staffEntry("ana", [StaffRole.ADMINISTRATOR], 1),
    staffEntry("oto", [StaffRole.OPERATOR], 2),
    staffEntry("recovery", [StaffRole.RECOVERY], 3),
  ];
  commit(fold, decide(actOf(staff, BOOTSTRAP), fold.current, NOON));
  return fold;
}

/** Gives the records of a decision to a fold; throws on a refusal. */
export function commit(fold: DirectoryFold, decision: Decision): Extract<Decision, { ok: true }> {
  if (!decision.ok) throw new Error(decision.code);
  for (const record of decision.records) fold.apply(record);
  return decision;
}
