// A service refused for nationality, status or papers is an outcome that can be, and never a silent one: who watches over rights is told. Pure.
import { RightsAlertRaisedSchema, SystemFunction, create } from "@ruta/events";
import type { Directory, ReferralEvent } from "@ruta/events";
import { indexOf } from "./directory-index.ts";
import { hubActor } from "./draft.ts";
import type { Draft } from "./draft.ts";
import type { ReferralState } from "./state.ts";

/** The reason or outcome that raises the alert (domain §4, rule 7). */
const REFUSED_BY_STATUS = "refused-by-status";

/** Raises the alert where `fact`, which just became of a referral, is such a refusal, never one of a rehearsal: its counterpart gives other reasons. */
export function raiseRights(draft: Draft, referral: ReferralState, fact: ReferralEvent["fact"]): void {
  if (codeOf(fact) !== REFUSED_BY_STATUS) return;
  const { directory } = draft.context;
  const told = watchersOf(directory, draft.now);
  const value = create(RightsAlertRaisedSchema, {
    reasonCode: REFUSED_BY_STATUS,
    institution: referral.performer,
    told: told.filter((institution) => institution !== referral.performer && institution !== referral.requester),
  });
  draft.emit(referral.id, { case: "rightsAlert", value }, { actor: hubActor() });
}

function codeOf(fact: ReferralEvent["fact"]): string {
  if (fact.case === "rejected" || fact.case === "failed") return fact.value.reasonCode;
  return fact.case === "completed" ? fact.value.outcomeCode : "";
}

/** Who controls in the system and can be reached, in order of id. */
function watchersOf(directory: Directory, now: number): string[] {
  const controls = directory.all("institution").filter(({ functions }) => functions.includes(SystemFunction.CONTROL));
  return controls
    .map(({ id }) => id)
    .filter((id) => directory.institution(id, now) && indexOf(directory).isReachable(id, now))
    .toSorted();
}
