// Decides a command on a case into events; a refusal is an event too. Pure: no clock, no random, no I/O.
import {
  ActDisputedSchema,
  Channel,
  ReferralCancelledSchema,
  ReferralRequestedSchema,
  create,
  isCaseAct,
  referralId,
} from "@ruta/events";
import type { Actor, CaseAct, ReferralCommand, ReferralEvent, RequestReferral } from "@ruta/events";
import { RECORDABLE, actOf } from "./acts.ts";
import type { RunningAct } from "./acts.ts";
import { advance, decisionOf, firstReferral, stricter } from "./advance.ts";
import { askedOf, caseAct, isFor, openCase, raiseScreening } from "./case-acts.ts";
import { Draft } from "./draft.ts";
import type { Context } from "./draft.ts";
import type { RefusalCode } from "./errors.ts";
import { HUB } from "./expectation.ts";
import { factOf, noticeOf } from "./facts.ts";
import { commandContent, guard } from "./guards.ts";
import { stepOf } from "./lifecycle.ts";
import type { Role } from "./lifecycle.ts";
import { UNDECIDED } from "./phase.ts";
import { next, place, replace } from "./place.ts";
import { isPretended } from "./rehearse.ts";
import { raiseRights } from "./rights.ts";
import { ring } from "./ring.ts";
import { lastSuccessor } from "./state.ts";
import type { CaseState, ReferralState } from "./state.ts";
import { acknowledgeSupplement, supplement } from "./supplement.ts";

/** Reason of the cancellation by which an operator takes a referral away. */
const REROUTED = "rerouted";

/** What came of a command: events to append, and the state after them. */
export interface Decision {
  /** Empty when the command was decided before. */
  readonly events: readonly ReferralEvent[];
  readonly state: CaseState;
  /** Set when the command was refused; the one event then says so. */
  readonly refusal?: RefusalCode;
}

/** Decides a command. A command id that the case has decided changes nothing. Throws for a command without an act. */
export function decide(state: CaseState, command: ReferralCommand, context: Context): Decision {
  if (state.decided.has(command.commandId)) return { events: [], state };
  const draft = new Draft(state, command, context);
  const code = run(draft);
  const refusal = code === undefined ? {} : { refusal: draft.refuse(code) };
  return { events: draft.events, state: draft.state, ...refusal };
}

function run(draft: Draft): RefusalCode | undefined {
  const { command } = draft;
  const act = actOf(command);
  if (act === undefined) throw new Error("a command has no act");
  if (isPretended(draft.state, command)) return "not-a-party";
  const notice = noticeOf(command);
  if (notice) {
    if (!isHub(command.actor)) return "only-hub";
    draft.emit(command.referralId, notice);
    return undefined;
  }
  if (command.act.case === "ringClock") {
    if (!isHub(command.actor)) return "only-hub";
    ring(draft, command.referralId, command.act.value);
    if (draft.events.length > 0) advance(draft);
    return undefined;
  }
  if (behalfOf(command.actor) !== "" && !RECORDABLE.some((recordable) => recordable === act)) return "own-act-only";
  if (command.act.case === "request") return request(draft, command.act.value);
  return answer(draft, act as RunningAct | CaseAct);
}

