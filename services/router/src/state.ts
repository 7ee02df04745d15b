// The state of a case and how each event changes it. Pure: the same events give the same state, whoever folds them.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { Confidentiality, eventId, parseReferralId } from "@ruta/events";
import type {
  BusinessStatus,
  Consent,
  Priority,
  ReferralEvent,
  ReferralRequested,
  Section,
  SectionKind,
  Status,
} from "@ruta/events";
import type { Act } from "@ruta/events";
import { withSections, withSupplement } from "./held.ts";
import { phaseOf } from "./phase.ts";
import { runAfter } from "./run.ts";
import type { Run } from "./run.ts";
import type { Phase } from "./phase.ts";

/** A referral of a case. Times are milliseconds since the epoch. */
export interface ReferralState {
  readonly id: string;
  readonly phase: Phase;
  readonly status: Status;
  readonly businessStatus: BusinessStatus;
  readonly requester: string;
  /** Empty while none is chosen. */
  readonly performer: string;
  readonly priority: Priority;
  /** What was asked, as the event said it; a successor asks the same. */
  readonly request: ReferralRequested;
  /** The basis that stands: the request's, or a later redirection's. */
  readonly consent: Consent;
  readonly replacedBy?: string;
  readonly requestedAt: number;
  /** In a rehearsal the institution that a real referral would have gone to; its performer is simulated. */
  readonly rehearsedAs?: string;
  readonly addressedAt?: number;
  readonly acceptedAt?: number;
  /** First service after acceptance: begun, or a first result reported. */
  readonly servedAt?: number;
  readonly appointmentAt?: number;
  /** The request to cancel: when, the id of its event, and when the performer took that event. */
  readonly cancellation?: { readonly at: number; readonly eventId: string; readonly readAt?: number };
  readonly acknowledged: boolean;
  /** Set while a person is to choose among what the hub proposed. */
  readonly proposed?: boolean;
  /** Set once its performer has taken anything of it. */
  readonly reached?: boolean;
  /** How much of each clock's window has rung; left out while nothing has. */
  readonly rung?: Readonly<Record<string, { readonly startedAt: number; readonly percent: number }>>;
  /** Supplements by the id of their event: whom they were told to (empty when nobody), and whether it took note. */
  readonly supplements: Readonly<Record<string, Supplement>>;
  /** What staff recorded on behalf of an institution, oldest first; left out while there is nothing. */
  readonly onBehalf?: readonly OnBehalf[];
  /** The last content of each act, in codes and times, to tell a repeat from a contradiction. */
  readonly recorded: Readonly<Partial<Record<Act, string>>>;
}

/** A supplement as the institution that was told of it stands to it. */
interface Supplement {
  readonly to: string;
  readonly acknowledged: boolean;
}

/** A section in force: who brought it, with which referral, of whom and of what kind. */
export interface HeldSection {
  readonly institution: string;
  readonly referral: string;
  readonly subject: string;
  readonly kind: SectionKind;
}

/** An act that staff of the hub recorded for an institution that told them of it. */
interface OnBehalf {
  /** Id of its event. */
  readonly eventId: string;
  readonly institution: string;
  /** What it led to. */
  readonly fact: string;
  /** Why the institution says that it is not so, as a code; left out while it does not. */
  readonly disputed?: string;
}

/** A case: its referrals in order and what all of them share. */
export interface CaseState {
  readonly caseId: string;
  /** Version of the last event; 0 before the first. */
  readonly version: number;
  /** Time of the last event: no decision is earlier. */
  readonly lastAt: number;
  readonly confidentiality: Confidentiality;
  /** Empty for a real case; else a rehearsal, and what the simulated counterpart does. */
  readonly rehearsal: string;
  /** Sealed routing sections, opened again whenever an institution is chosen. */
  readonly routing: readonly Section[];
  /** Sections of content in force, by id. */
  readonly sections: Readonly<Record<string, HeldSection>>;
  readonly referrals: Readonly<Record<string, ReferralState>>;
  /** Left out while the case runs no roadmap. */
  readonly run?: Run;
  /** Commands decided, or those of them that the question at hand is about. */
  readonly decided: ReadonlySet<string>;
}

/** Why a referral goes back to its requester where nothing is wrong: a person chooses. */
export const PROPOSAL = "proposal";

