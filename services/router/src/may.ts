// What each party may do next on a referral, from the lifecycle alone: its guards (times, codes) are told when they refuse.
import { ACTS } from "@ruta/events";
import type { Act } from "@ruta/events";
import { stepOf } from "./lifecycle.ts";
import type { Role } from "./lifecycle.ts";
import { PHASES } from "./phase.ts";
import type { Phase } from "./phase.ts";
import type { ReferralState } from "./state.ts";

type Party = Extract<Role, "requester" | "performer">;

/** What decides beside the phase: whether the outcome is still to be read, and whether a supplement is. */
interface Open {
  readonly outcome: boolean;
  readonly supplement: boolean;
}

function listOf(phase: Phase, role: Party, open: Open): readonly Act[] {
  return ACTS.filter((act) => {
    if (act === "request") return false;
    if (act === "acknowledge" && !open.outcome) return false;
    if (act === "acknowledge-supplement" && !open.supplement) return false;
    const { kind } = stepOf(phase, act, role);
    return kind !== "refuse" && kind !== "repeat";
  });
}

const nameOf = (phase: Phase, role: Party, { outcome, supplement }: Open) =>
  `${phase} ${role} ${outcome} ${supplement}`;

/** Every list, made once: looking one up costs nothing for each event. */
const LISTS = new Map(
  PHASES.flatMap((phase) =>
    (["requester", "performer"] as const).flatMap((role) =>
      [true, false].flatMap((outcome) =>
        [true, false].map((supplement): [string, readonly Act[]] => {
          const open = { outcome, supplement };
          return [nameOf(phase, role, open), listOf(phase, role, open)];
        }),
      ),
    ),
  ),
);

/** The acts that a party may make after the last event of a referral; none for a performer that is not chosen. */
export function mayOf(referral: ReferralState, role: Party): readonly Act[] {
  const institution = referral[role];
  if (institution === "") return [];
  const supplement = Object.values(referral.supplements).some((told) => told.to === institution && !told.acknowledged);
  return LISTS.get(nameOf(referral.phase, role, { outcome: !referral.acknowledged, supplement })) ?? [];
}