function request(draft: Draft, asked: RequestReferral): RefusalCode | undefined {
  const { command, state, context } = draft;
  if (command.referralId !== referralId(state.caseId, 1)) return "unknown-referral";
  if (Object.keys(state.referrals).length > 0) return "case-exists";
  if (!asked.consent) return "consent-required";
  const service = asked.serviceId === "" ? undefined : context.directory.get("service", asked.serviceId);
  const addressedTo = asked.performer === "" ? (service?.institution ?? "") : asked.performer;
  const route = askedOf(draft, asked);
  if (typeof route === "string") return route;
  const value = create(ReferralRequestedSchema, {
    stageId: route?.stage.id ?? "",
    decision: decisionOf(asked.decision, route?.stage),
    personId: asked.personId,
    serviceType: asked.serviceType,
    addressedTo,
    consent: asked.consent,
    members: asked.members,
    reasonCode: asked.reasonCode,
    placerNumber: asked.placerNumber,
    basedOn: asked.basedOn,
    ageBand: asked.ageBand,
    caseKeyId: asked.caseKeyId,
  });
  const { sections, actor } = command;
  const { priority } = asked;
  const confidentiality = stricter(asked.confidentiality, route?.stage.confidentiality ?? asked.confidentiality);
  const opens = { requester: actor?.institution ?? "", priority, confidentiality };
  if (route && !isFor(draft, route, { ...opens, request: value })) return "roadmap-not-for-case";
  draft.emit(command.referralId, { case: "requested", value }, { phase: "requested", sections, opens });
  if (route) openCase(draft, route, firstReferral(draft));
  place(draft, command.referralId, {
    chosenBy: addressedTo === "" ? "chosen-by-hub" : "addressed-by-sender",
    institution: addressedTo,
    serviceId: asked.serviceId,
    ...(addressedTo !== "" && actor ? { actor } : {}),
  });
  raiseScreening(draft, firstReferral(draft));
  advance(draft);
  return undefined;
}

function answer(draft: Draft, act: RunningAct | CaseAct): RefusalCode | undefined {
  const { command, state } = draft;
  const named = state.referrals[command.referralId];
  if (!named) return "unknown-referral";
  const role = roleOf(command.actor, named);
  if (isCaseAct(act)) {
    if (role === "other") return "not-a-party";
    return command.actor?.worker === "" ? "worker-required" : caseAct(draft, named);
  }
  // Who sends a rejected referral elsewhere, or corrects what was asked with it, means the successor that goes on.
  const isAboutLast = act === "redirect" || act === "choose" || (act === "supplement" && role === "requester");
  const referral = isAboutLast ? lastSuccessor(state, named) : named;
  const step = stepOf(referral.phase, act, role);
  if (step.kind === "refuse") return step.code;
  if (command.actor?.worker === "" && command.actor.channel !== Channel.HUB) return "worker-required";
  switch (step.kind) {
    case "repeat":
      return repeat(command, referral, act, step.otherwise);
    case "choose":
      return command.act.case === "choose" ? choose(draft, referral) : redirect(draft, referral, role);
    case "acknowledge":
      if (referral.acknowledged) return "already-recorded";
      draft.emit(referral.id, factOf(command, referral.phase), { sections: command.sections });
      return undefined;
    case "supplement":
      return supplement(draft, referral, role);
    case "acknowledge-supplement":
      return acknowledgeSupplement(draft, referral, role);
    case "dispute":
      return dispute(draft, referral);
    case "reroute":
      return reroute(draft, referral);
    case "to": {
      const refusal = guard(draft, referral, role);
      if (refusal) return refusal;
      const { sections } = command;
      const fact = factOf(command, step.phase);
      draft.emit(referral.id, fact, { phase: step.phase, sections });
      raiseRights(draft, referral, fact);
      if (step.phase === "rejected" || step.phase === "failed") next(draft, referral, "onDecline");
      advance(draft);
      return undefined;
    }
  }
}

function repeat(
  command: ReferralCommand,
  referral: ReferralState,
  act: RunningAct,
  otherwise: RefusalCode,
): RefusalCode {
  const recorded = act === "reroute" ? undefined : referral.recorded[act];
  if (recorded === undefined) return otherwise;
  return recorded === commandContent(command) ? "already-recorded" : "contradicts-recorded";
}

