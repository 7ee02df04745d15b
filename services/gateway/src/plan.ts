// The shared plan of a case: its stages, where each stands, who answers for it and until when. Codes, no narrative. Pure.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Confidentiality, Status } from "@ruta/events";
import type { Directory, ReferralEvent, Stage } from "@ruta/events";

/** Where a stage stands; `waiting` for those before it. */
type State = "waiting" | "offered" | "open" | "ended" | "skipped";

/** A stage as an institution of the case sees it; of one that is very restricted and not its own, its state alone. */
interface PlannedStage {
  readonly stage?: string;
  readonly action?: { readonly es: string; readonly en: string };
  readonly mandatory?: boolean;
  readonly state: State;
  readonly outcome?: string;
  readonly responsible?: string;
  readonly until?: string;
}

/** The plan with the roadmap that it follows. */
export interface Plan {
  readonly roadmap: string;
  readonly version: number;
  readonly coordinator: string;
  readonly closed?: string;
  readonly stages: readonly PlannedStage[];
}

/** Facts about the case and not about one referral: they are told by the plan. */
export const CASE_FACTS: ReadonlySet<ReferralEvent["fact"]["case"]> = new Set([
  "caseOpened",
  "stageOpened",
  "stageOffered",
  "stageEnded",
  "stageSkipped",
  "caseClosed",
]);

const ENDED: ReadonlySet<Status> = new Set([
  Status.REJECTED,
  Status.CANCELLED,
  Status.COMPLETED,
  Status.FAILED,
  Status.ENTERED_IN_ERROR,
]);

/** The plan of a case for one of its institutions, from all its events in order; undefined where it runs no roadmap. */
export function planOf(events: readonly ReferralEvent[], directory: Directory, viewer: string): Plan | undefined {
  const opened = events.find(({ fact }) => fact.case === "caseOpened");
  if (opened?.fact.case !== "caseOpened") return undefined;
  const { roadmapId: roadmap, roadmapVersion: version } = opened;
  const { coordinator } = opened.fact.value;
  const closed = events.find(({ fact }) => fact.case === "caseClosed")?.fact;
  const stages = directory.roadmap(roadmap, version)?.stages ?? [];
  return {
    roadmap,
    version,
    coordinator,
    ...(closed?.case === "caseClosed" ? { closed: closed.value.reasonCode } : {}),
    stages: stages.map((stage) => planned(events, stage, coordinator, viewer)),
  };
}

function planned(events: readonly ReferralEvent[], stage: Stage, coordinator: string, viewer: string): PlannedStage {
  const { id, action, mandatory, confidentiality } = stage;
  const own = events.filter(({ stageId }) => stageId === id);
  const { state, outcome } = stateOf(own);
  const holder = holderOf(own);
  const isOwn = viewer === coordinator || own.some(({ performer }) => performer === viewer);
  if (confidentiality >= Confidentiality.VERY_RESTRICTED && !isOwn) return { state };
  const open = state === "open" || state === "offered";
  const until = open && holder?.expectation?.until ? new Date(timestampMs(holder.expectation.until)) : undefined;
  return {
    stage: id,
    ...(action ? { action: { es: action.es, en: action.en } } : {}),
    mandatory,
    state,
    ...(isOwn && outcome !== "" ? { outcome } : {}),
    ...(open ? { responsible: holder?.performer || coordinator } : {}),
    ...(until ? { until: until.toISOString() } : {}),
  };
}

/** Where a stage stands after the events about it. */
function stateOf(own: readonly ReferralEvent[]): { readonly state: State; readonly outcome: string } {
  const last = own.findLast(({ fact }) => CASE_FACTS.has(fact.case))?.fact;
  switch (last?.case) {
    case "stageOpened":
      return { state: "open", outcome: "" };
    case "stageOffered":
      return { state: "offered", outcome: "" };
    case "stageEnded":
      return { state: "ended", outcome: last.value.outcomeCode };
    case "stageSkipped":
      return { state: "skipped", outcome: "" };
    default:
      return { state: "waiting", outcome: "" };
  }
}

/** The last event of the referral that serves a stage; undefined where none is under way. */
function holderOf(own: readonly ReferralEvent[]): ReferralEvent | undefined {
  const last = own.findLast(({ fact }) => !CASE_FACTS.has(fact.case) && fact.case !== "refused");
  return last && !ENDED.has(last.status) ? last : undefined;
}
