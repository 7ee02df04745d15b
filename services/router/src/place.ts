// Where a referral goes: to an institution, back to its requester, or onto the worklist; and the successor of one that ended without service.
import { clone } from "@bufbuild/protobuf";
import {
  Fallback,
  ReferralAddressedSchema,
  ReferralRequestedSchema,
  ReferralReturnedSchema,
  ReferralWorklistedSchema,
  create,
  referralId,
} from "@ruta/events";
import type { Actor, Candidate, Consent, ReferralRequested, Section, Stage } from "@ruta/events";
import { canTake, candidatesFor, isAddressed } from "./candidates.ts";
import type { Need } from "./candidates.ts";
import { hubActor } from "./draft.ts";
import type { Draft } from "./draft.ts";
import type { HouseholdMember } from "./fits.ts";
import { RANKING } from "./ranking.ts";
import { performerOf } from "./rehearse.ts";
import { factsOf } from "./routing.ts";
import type { Routing } from "./routing.ts";
import { PROPOSAL, nextOrdinal, triedInstitutions } from "./state.ts";
import type { ReferralState } from "./state.ts";

/** Most candidates that an event records; it also says how many there were. */
const MAX_RECORDED_CANDIDATES = 25;

/** Who chooses, and whom. */
export interface Choice {
  readonly chosenBy: "addressed-by-sender" | "chosen-by-hub" | "chosen-by-requester" | "chosen-by-operator";
  /** Institution named by a person; empty lets the hub choose. */
  readonly institution: string;
  readonly serviceId: string;
  /** The person's actor; the hub's own when left out. */
  readonly actor?: Actor;
  /** Why a person chose so, as a code. */
  readonly reasonCode?: string;
  /** A new basis, which counts from here on. */
  readonly consent?: Consent;
  /** What the stage says follows now that the one before did not take it; left out: the next candidate. */
  readonly follows?: Fallback;
  /** Sealed content that came with the choice. */
  readonly sections?: readonly Section[];
}

/** Sends a referral that has no performer on its way. */
export function place(draft: Draft, id: string, choice: Choice): void {
  const referral = draft.state.referrals[id];
  if (!referral) throw new Error("a referral to be placed is not in its case");
  const { routing, directory } = draft.context;
  const consent = choice.consent ? { consent: choice.consent } : {};
  const { sections = [] } = choice;
  if (routing === "gone") {
    worklist("content-gone", []);
    return;
  }
  const need = needOf(draft, referral, choice, routing);
  const all = candidatesFor(need, directory, draft.now);
  const named = choice.institution === "" ? all : all.filter((c) => isAddressed(need, c.institution, c.serviceId));
  const chosen = named.find(canTake);
  const stage = stageOf(draft, referral);
  if (stage && !stage.bases.includes(need.consent.basis)) giveBack("consent-does-not-cover", all);
  else if (choice.follows === Fallback.COORDINATOR) giveBack(STAGE_RULE, all);
  else if (choice.follows === Fallback.WORKLIST) worklist(STAGE_RULE, all);
  else if (chosen && choice.chosenBy === "chosen-by-hub" && referral.request.decision === "propose")
    giveBack(PROPOSAL, all);
  else if (chosen) {
    const { performer, rehearsedAs } = performerOf(draft.state, chosen.institution);
    const value = create(ReferralAddressedSchema, {
      ...consent,
      ...recorded(all),
      serviceId: chosen.serviceId,
      chosenBy: choice.chosenBy,
      reasonCode: choice.reasonCode ?? "",
      rehearsedAs,
    });
    const actor = choice.actor ?? hubActor();
    draft.emit(id, { case: "addressed", value }, { phase: "requested", performer, actor, sections });
  } else if (named.some(({ eligible }) => eligible)) giveBack("consent-does-not-cover", all);
  else if (choice.institution !== "" && choice.chosenBy !== "chosen-by-operator") giveBack("addressed-not-usable", all);
  else {
    const reasonCode = need.tried.size > 0 ? "candidates-exhausted" : "no-candidate";
    if (stage?.onNoCandidate === Fallback.COORDINATOR) giveBack(reasonCode, all);
    else worklist(reasonCode, all);
  }

  function giveBack(reasonCode: string, candidates: readonly Candidate[]): void {
    const value = create(ReferralReturnedSchema, { ...consent, ...recorded(candidates), reasonCode });
    draft.emit(id, { case: "returned", value }, { phase: "returned", performer: "", actor: hubActor(), sections });
  }

  function worklist(reasonCode: string, candidates: readonly Candidate[]): void {
    const value = create(ReferralWorklistedSchema, { ...consent, ...recorded(candidates), reasonCode });
    draft.emit(id, { case: "worklisted", value }, { phase: "worklisted", performer: "", actor: hubActor(), sections });
  }
}

