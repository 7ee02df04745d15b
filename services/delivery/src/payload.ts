// The body of a webhook: a thin CloudEvents 1.0 event. Ids and codes only; what is said of a person is fetched, never sent.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { Channel, Status, businessStatus, classOf, nameOf, priorityWord, statusWord } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import { fhirPayload } from "./fhir-payload.ts";
import { recordedFor } from "./recipients.ts";
import type { Notice } from "./recipients.ts";

/** What earlier events of a referral said that later ones do not repeat. Numbers are the institutions' own. */
export interface ReferralFacts {
  readonly serviceType: string;
  readonly placerNumber: string;
  readonly fillerNumber: string;
  readonly replaces: string;
  /** When it was requested (RFC 3339). */
  readonly requestedAt: string;
}

/** What is known of a referral before its first event. */
export const NO_FACTS: ReferralFacts = {
  serviceType: "",
  placerNumber: "",
  fillerNumber: "",
  replaces: "",
  requestedAt: "",
};

/** What is known after an event. */
export function factsAfter(before: ReferralFacts, { fact, occurredAt, recordedAt }: ReferralEvent): ReferralFacts {
  if (fact.case === "accepted") return { ...before, fillerNumber: fact.value.fillerNumber };
  if (fact.case !== "requested") return before;
  const { serviceType, placerNumber, replaces } = fact.value;
  return { ...before, serviceType, placerNumber, replaces, requestedAt: iso(occurredAt ?? recordedAt) ?? "" };
}

/** What a body is made of. `sequence` counts the events of a case told to this institution: 1, 2, 3 … */
export interface PayloadInput {
  readonly eventId: string;
  readonly event: ReferralEvent;
  readonly notice: Notice;
  readonly sequence: bigint;
  readonly facts: ReferralFacts;
  /** The recipient is told no need and no reason. */
  readonly discreet: boolean;
  /** The recipient chose FHIR R4. */
  readonly fhir: boolean;
}

/** The event that a webhook tells. What is undefined is not sent. */
export interface ToldEvent {
  readonly id: string;
  readonly time: string | undefined;
  readonly sequence: string;
  readonly data: Readonly<Record<string, unknown>>;
}

type Data = Record<string, unknown>;

const FHIR_START = Buffer.from('{"resourceType":');
const SEQUENCE_DIGITS = 10; // CloudEvents compares sequences as strings
const iso = (time: Timestamp | undefined) => (time ? new Date(timestampMs(time)).toISOString() : undefined);
const some = (names: readonly string[]) => (names.length > 0 ? names : undefined);
const text = (value: string | undefined) => (value === "" ? undefined : value);

/** The act's own fields, by fact: codes, ids and times. */
function factData({ fact, performer }: ReferralEvent): Data {
  switch (fact.case) {
    case "accepted":
      return { expectedAt: iso(fact.value.expectedAt) };
    case "scheduled":
      return { appointmentAt: iso(fact.value.appointmentAt) };
    case "completed":
      return { outcomeCode: text(fact.value.outcomeCode), reachedAt: iso(fact.value.reachedAt) };
    case "rejected":
    case "held":
    case "failed":
    case "cancelled":
    case "enteredInError":
    case "appointmentCancelled":
    case "cancellationRequested":
    case "worklisted":
      return { reasonCode: text(fact.value.reasonCode) };
    case "returned": {
      const eligible = fact.value.candidates.filter((candidate) => candidate.eligible);
      const candidates = eligible.map(({ institution, serviceId, criteria, points }) => {
        const unknown = criteria.filter((one) => one.unknown).map(({ name }) => name);
        const behind = criteria.filter(({ met, preference }) => !met && preference).map(({ name }) => name);
        return { institution, service: serviceId, points, unknown: some(unknown), behind: some(behind) };
      });
      return { reasonCode: text(fact.value.reasonCode), candidates };
    }
    case "clockRang": {
      const { clock, percent, dueAt, escalation } = fact.value;
      return { clock, percent, dueAt: iso(dueAt), escalation: escalation === 0 ? undefined : escalation };
    }
    case "stageOpened":
    case "stageOffered":
    case "caseClosed":
      return { reasonCode: text(fact.value.reasonCode) };
    case "stageEnded":
      return { outcomeCode: text(fact.value.outcomeCode) };
    case "screeningRaised":
      return { reasonCode: text(fact.value.reasonCode), roadmaps: fact.value.roadmaps };
    case "disputed":
      return { reasonCode: text(fact.value.reasonCode), event: text(fact.value.eventId) };
    case "addressed":
      return { service: text(fact.value.serviceId) };
    case "supplemented":
      return { supersedes: fact.value.supersedes.length > 0 ? fact.value.supersedes : undefined };
    case "supplementAcknowledged":
      return { event: fact.value.eventId };
    case "rightsAlert":
      return { reasonCode: text(fact.value.reasonCode), institution: text(fact.value.institution) };
    case "undeliverable":
      return { reasonCode: text(fact.value.reasonCode), institution: fact.value.institution || performer };
    default:
      return {};
  }
}