/** The requester's worker chooses among what the hub proposed, under the basis that stands. */
function choose(draft: Draft, referral: ReferralState): RefusalCode | undefined {
  const { act, actor, sections } = draft.command;
  if (act.case !== "choose") throw new Error("only a choice chooses");
  const { performer, serviceId, reasonCode } = act.value;
  if (referral.proposed !== true) return "nothing-proposed";
  if (reasonCode === "") return "reason-required";
  place(draft, referral.id, {
    chosenBy: "chosen-by-requester",
    institution: performer,
    serviceId,
    reasonCode,
    sections,
    ...(actor ? { actor } : {}),
  });
  return undefined;
}

function redirect(draft: Draft, referral: ReferralState, role: Role): RefusalCode | undefined {
  const { act, actor, sections } = draft.command;
  if (act.case !== "redirect") throw new Error("only a redirection chooses");
  const { performer } = act.value;
  // An operator tries again under the basis that stands, also when the requester told where to; only its own system can bring another.
  const consent = role === "requester" && !isHub(actor) ? act.value.consent : undefined;
  if (role === "requester" && !isHub(actor) && !consent) return "consent-required";
  place(draft, referral.id, {
    chosenBy: role === "hub" ? "chosen-by-operator" : "chosen-by-requester",
    institution: performer,
    serviceId: "",
    sections,
    ...(actor ? { actor } : {}),
    ...(consent ? { consent } : {}),
  });
  return undefined;
}

/** What was recorded on behalf of an institution is disputed by it alone; nothing is undone before an operator has looked. */
function dispute(draft: Draft, referral: ReferralState): RefusalCode | undefined {
  const { act, actor, sections } = draft.command;
  if (act.case !== "dispute") throw new Error("only a dispute disputes");
  const { eventId, reasonCode } = act.value;
  const recorded = referral.onBehalf?.find(
    (one) => one.eventId === eventId && one.institution === (actor?.institution ?? ""),
  );
  if (!recorded) return "not-on-behalf";
  if (reasonCode === "") return "reason-required";
  if (recorded.disputed !== undefined)
    return recorded.disputed === reasonCode ? "already-recorded" : "contradicts-recorded";
  const value = create(ActDisputedSchema, { eventId, reasonCode });
  draft.emit(referral.id, { case: "disputed", value }, { sections });
  return undefined;
}

/** Takes a referral from a performer that has not decided, or that disputes the acceptance recorded for it. */
function reroute(draft: Draft, referral: ReferralState): RefusalCode | undefined {
  const { act, actor } = draft.command;
  if (act.case !== "reroute") throw new Error("only a rerouting reroutes");
  const { performer, reasonCode } = act.value;
  const isDisputed = referral.onBehalf?.some(
    (one) => one.fact === "accepted" && one.institution === referral.performer && one.disputed !== undefined,
  );
  if (!UNDECIDED.includes(referral.phase) && !isDisputed) return "already-accepted";
  if (reasonCode === "") return "reason-required";
  const value = create(ReferralCancelledSchema, { reasonCode: REROUTED });
  draft.emit(referral.id, { case: "cancelled", value }, { phase: "cancelled" });
  const choice = { chosenBy: "chosen-by-operator", institution: performer, serviceId: "" } as const;
  replace(draft, referral, performer === "" ? undefined : { ...choice, ...(actor ? { actor } : {}) });
  return undefined;
}

function isHub(actor: Actor | undefined): boolean {
  return actor?.institution === HUB && actor.channel !== Channel.WEBHOOK;
}

/** The institution for which staff of the hub recorded what it was told; empty for everybody who speaks for itself. */
function behalfOf(actor: Actor | undefined): string {
  return isHub(actor) ? (actor?.onBehalfOf ?? "") : "";
}

function roleOf(actor: Actor | undefined, { requester, performer }: ReferralState): Role {
  const behalf = behalfOf(actor);
  if (isHub(actor) && behalf === "") return "hub";
  const institution = behalf === "" ? (actor?.institution ?? "") : behalf;
  if (institution === "") return "other";
  if (institution === requester) return "requester";
  return institution === performer ? "performer" : "other";
}
