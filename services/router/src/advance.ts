// How a case goes on by its roadmap: stages end with their referrals, the next ones open or are offered, and the case closes. Pure.
import { clone } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { limitEnd } from "@ruta/calendar";
import {
  CaseClosedSchema,
  ClockStart,
  Decision,
  ReferralRequestedSchema,
  StageEndedSchema,
  StageOfferedSchema,
  StageOpenedSchema,
  StageSkippedSchema,
  create,
  referralId,
} from "@ruta/events";
import type { Confidentiality, Consent, ReferralRequested, Roadmap, Stage } from "@ruta/events";
import { judge } from "@ruta/roadmap";
import { caseFacts } from "./case-facts.ts";
import { hubActor } from "./draft.ts";
import type { Draft } from "./draft.ts";
import { ENDED } from "./phase.ts";
import { CHOSEN_BY_HUB, isServed, place } from "./place.ts";
import type { Choice } from "./place.ts";
import type { Run } from "./run.ts";
import { nextOrdinal } from "./state.ts";
import type { ReferralState } from "./state.ts";

/** The outcome of a stage whose referrals all ended without one. */
const NO_OUTCOME = "none";

/** The referral with which a case began. */
export function firstReferral(draft: Draft): ReferralState {
  const first = draft.state.referrals[referralId(draft.state.caseId, 1)];
  if (!first) throw new Error("a case has no first referral");
  return first;
}

/** The version of the roadmap that a case runs. Throws where the directory has not got it: a version never goes. */
export function roadmapOf(draft: Draft, run: Run): Roadmap {
  const roadmap = draft.context.directory.roadmap(run.roadmap, run.version);
  if (!roadmap) throw new Error(`the directory has no roadmap ${run.roadmap} version ${run.version}`);
  return roadmap;
}

/** Takes a case as far as it goes by itself after an act. Does nothing for one that runs no roadmap, or is over. */
export function advance(draft: Draft): void {
  // A stage that opens may end another's wait: a round that changes nothing is the last.
  for (let run = openRun(draft); run !== undefined; run = openRun(draft)) {
    const before = draft.events.length;
    const roadmap = roadmapOf(draft, run);
    for (const stage of roadmap.stages) endStage(draft, stage);
    for (const stage of roadmap.stages) if (isReady(draft, roadmap, stage)) begin(draft, stage);
    if (draft.events.length > before) continue;
    closeIfDone(draft, roadmap);
    return;
  }
}

function openRun({ state }: Draft): Run | undefined {
  return state.run?.closed === undefined ? state.run : undefined;
}

/** Referrals of a stage, in order. */
export function referralsOf(draft: Draft, stageId: string): ReferralState[] {
  return Object.values(draft.state.referrals).filter(({ request }) => request.stageId === stageId);
}

/** Whether somebody still has, or is to get, one of these. */
export function isLive({ phase, replacedBy }: ReferralState): boolean {
  return !ENDED.includes(phase) && replacedBy === undefined;
}

function endStage(draft: Draft, stage: Stage): void {
  if (draft.state.run?.stages[stage.id]?.state !== "open") return;
  const referrals = referralsOf(draft, stage.id);
  if (referrals.length === 0 || referrals.some(isLive)) return;
  const served = referrals.findLast(({ phase }) => phase === "completed");
  const outcomeCode = served ? outcomeOf(served) : NO_OUTCOME;
  recordEnd(draft, stage.id, outcomeCode, served !== undefined, referrals.at(-1)!.id);
}

/** Says how a stage ended. */
export function recordEnd(draft: Draft, stageId: string, outcomeCode: string, done: boolean, about?: string): void {
  const value = create(StageEndedSchema, { outcomeCode, done });
  tell(draft, { case: "stageEnded", value }, stageId, about);
}

/** The code with which a referral was completed, as its act was recorded. */
function outcomeOf({ recorded }: ReferralState): string {
  const [code] = JSON.parse(recorded.complete ?? "[]") as unknown[];
  return typeof code === "string" ? code : NO_OUTCOME;
}

/** A stage is ready when nothing is known of it yet and every mandatory one of a lower order is done. */
function isReady(draft: Draft, { stages }: Roadmap, stage: Stage): boolean {
  const known = draft.state.run?.stages ?? {};
  if (known[stage.id] !== undefined) return false;
  return stages.every(
    ({ id, order, mandatory }) =>
      order >= stage.order || !(known[id]?.mandatory ?? mandatory) || known[id]?.done === true,
  );
}

