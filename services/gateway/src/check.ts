// Says what would become of an act without recording anything: the same checks as the door, and whether the lifecycle has a place for it now.
import type { Db } from "@ruta/db";
import { isCaseAct } from "@ruta/events";
import { createAdmit } from "./admit.ts";
import type { AdmitDeps } from "./admit.ts";
import { answerFrom, claimUnder, keyOf } from "./comparison.ts";
import { isRefusal } from "./envelope.ts";
import type { Refusal } from "./errors.ts";
import type { Plan } from "./plan.ts";
import type { Reads } from "./reads.ts";
import type { Asked, TakeDeps } from "./take.ts";

/** What checking needs. */
export interface CheckDeps extends AdmitDeps {
  readonly db: Db;
  readonly seal: Pick<TakeDeps["seal"], "openSections">;
  readonly reads: Reads;
}

/** What would become of an act. */
export interface Checked {
  readonly act: string;
  /** `taken` would answer 202 and be decided; `repeat` stands already and would get its first answer again. */
  readonly would: "taken" | "repeat";
  /** For an act on a known referral: the acts that this institution may make on it now. */
  readonly may?: readonly string[];
}

/** A function that checks one act. What it refuses is what the door, or the lifecycle as it stands now, would refuse. */
export function createCheck(deps: CheckDeps): (asked: Asked) => Promise<Checked | Refusal> {
  const { db, claims, seal, reads } = deps;
  const admit = createAdmit(deps);

  async function standing(asked: Asked): Promise<Checked | Refusal | undefined> {
    const claim = claimUnder(keyOf(asked), await claims.find(db, [keyOf(asked)]));
    if (!claim) return undefined;
    const [answer] = await answerFrom(seal, [{ asked, claim }]);
    return answer && isRefusal(answer) ? answer : { act: asked.envelope.input.act, would: "repeat" };
  }

  return async function check(asked) {
    const { input } = asked.envelope;
    const known = await standing(asked);
    if (known) return known;
    const [admitted] = await admit([asked]);
    if (admitted && isRefusal(admitted)) return admitted;
    if (input.act === "request") return { act: input.act, would: "taken" };
    const found = await reads.find(asked.institution, input.data.referral, { fresh: true });
    if (isRefusal(found)) return found;
    if ("submitted" in found) return { act: input.act, would: "taken" };
    const may = (found.seen.body.may ?? []) as readonly string[];
    if (isCaseAct(input.act)) {
      const { plan } = found.seen.body as { readonly plan?: Plan };
      return plan?.coordinator === asked.institution && plan.closed === undefined
        ? { act: input.act, would: "taken", may }
        : { code: "not-possible-now", may };
    }
    return may.includes(input.act) ? { act: input.act, would: "taken", may } : { code: "not-possible-now", may };
  };
}
