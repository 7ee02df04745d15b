// The history of a case as the hub knew it on a day: every event in order, and apart what had happened by then and was learned later. Pure.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { Channel, classOf, nameOf, statusWord, wordOf } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import { detailOf } from "./detail.ts";

/** One event as a history tells it: codes, ids and times; no content. Times are RFC 3339. */
export interface HistoryStep {
  readonly version: number;
  readonly referral: string;
  readonly fact: string;
  readonly stage?: string;
  /** Institution that acted, its own reference of the worker, and for whom, where it spoke for another. */
  readonly actor: string;
  readonly worker?: string;
  readonly onBehalfOf?: string;
  readonly channel: string;
  readonly performer?: string;
  readonly status: string;
  readonly detail?: string;
  readonly occurredAt: string;
  readonly receivedAt: string;
  readonly recordedAt: string;
  readonly directoryRevision: string;
}

/** A case as it was known. */
export interface CaseHistory {
  readonly case: string;
  readonly confidentiality: string;
  readonly roadmap?: { readonly id: string; readonly version: number };
  readonly rehearsal?: true;
  /** What the hub had recorded by then, in order. */
  readonly known: readonly HistoryStep[];
  /** What had happened by then as its senders say, and was recorded later. */
  readonly learnedLater: readonly HistoryStep[];
}

const ms = (time: Timestamp | undefined): number => (time ? timestampMs(time) : 0);
const iso = (time: Timestamp | undefined): string => new Date(ms(time)).toISOString();

/** The history of a case from all its events in order, as of a moment (milliseconds); undefined when there are none. */
export function caseHistory(events: readonly ReferralEvent[], asOf: number): CaseHistory | undefined {
  const known = events.filter(({ recordedAt }) => ms(recordedAt) <= asOf);
  const later = events.filter(({ recordedAt, occurredAt }) => ms(recordedAt) > asOf && ms(occurredAt) <= asOf);
  const last = known.findLast(({ confidentiality }) => confidentiality !== 0) ?? known.at(-1);
  if (!last) return undefined;
  const opened = known.find(({ fact }) => fact.case === "caseOpened");
  return {
    case: last.caseId,
    confidentiality: classOf(last.confidentiality),
    ...(opened ? { roadmap: { id: opened.roadmapId, version: opened.roadmapVersion } } : {}),
    ...(last.rehearsal === "" ? {} : { rehearsal: true }),
    known: known.map(step),
    learnedLater: later.map(step),
  };
}

/** Class V tells that something happened, when and by whom; not what it was about. */
function step(event: ReferralEvent): HistoryStep {
  const { actor, performer } = event;
  const opaque = classOf(event.confidentiality) === "V";
  const detail = opaque ? "" : detailOf(event);
  return {
    version: Number(event.version),
    referral: event.referralId,
    fact: wordOf(event.fact.case ?? "unknown"),
    ...(event.stageId === "" || opaque ? {} : { stage: event.stageId }),
    actor: actor?.institution ?? "",
    ...(actor?.worker ? { worker: actor.worker } : {}),
    ...(actor?.onBehalfOf ? { onBehalfOf: actor.onBehalfOf } : {}),
    channel: nameOf(Channel, actor?.channel ?? 0),
    ...(performer === "" ? {} : { performer }),
    status: statusWord(event.status),
    ...(detail === "" ? {} : { detail }),
    occurredAt: iso(event.occurredAt ?? event.recordedAt),
    receivedAt: iso(event.receivedAt ?? event.recordedAt),
    recordedAt: iso(event.recordedAt),
    directoryRevision: String(event.directoryRevision),
  };
}