/** Which of the recipient's own commands was refused or given up, and the code that says why. */
function refusal({ fact }: ReferralEvent): Data {
  if (fact.case === "setAside") return { command: text(fact.value.commandId), reasonCode: text(fact.value.reasonCode) };
  if (fact.case !== "refused") return {};
  return { code: fact.value.code, act: fact.value.act, webhookId: text(fact.value.webhookId) };
}

/** How the hub came to record an act for an institution: it did not send it, and can dispute it by the id of this event. */
function onBehalf(event: ReferralEvent): Data {
  const institution = recordedFor(event);
  if (institution === undefined || !event.actor) return {};
  const { channel, worker } = event.actor;
  return { onBehalf: { institution, channel: nameOf(Channel, channel), staff: worker } };
}

function fullData({ event, notice, facts, discreet }: PayloadInput): Data {
  const expectation = event.expectation;
  const sent = notice.institution === event.requester;
  const served = notice.institution === event.performer;
  return {
    businessStatus: businessStatus(event.businessStatus),
    priority: priorityWord(event.priority),
    serviceType: discreet ? undefined : text(facts.serviceType),
    confidentiality: classOf(event.confidentiality),
    // The stage would tell whoever must not know the need of it.
    roadmap: discreet ? undefined : text(event.roadmapId),
    stage: discreet ? undefined : text(event.stageId),
    requester: event.requester,
    performer: text(event.performer),
    // That another was asked before is the requester's business alone.
    replaces: sent ? text(facts.replaces) : undefined,
    number: text(sent ? facts.placerNumber : served ? facts.fillerNumber : ""),
    ...(discreet ? {} : factData(event)),
    expected: expectation?.institution
      ? { institution: expectation.institution, acts: expectation.acts, until: iso(expectation.until) }
      : undefined,
    may: sent ? event.requesterMay : served ? event.performerMay : undefined,
  };
}

/** The bytes to send, the same over all tries. */
export function payload(input: PayloadInput): Uint8Array {
  const event = toldEvent(input);
  return input.fhir ? fhirPayload(event, input) : Buffer.from(JSON.stringify(event));
}

/** The media type of bytes that `payload` made. A body says itself what it is: it is kept while its endpoint may change. */
export function mediaTypeOf(body: Uint8Array): string {
  const isFhir = Buffer.from(body.subarray(0, FHIR_START.length)).equals(FHIR_START);
  return isFhir ? "application/fhir+json; charset=utf-8" : "application/cloudevents+json; charset=utf-8";
}

function toldEvent(input: PayloadInput): ToldEvent & Data {
  const { event, eventId, notice, sequence } = input;
  return {
    specversion: "1.0",
    id: eventId,
    source: "/ruta",
    type: `ruta.referral.${notice.act}`,
    subject: event.referralId,
    time: iso(event.recordedAt),
    datacontenttype: "application/json",
    sequence: sequence.toString().padStart(SEQUENCE_DIGITS, "0"),
    data: {
      referral: event.referralId,
      case: event.caseId,
      rehearsal: event.rehearsal === "" ? undefined : true,
      status: event.status === Status.UNSPECIFIED ? undefined : statusWord(event.status),
      // Class V, and any class that is not known, shows nothing but ids and status.
      ...(classOf(event.confidentiality) === "V" ? {} : fullData(input)),
      ...refusal(event),
      ...onBehalf(event),
      content: `/v1/referrals/${event.referralId}/content`,
    },
  };
}
