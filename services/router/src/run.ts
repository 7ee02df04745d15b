// A case that runs a roadmap: where its stages stand, and how each event changes that. Pure, part of `evolve`.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { ReferralEvent } from "@ruta/events";

/** Where a stage stands. One that is not listed waits for those before it. */
interface StageState {
  readonly state: "open" | "offered" | "ended" | "skipped";
  readonly mandatory: boolean;
  /** Coded outcome of one that ended; empty before. */
  readonly outcome: string;
  /** Whether it counts: its end was an outcome, or it is not needed. */
  readonly done: boolean;
  /** Time of its last event, milliseconds. */
  readonly at: number;
  /** The window of its clock, milliseconds; left out where it has none. */
  readonly clock?: { readonly startedAt: number; readonly dueAt: number };
}

/** The run of one version of one roadmap. */
export interface Run {
  readonly roadmap: string;
  readonly version: number;
  /** Institution that answers for the case. */
  readonly coordinator: string;
  readonly stages: Readonly<Record<string, StageState>>;
  /** Roadmaps that somebody has to look at for a person of the case. */
  readonly screenings: readonly string[];
  /** Set once the case is over. */
  readonly closed?: { readonly at: number; readonly reason: string };
}

/** The run after an event; undefined while the case runs no roadmap. */
export function runAfter(run: Run | undefined, event: ReferralEvent, at: number): Run | undefined {
  const { fact, roadmapId: roadmap, roadmapVersion: version, stageId } = event;
  if (fact.case === "caseOpened")
    return { roadmap, version, coordinator: fact.value.coordinator, stages: {}, screenings: [] };
  if (run === undefined) return undefined;
  const stage = (change: Omit<StageState, "at" | "mandatory"> & { readonly mandatory?: boolean }): Run => {
    const mandatory = change.mandatory ?? run.stages[stageId]?.mandatory ?? false;
    return { ...run, stages: { ...run.stages, [stageId]: { ...change, mandatory, at } } };
  };
  switch (fact.case) {
    case "stageOpened": {
      const { mandatory, clockStartedAt, dueAt } = fact.value;
      const clock =
        clockStartedAt && dueAt ? { clock: { startedAt: timestampMs(clockStartedAt), dueAt: timestampMs(dueAt) } } : {};
      return stage({ state: "open", mandatory, outcome: "", done: false, ...clock });
    }
    case "stageOffered":
      return stage({ state: "offered", mandatory: fact.value.mandatory, outcome: "", done: false });
    case "stageEnded":
      return stage({ state: "ended", outcome: fact.value.outcomeCode, done: fact.value.done });
    case "stageSkipped":
      return stage({ state: "skipped", outcome: "", done: true });
    case "screeningRaised":
      return { ...run, screenings: [...run.screenings, ...fact.value.roadmaps] };
    case "caseClosed":
      return { ...run, closed: { at, reason: fact.value.reasonCode } };
    default:
      return run;
  }
}