function begin(draft: Draft, stage: Stage): void {
  const { state, context } = draft;
  const { mandatory } = stage;
  const facts = caseFacts(state, firstReferral(draft), context.routing, context.directory);
  const skip = judge(stage.skip, facts, "no");
  const entry = judge(stage.entry, facts, "yes");
  if (skip === "yes" || entry === "no") {
    const reasonCode = skip === "yes" ? "skip-condition-met" : "entry-not-met";
    tell(draft, { case: "stageSkipped", value: create(StageSkippedSchema, { reasonCode }) }, stage.id);
  } else if (skip === "failed" || entry === "failed" || !mandatory) {
    const reasonCode = skip === "failed" || entry === "failed" ? "condition-failed" : "optional";
    tell(draft, { case: "stageOffered", value: create(StageOfferedSchema, { reasonCode, mandatory }) }, stage.id);
  } else openStage(draft, stage, "condition-met");
}

/** How a stage comes to be opened: by its condition, or by whoever asks for it. */
export interface Opening {
  readonly choice?: Choice;
  readonly consent?: Consent;
}

/** Opens a stage, with a referral where a service gives it. */
export function openStage(draft: Draft, stage: Stage, reasonCode: string, { choice, consent }: Opening = {}): void {
  markOpen(draft, stage, reasonCode);
  if (stage.serviceTypes.length === 0) return;
  const first = firstReferral(draft);
  const id = referralId(draft.state.caseId, nextOrdinal(draft.state));
  const basis = consent ?? first.consent;
  const asked = (serviceType: string): ReferralRequested =>
    Object.assign(clone(ReferralRequestedSchema, first.request), {
      stageId: stage.id,
      decision: decisionOf("", stage),
      serviceType,
      addressedTo: choice?.institution ?? "",
      placerNumber: "",
      basedOn: first.id,
      replaces: "",
      consent: basis,
    });
  const { coordinator } = draft.state.run!;
  const served = stage.serviceTypes.find((type) =>
    isServed(draft, { request: asked(type), requester: coordinator, priority: first.priority, consent: basis }),
  );
  const value = asked(served ?? stage.serviceTypes[0]!);
  const opens = {
    requester: coordinator,
    priority: first.priority,
    // What a case is known to be never becomes less restricted by a later stage.
    confidentiality: stricter(draft.state.confidentiality, stage.confidentiality),
  };
  draft.emit(
    id,
    { case: "requested", value },
    { phase: "requested", performer: "", actor: hubActor(), opens, stage: stage.id },
  );
  place(draft, id, choice ?? CHOSEN_BY_HUB);
}

/** Who chooses: a person unless the stage gives a reason for the hub; without a stage, a person where the sender wants it (I10). */
export function decisionOf(asked: string, stage: Stage | undefined): "propose" | "" {
  const proposes = asked === "propose" || (stage !== undefined && stage.decision !== Decision.AUTOMATIC);
  return proposes ? "propose" : "";
}

/** The more restricted of two classes. */
export function stricter(one: Confidentiality, other: Confidentiality): Confidentiality {
  return one > other ? one : other;
}

/** Says that a stage has begun, and when its clock ends. */
export function markOpen(draft: Draft, { id, mandatory, clock }: Stage, reasonCode: string): void {
  const from = clock === undefined ? undefined : startOf(clock.start, draft);
  const times =
    clock === undefined || from === undefined
      ? {}
      : { clockStartedAt: timestampFromMs(from), dueAt: timestampFromMs(limitEnd(clock, from)) };
  tell(draft, { case: "stageOpened", value: create(StageOpenedSchema, { reasonCode, mandatory, ...times }) }, id);
}

/** From when a clock counts; undefined where that is not known as the stage opens. */
function startOf(start: ClockStart, draft: Draft): number | undefined {
  if (start === ClockStart.STAGE_OPENED) return draft.now;
  return start === ClockStart.OCCURRED ? Math.min(draft.occurredAt, draft.now) : undefined;
}

function closeIfDone(draft: Draft, { stages }: Roadmap): void {
  const known = draft.state.run?.stages ?? {};
  const waits = stages.some(({ id, mandatory }) =>
    (known[id]?.mandatory ?? mandatory) ? known[id]?.done !== true : known[id]?.state === "open",
  );
  if (waits || Object.values(draft.state.referrals).some(isLive)) return;
  const value = create(CaseClosedSchema, { reasonCode: "stages-ended" });
  tell(draft, { case: "caseClosed", value }, "");
}

/** An event of the case itself; it is about its first referral unless another is the cause. */
function tell(draft: Draft, fact: Parameters<Draft["emit"]>[1], stage: string, about = firstReferral(draft).id): void {
  draft.emit(about, fact, { actor: hubActor(), stage });
}