/** A case of which nothing is known yet. */
export function emptyCase(caseId: string): CaseState {
  return {
    caseId,
    version: 0,
    lastAt: 0,
    confidentiality: Confidentiality.UNSPECIFIED,
    rehearsal: "",
    routing: [],
    sections: {},
    referrals: {},
    decided: new Set(),
  };
}

/** The content of an act in one comparable line: codes and milliseconds only. */
export function contentOf(...parts: readonly (string | number | undefined)[]): string {
  return JSON.stringify(parts.map((part) => part ?? ""));
}

/** A timestamp in milliseconds, when there is one. */
export function msOf(time: Timestamp | undefined): number | undefined {
  return time && timestampMs(time);
}

/** The state after an event. Throws when a version is missing: a case never skips one. Repeats change nothing. */
export function evolve(state: CaseState, event: ReferralEvent): CaseState {
  const version = Number(event.version);
  if (version <= state.version) return state;
  if (version !== state.version + 1) throw new Error(`version ${version} of a case follows ${state.version}`);
  const at = msOf(event.recordedAt) ?? state.lastAt;
  const commandId = event.cause?.commandId ?? "";
  const run = runAfter(state.run, event, at);
  const common = {
    ...withSections(state, event),
    ...(run === undefined ? {} : { run }),
    version,
    lastAt: Math.max(at, state.lastAt),
    rehearsal: event.rehearsal,
    decided: state.decided.has(commandId) ? state.decided : new Set([...state.decided, commandId]),
  };
  const { fact } = event;
  if (fact.case === "requested") return withRequest(common, event, fact.value, at);
  const before = state.referrals[event.referralId];
  if (before === undefined || fact.case === "refused") return common;
  if (fact.case === "supplemented") return withReferral(common, withSupplement(common, before, event));
  return withReferral(common, { ...before, ...changeOf(before, event, at), ...onBehalfAfter(before, event) });
}

/** What stands as recorded on behalf of others after an event; nothing when the event does not change it. */
function onBehalfAfter({ onBehalf = [] }: ReferralState, { fact, actor, cause }: ReferralEvent): Change {
  if (fact.case === "disputed") {
    const { eventId: id, reasonCode } = fact.value;
    return { onBehalf: onBehalf.map((one) => (one.eventId === id ? { ...one, disputed: reasonCode } : one)) };
  }
  if (fact.case === undefined || actor === undefined || actor.onBehalfOf === "") return {};
  // Of the events of one decision the act itself is the first.
  const recorded = { eventId: eventId(cause?.commandId ?? "", 0), institution: actor.onBehalfOf, fact: fact.case };
  return { onBehalf: [...onBehalf, recorded] };
}

function withReferral(state: CaseState, referral: ReferralState): CaseState {
  return { ...state, referrals: { ...state.referrals, [referral.id]: referral } };
}

function withRequest(state: CaseState, event: ReferralEvent, request: ReferralRequested, at: number): CaseState {
  if (!request.consent) throw new Error("a request has no basis of disclosure");
  const replaced = state.referrals[request.replaces];
  const referral: ReferralState = {
    id: event.referralId,
    // Until the next event of the same decision says where it goes, nobody has it.
    phase: "returned",
    status: event.status,
    businessStatus: event.businessStatus,
    requester: event.requester,
    performer: "",
    priority: event.priority,
    request,
    consent: request.consent,
    requestedAt: at,
    acknowledged: false,
    supplements: {},
    recorded: {},
  };
  const next = { ...state, confidentiality: event.confidentiality };
  return withReferral(replaced ? withReferral(next, { ...replaced, replacedBy: referral.id }) : next, referral);
}

/** Whether a proposal stands; left out where there never was one. */
function flagged(before: ReferralState, proposed: boolean): Pick<ReferralState, "proposed"> {
  return proposed || before.proposed !== undefined ? { proposed } : {};
}

type Change = { -readonly [K in keyof ReferralState]?: ReferralState[K] };

