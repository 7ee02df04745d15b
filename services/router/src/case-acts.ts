// What a request says of a roadmap, and what the coordinator of a case does to it: begin a stage, say how one ended, end the case. Pure.
import { CaseClosedSchema, CaseOpenedSchema, ScreeningRaisedSchema, create } from "@ruta/events";
import type { ReferralCommand, RequestReferral, Roadmap, Stage } from "@ruta/events";
import { advance, isLive, markOpen, openStage, recordEnd, referralsOf, roadmapOf } from "./advance.ts";
import { judge } from "@ruta/roadmap";
import { caseFacts, hasChild } from "./case-facts.ts";
import type { First } from "./case-facts.ts";
import type { Draft } from "./draft.ts";
import { hubActor } from "./draft.ts";
import type { RefusalCode } from "./errors.ts";
import type { Run } from "./run.ts";
import type { ReferralState } from "./state.ts";

/** Roadmaps that have to be looked at where there is a child (cross rule 1). */
const CHILD_ROADMAPS = ["R03", "R04"] as const;

/** An act about the case, with what it brings. */
type Brought = Extract<ReferralCommand["act"], { case: "openStage" | "recordStage" | "closeCase" }>;

/** The roadmap that a request names and the stage that it asks for. */
export interface Asked {
  readonly roadmap: Roadmap;
  readonly stage: Stage;
}

/** What a request means by its roadmap; nothing where it names none. */
export function askedOf(draft: Draft, request: RequestReferral): Asked | RefusalCode | undefined {
  if (request.roadmapId === "") return request.stageId === "" ? undefined : "unknown-roadmap";
  const roadmap = draft.context.directory.roadmapAt(request.roadmapId, draft.now);
  if (!roadmap) return "unknown-roadmap";
  const serves = ({ serviceTypes }: Stage): boolean => serviceTypes.includes(request.serviceType);
  const stage = roadmap.stages.find((one) => (request.stageId === "" ? serves(one) : one.id === request.stageId));
  if (!stage || !serves(stage)) return "stage-not-served";
  if (request.consent && !stage.bases.includes(request.consent.basis)) return "basis-not-of-stage";
  return { roadmap, stage };
}

/** Whether a case that begins with this request is what its roadmap is for. One of which that cannot be told is taken. */
export function isFor({ state, context }: Draft, { roadmap }: Asked, first: First): boolean {
  return judge(roadmap.entry, caseFacts(state, first, context.routing, context.directory), "yes") !== "no";
}

/** Begins the run: what the requester did at contact is done, and the stage that it asks for is open. */
export function openCase(draft: Draft, { roadmap, stage }: Asked, first: ReferralState): void {
  const { id: roadmapId, version: roadmapVersion } = roadmap;
  const value = create(CaseOpenedSchema, { coordinator: first.requester });
  draft.emit(first.id, { case: "caseOpened", value }, { actor: hubActor(), roadmap: { roadmapId, roadmapVersion } });
  for (const one of roadmap.stages) {
    if (one.order >= stage.order || one.serviceTypes.length > 0 || !one.mandatory) continue;
    markOpen(draft, one, "at-entry");
    recordEnd(draft, one.id, "served", true);
  }
  markOpen(draft, stage, "asked");
}

/** Tells the requester that a child of the household needs another roadmap looked at, where the directory has it. */
export function raiseScreening(draft: Draft, first: ReferralState): void {
  const { directory, routing } = draft.context;
  if (!hasChild(first.request, routing)) return;
  const running = draft.state.run?.roadmap ?? "";
  if (CHILD_ROADMAPS.some((id) => id === running)) return;
  const roadmaps = CHILD_ROADMAPS.filter((id) => directory.roadmapAt(id, draft.now) !== undefined);
  if (roadmaps.length === 0) return;
  const value = create(ScreeningRaisedSchema, { roadmaps, reasonCode: "child" });
  draft.emit(first.id, { case: "screeningRaised", value }, { actor: hubActor() });
}

/** Does an act of the coordinator to its case. */
export function caseAct(draft: Draft, referral: ReferralState): RefusalCode | undefined {
  const act = draft.command.act as Brought;
  const { run } = draft.state;
  if (run === undefined) return "no-roadmap";
  if (draft.command.actor?.institution !== run.coordinator) return "only-coordinator";
  if (run.closed !== undefined) return "case-closed";
  if (act.case === "closeCase") {
    if (Object.values(draft.state.referrals).some(isLive)) return "case-has-open-referrals";
    const value = create(CaseClosedSchema, { reasonCode: act.value.reasonCode });
    draft.emit(referral.id, { case: "caseClosed", value }, { sections: draft.command.sections });
    return undefined;
  }
  const stage = roadmapOf(draft, run).stages.find(({ id }) => id === act.value.stageId);
  if (!stage) return "unknown-stage";
  const refusal = mayBegin(draft, run, stage);
  if (refusal) return refusal;
  if (act.case === "recordStage") {
    if (act.value.outcomeCode === "") return "outcome-required";
    if (run.stages[stage.id]?.state !== "open") markOpen(draft, stage, "asked");
    recordEnd(draft, stage.id, act.value.outcomeCode, true, referral.id);
  } else {
    const { performer, consent } = act.value;
    if (consent && !stage.bases.includes(consent.basis)) return "basis-not-of-stage";
    const actor = draft.command.actor;
    const choice = { chosenBy: "chosen-by-requester", institution: performer, serviceId: "", actor } as const;
    openStage(draft, stage, "asked", {
      ...(performer === "" ? {} : { choice }),
      ...(consent ? { consent } : {}),
    });
  }
  advance(draft);
  return undefined;
}

/** A stage that runs, or has its outcome, is neither begun nor recorded again. */
function mayBegin(draft: Draft, run: Run, stage: Stage): RefusalCode | undefined {
  if (referralsOf(draft, stage.id).some(isLive)) return "stage-running";
  const known = run.stages[stage.id];
  return known?.state === "ended" && known.done ? "stage-ended" : undefined;
}
