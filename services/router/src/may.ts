// What each party may do next on a referral, from the lifecycle alone: its guards (times, codes) are told when they refuse.
import { ACTS, isCaseAct } from "@ruta/events";
import type { Act } from "@ruta/events";
import { stepOf } from "./lifecycle.ts";
import type { Role } from "./lifecycle.ts";
import { PHASES } from "./phase.ts";
import type { Phase } from "./phase.ts";
import type { ReferralState } from "./state.ts";

type Party = Extract<Role, "requester" | "performer">;

/** What decides beside the phase: whether there is an outcome or a supplement to take note of, or a record to dispute. */
interface Open {
  readonly outcome: boolean;
  readonly supplement: boolean;
  readonly onBehalf: boolean;
  readonly proposal: boolean;
}

/** The acts that are about something open. */
const ABOUT: Partial<Record<Act, keyof Open>> = {
  acknowledge: "outcome",
  "acknowledge-supplement": "supplement",
  dispute: "onBehalf",
  choose: "proposal",
};

function listOf(phase: Phase, role: Party, open: Open): readonly Act[] {
  return ACTS.filter((act) => {
    if (act === "request" || isCaseAct(act)) return false;
    const about = ABOUT[act];
    if (about !== undefined && !open[about]) return false;
    const { kind } = stepOf(phase, act, role);
    return kind !== "refuse" && kind !== "repeat";
  });
}

const nameOf = (phase: Phase, role: Party, { outcome, supplement, onBehalf, proposal }: Open) =>
  `${phase} ${role} ${outcome} ${supplement} ${onBehalf} ${proposal}`;

const EITHER = [true, false];
const OPEN: readonly Open[] = EITHER.flatMap((outcome) =>
  EITHER.flatMap((supplement) =>
    EITHER.flatMap((onBehalf) => EITHER.map((proposal) => ({ outcome, supplement, onBehalf, proposal }))),
  ),
);

/** Every list, made once: looking one up costs nothing for each event. */
const LISTS = new Map(
  PHASES.flatMap((phase) =>
    (["requester", "performer"] as const).flatMap((role) =>
      OPEN.map((open): [string, readonly Act[]] => [nameOf(phase, role, open), listOf(phase, role, open)]),
    ),
  ),
);

/** The acts that a party may make after the last event of a referral; none for a performer that is not chosen. */
export function mayOf(referral: ReferralState, role: Party): readonly Act[] {
  const institution = referral[role];
  if (institution === "") return [];
  const { phase, acknowledged, supplements, onBehalf = [] } = referral;
  const open = {
    outcome: !acknowledged,
    supplement: Object.values(supplements).some((told) => told.to === institution && !told.acknowledged),
    proposal: referral.proposed === true,
    onBehalf: onBehalf.some((one) => one.institution === institution && one.disputed === undefined),
  };
  return LISTS.get(nameOf(phase, role, open)) ?? [];
}