/**
 * The stage that a referral serves; undefined where its case runs no roadmap. It says on which bases the referral may rest: what was
 * told on a duty to report is not passed on for care without a consent to it.
 */
function stageOf({ state, context }: Draft, { request }: Asking): Stage | undefined {
  const roadmap = state.run && context.directory.roadmap(state.run.roadmap, state.run.version);
  return roadmap?.stages.find(({ id }) => id === request.stageId);
}

/** Why a referral waits for a person though others could take it: its stage says so. */
const STAGE_RULE = "stage-rule";

/** The hub chooses among all. */
export const CHOSEN_BY_HUB: Choice = { chosenBy: "chosen-by-hub", institution: "", serviceId: "" };

/** What follows a referral that was declined, or that nobody answered, as its stage says; without a stage, the next candidate. */
export function next(draft: Draft, ended: ReferralState, after: "onDecline" | "onSilence"): void {
  const follows = stageOf(draft, ended)?.[after] ?? Fallback.NEXT;
  replace(draft, ended, { ...CHOSEN_BY_HUB, follows });
}

/** Opens the successor of a referral that was rejected, given up or taken away, and places it: the person is still unserved. */
export function replace(draft: Draft, ended: ReferralState, choice: Choice = CHOSEN_BY_HUB): void {
  const id = referralId(draft.state.caseId, nextOrdinal(draft.state));
  const value = clone(ReferralRequestedSchema, ended.request);
  value.consent = ended.consent;
  value.addressedTo = "";
  value.replaces = ended.id;
  const opens = {
    requester: ended.requester,
    priority: ended.priority,
    confidentiality: draft.state.confidentiality,
  };
  draft.emit(id, { case: "requested", value }, { phase: "requested", performer: "", actor: hubActor(), opens });
  place(draft, id, choice);
}

function recorded(candidates: readonly Candidate[]) {
  return {
    candidates: candidates.slice(0, MAX_RECORDED_CANDIDATES),
    considered: candidates.length,
    ranking: RANKING.version,
  };
}

/** What a referral that is yet to be opened would ask. */
export type Asking = Pick<ReferralState, "request" | "requester" | "priority" | "consent">;

/** Whether anybody could take it now and is covered. */
export function isServed(draft: Draft, asking: Asking): boolean {
  const { routing, directory } = draft.context;
  if (routing === "gone") return false;
  return candidatesFor(needOf(draft, asking, CHOSEN_BY_HUB, routing), directory, draft.now).some(canTake);
}

function needOf(draft: Draft, referral: Asking, choice: Choice, routing: Exclude<Routing, "gone">): Need {
  const tried = triedInstitutions(draft.state, referral.request.stageId);
  // Whoever a person names may have had it before: they may have agreed on it since.
  tried.delete(choice.institution);
  return {
    serviceType: referral.request.serviceType,
    requester: referral.requester,
    priority: referral.priority,
    consent: choice.consent ?? referral.consent,
    household: householdOf(referral.request, routing),
    tried,
    addressedTo: choice.institution,
    serviceId: choice.serviceId,
  };
}

/** The persons of a request: age bands as they stand in clear, the rest from the opened sections. */
function householdOf(request: ReferralRequested, routing: Exclude<Routing, "gone">): HouseholdMember[] {
  const member = (personId: string, ageBand: string, principal: boolean): HouseholdMember => ({
    ...factsOf(routing, personId, ageBand),
    principal,
  });
  return [
    member(request.personId, request.ageBand, true),
    ...request.members.map(({ personId, ageBand }) => member(personId, ageBand, false)),
  ];
}
