// Roadmaps of the directory: one person lays a version before another, whose key makes it count. A version never changes.
import { createHash } from "node:crypto";
import { equals } from "@bufbuild/protobuf";
import type { Db } from "@ruta/db";
import { RoadmapSchema } from "@ruta/events";
import type { Directory, Roadmap, SignedBy } from "@ruta/events";
import { Problem } from "@ruta/kit/written";
import { readRoadmap } from "@ruta/roadmap/files";
import type { Applied, Request } from "./apply.ts";
import { roleRefusal } from "./decide.ts";
import type { RefusalCode } from "./errors.ts";
import type { Proposal, Proposals } from "./proposals.ts";
import type { Rules } from "./rules.ts";
import type { State } from "./state.ts";
import { validateEntries } from "./validate.ts";
import type { Validated } from "./validate.ts";

/** What roadmaps are built on. */
export interface RoadmapDeps {
  readonly db: Db;
  readonly state: Pick<State, "remember">;
  readonly proposals: Proposals;
  readonly current: () => Directory;
  readonly apply: (request: Request) => Promise<Applied>;
  readonly rules: Rules;
  readonly now: () => number;
}

/** Why it was not done. */
interface Refused {
  readonly ok: false;
  readonly code: RefusalCode;
  readonly problems: readonly Problem[];
}

/** What was laid before the others. */
type Proposed = { readonly ok: true; readonly id: string; readonly version: number; readonly sha256: string } | Refused;

/** Proposing and approving. */
export interface Roadmaps {
  propose(
    staff: SignedBy,
    body: { readonly file: string; readonly text: string; readonly reason: string },
  ): Promise<Proposed>;
  approve(
    staff: SignedBy,
    body: { readonly id: string; readonly version: number; readonly sha256: string; readonly reason: string },
  ): Promise<Applied>;
  waiting(): Promise<Proposal[]>;
  /** A version that waits, with its text; undefined where none does. */
  proposal(id: string, version: number): Promise<Proposal | undefined>;
}

const refused = (code: RefusalCode, problems: readonly Problem[] = []): Refused => ({ ok: false, code, problems });

/** Opens them. */
export function createRoadmaps({ db, state, proposals, current, apply, rules, now }: RoadmapDeps): Roadmaps {
  /** A version over what stands: what it names is there, it is the next one, and one that stands is the same. */
  function checked(file: string, text: string, over: Directory): Validated & { readonly roadmap?: Roadmap } {
    const read = readRoadmap(file, text);
    if (!read.ok) return read;
    const { roadmap } = read;
    const at = { file, line: 1 };
    const last = Math.max(0, ...over.all("roadmap").flatMap(({ id, version }) => (id === roadmap.id ? [version] : [])));
    const standing = over.roadmap(roadmap.id, roadmap.version);
    const label = `roadmap ${roadmap.id}`;
    if (standing && !equals(RoadmapSchema, standing, roadmap))
      return {
        ok: false,
        problems: [
          new Problem(
            at,
            label,
            "version",
            `${roadmap.version} stands already with other content`,
            `take version ${last + 1}`,
          ),
        ],
      };
    if (!standing && roadmap.version !== last + 1)
      return {
        ok: false,
        problems: [new Problem(at, label, "version", `is not the next one`, `take version ${last + 1}`)],
      };
    const valid = validateEntries([{ entry: { case: "roadmap", value: roadmap }, at }], over, rules);
    return valid.ok ? { ...valid, roadmap } : valid;
  }

  return {
    async propose(staff, { file, text, reason }) {
      const at = now();
      const barred = roleRefusal(staff.id, current(), at);
      if (barred) return refused(barred);
      const valid = checked(file, text, current());
      if (!valid.ok) return refused("directory-invalid", valid.problems);
      const { id, version } = valid.roadmap!;
      const sha256 = createHash("sha256").update(text).digest("hex");
      const { id: proposer, publicKey, signature } = staff;
      const isNew = await db.tx(async (tx) => {
        if (!(await state.remember(tx, signature, at))) return false;
        const proposal = { roadmap: id, version, text, sha256, staff: proposer, publicKey, reason, at: new Date(at) };
        await proposals.put(tx, proposal);
        return true;
      });
      return isNew ? { ok: true, id, version, sha256 } : refused("act-repeated");
    },

    async approve(staff, { id, version, sha256, reason }) {
      const barred = roleRefusal(staff.id, current(), now());
      if (barred) return refused(barred);
      const proposal = await proposals.get(db, id, version);
      if (!proposal) return refused("unknown-entry");
      if (proposal.sha256 !== sha256) return refused("proposal-changed");
      const { publicKey } = proposal;
      if (proposal.staff === staff.id || Buffer.from(publicKey).equals(staff.publicKey))
        return refused("another-approver");
      const applied = await apply({
        staff: staff.id,
        reason: `${reason} (proposed by ${proposal.staff}: ${proposal.reason})`,
        signature: staff.signature,
        requestSha256: staff.bodySha256,
        prepare: (over) => checked(`${id}@${version}`, proposal.text, over),
      });
      if (applied.ok) await proposals.remove(db, id, version);
      return applied;
    },

    waiting: () => proposals.list(db),
    proposal: (id, version) => proposals.get(db, id, version),
  };
}