function changeOf(before: ReferralState, event: ReferralEvent, at: number): Change {
  const { fact } = event;
  const standing = (recorded: ReferralState["recorded"] = {}, waiting?: "returned" | "worklisted"): Change => ({
    status: event.status,
    businessStatus: event.businessStatus,
    performer: event.performer,
    phase: phaseOf(event.status, event.businessStatus, waiting),
    recorded: { ...before.recorded, ...recorded },
  });
  switch (fact.case) {
    case "addressed":
      return {
        ...standing(),
        consent: fact.value.consent ?? before.consent,
        addressedAt: at,
        ...flagged(before, false),
        ...(before.reached === undefined ? {} : { reached: false }),
        ...(fact.value.rehearsedAs === "" ? {} : { rehearsedAs: fact.value.rehearsedAs }),
      };
    case "returned":
    case "worklisted": {
      const proposed = fact.case === "returned" && fact.value.reasonCode === PROPOSAL;
      return {
        ...standing({}, fact.case),
        consent: fact.value.consent ?? before.consent,
        ...flagged(before, proposed),
      };
    }
    case "received":
      return standing({ receive: contentOf() });
    case "accepted": {
      const content = contentOf(fact.value.fillerNumber, msOf(fact.value.expectedAt));
      return { ...standing({ accept: content }), acceptedAt: at };
    }
    case "rejected":
    case "failed": {
      const content = contentOf(fact.value.reasonCode);
      return standing({ reject: content, fail: content });
    }
    case "scheduled": {
      const appointmentAt = msOf(fact.value.appointmentAt) ?? at;
      return { ...standing({ schedule: contentOf(appointmentAt) }), appointmentAt };
    }
    case "missed":
      return standing({ "no-show": contentOf() });
    case "appointmentCancelled":
      return standing({ "cancel-appointment": contentOf(fact.value.reasonCode) });
    case "reported":
      return { ...standing(), servedAt: before.servedAt ?? at };
    case "started":
      return { ...standing({ start: contentOf() }), servedAt: before.servedAt ?? at };
    case "held":
      return standing({ hold: contentOf(fact.value.reasonCode) });
    case "resumed":
      return standing({ resume: contentOf() });
    case "cancellationRequested": {
      const cancellation = { at, eventId: eventId(event.cause?.commandId ?? "", 0) };
      return { ...standing({ cancel: contentOf(fact.value.reasonCode) }), cancellation };
    }
    case "cancelled":
      return standing(
        before.cancellation ? { "confirm-cancellation": contentOf() } : { cancel: contentOf(fact.value.reasonCode) },
      );
    case "completed":
      return standing({ complete: contentOf(fact.value.outcomeCode, msOf(fact.value.reachedAt)) });
    case "enteredInError":
      return standing({ "mark-in-error": contentOf(fact.value.reasonCode) });
    case "acknowledged":
      return { acknowledged: true };
    case "supplementAcknowledged": {
      const { eventId: id } = fact.value;
      const told = before.supplements[id];
      return told ? { supplements: { ...before.supplements, [id]: { ...told, acknowledged: true } } } : {};
    }
    case "clockRang": {
      const { clock, startedAt, percent } = fact.value;
      return { rung: { ...before.rung, [clock]: { startedAt: msOf(startedAt) ?? 0, percent } } };
    }
    case "delivered": {
      const { cancellation } = before;
      const reached = fact.value.institution === before.performer ? { reached: true } : {};
      const isRead = cancellation?.eventId === fact.value.eventId && fact.value.institution === before.performer;
      const read = isRead && cancellation.readAt === undefined ? { cancellation: { ...cancellation, readAt: at } } : {};
      return { ...reached, ...read };
    }
    default:
      return {};
  }
}

/** The referral that waits for a choice at the end of a chain of successors, or the named one itself. */
export function lastSuccessor(state: CaseState, referral: ReferralState): ReferralState {
  let last = referral;
  for (let next = last.replacedBy; next !== undefined; next = last.replacedBy) {
    const successor = state.referrals[next];
    if (successor === undefined) break;
    last = successor;
  }
  return last;
}

/** The ordinal that the next referral of the case takes. */
export function nextOrdinal(state: CaseState): number {
  return Math.max(0, ...Object.keys(state.referrals).map((id) => parseReferralId(id)?.ordinal ?? 0)) + 1;
}

/**
 * Institutions that have had a referral of the case for this stage of its roadmap (empty: it runs none); in a rehearsal those that
 * would have had it. Who served one stage may serve another.
 */
export function triedInstitutions(state: CaseState, stageId: string): Set<string> {
  const ofStage = Object.values(state.referrals).filter(({ request }) => request.stageId === stageId);
  const tried = ofStage.map(({ performer, rehearsedAs }) => rehearsedAs ?? performer);
  return new Set(tried.filter((institution) => institution !== ""));
}
