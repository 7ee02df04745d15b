// What a viewer is told of a referral: state, history, expectation and refusals, from the events of its case. Pure.
import { Channel, businessStatus, classOf, nameOf, priorityWord, statusWord, wordOf } from "@ruta/events";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { Candidate, ReferralEvent } from "@ruta/events";
import { resultsOf } from "./criteria.ts";
import { disclosureOf, phaseOf } from "./disclosure.ts";
import type { Disclosure, Role, Standing } from "./disclosure.ts";
import { CASE_FACTS } from "./plan.ts";
import { remedyOf } from "./refusals.ts";
import { sectionsOf, supplementsOf } from "./sections.ts";

/** A referral as one viewer may see it, and the cell of the disclosure table that says so. */
export interface Seen {
  readonly role: Exclude<Role, "other">;
  readonly disclosure: Disclosure;
  readonly body: Record<string, unknown>;
}

/** The referral for an institution, from all events of its case in order; undefined when it is no party to it. */
export function seenBy(
  events: readonly ReferralEvent[],
  referralId: string,
  viewer: { readonly institution: string; readonly standing: Standing },
): Seen | undefined {
  const own = events.filter((event) => event.referralId === referralId);
  const last = own.findLast((event) => event.fact.case !== "refused") ?? own.at(-1);
  const requested = own.find((event) => event.fact.case === "requested");
  const refusals = own.filter((e) => e.fact.case === "refused" && e.fact.value.institution === viewer.institution);
  if (last === undefined) return undefined;
  if (requested?.fact.case !== "requested") {
    // The request itself was refused: only its sender has anything to see.
    if (refusals.length === 0) return undefined;
    const nothing: Disclosure = { items: new Set(), rule: "requester.refused" };
    const body = {
      referral: referralId,
      case: last.caseId,
      ...rehearsalOf(last),
      status: "refused",
      refusals: refusals.map(refusalOf),
    };
    return { role: "requester", disclosure: nothing, body };
  }
  const role = last.requester === viewer.institution ? "requester" : "performer";
  if (role === "performer" && last.performer !== viewer.institution) return undefined;
  const disclosure = disclosureOf(role, phaseOf(last.status), viewer.standing, classOf(last.confidentiality));
  const needs = disclosure.items.has("needs");
  const { serviceType, reasonCode, placerNumber, basedOn, replaces } = requested.fact.value;
  const filler = own.findLast((e) => e.fact.case === "accepted");
  const number =
    role === "requester" ? placerNumber : filler?.fact.case === "accepted" ? filler.fact.value.fillerNumber : "";
  const replacedBy = events.find(
    (e) => e.fact.case === "requested" && e.fact.value.replaces === referralId,
  )?.referralId;
  const expected = last.expectation;
  const body = compact({
    referral: referralId,
    case: last.caseId,
    role,
    ...rehearsalOf(last),
    status: statusWord(last.status),
    businessStatus: businessStatus(last.businessStatus),
    priority: priorityWord(last.priority),
    confidentiality: classOf(last.confidentiality),
    requester: last.requester,
    performer: last.performer,
    number,
    ...(needs ? { serviceType, reasonCode } : {}),
    ...(role === "requester" ? { basedOn, replaces, replacedBy } : {}),
    ...(expected && expected.institution !== ""
      ? { expected: compact({ institution: expected.institution, acts: expected.acts, until: iso(expected.until) }) }
      : {}),
    may: role === "requester" ? last.requesterMay : last.performerMay,
    content: `/v1/referrals/${referralId}/content`,
  });
  const supplements = supplementsOf(events, referralId, viewer.institution, role);
  const history = own
    .filter(({ fact }) => fact.case !== "refused" && !CASE_FACTS.has(fact.case))
    .map((event) => ({ ...step(event, role, needs), ...sectionsOf(event, viewer.institution, needs) }));
  return { role, disclosure, body: { ...body, ...supplements, history, refusals: refusals.map(refusalOf) } };
}

/** The mark of a rehearsal; nothing for a real referral. */
function rehearsalOf({ rehearsal }: ReferralEvent): { rehearsal?: true } {
  return rehearsal === "" ? {} : { rehearsal: true };
}

/** One step of the history; reasons and numbers only as far as the viewer may see needs. */
function step(event: ReferralEvent, role: Seen["role"], needs: boolean): Record<string, unknown> {
  return compact({
    version: Number(event.version),
    fact: wordOf(event.fact.case ?? "unknown"),
    status: statusWord(event.status),
    businessStatus: businessStatus(event.businessStatus).code,
    at: compact({ occurred: iso(event.occurredAt), received: iso(event.receivedAt), recorded: iso(event.recordedAt) }),
    actor: actorOf(event),
    performer: event.performer,
    ...(needs ? details(event, role) : {}),
  });
}

/** Who acted; where the hub recorded it for an institution, for whom and by which channel it was told. */
function actorOf({ actor }: ReferralEvent): Record<string, unknown> {
  const { institution = "", worker = "", onBehalfOf = "", channel = 0 } = actor ?? {};
  return compact({
    institution,
    worker,
    ...(onBehalfOf === "" ? {} : { onBehalfOf, channel: nameOf(Channel, channel) }),
  });
}

function details({ fact }: ReferralEvent, role: Seen["role"]): Record<string, unknown> {
  switch (fact.case) {
    case "accepted":
      return { expectedAt: iso(fact.value.expectedAt) };
    case "rightsAlert":
      return { reasonCode: fact.value.reasonCode, institution: fact.value.institution };
    case "clockRang": {
      const { clock, percent, dueAt, late, escalation } = fact.value;
      return {
        clock,
        percent,
        dueAt: iso(dueAt),
        ...(late ? { late } : {}),
        ...(escalation === 0 ? {} : { escalation }),
      };
    }
    case "scheduled":
      return { appointmentAt: iso(fact.value.appointmentAt) };
    case "completed":
      return { outcomeCode: fact.value.outcomeCode, reachedAt: iso(fact.value.reachedAt) };
    case "addressed":
      return role === "requester"
        ? {
            chosenBy: fact.value.chosenBy,
            rehearsedAs: fact.value.rehearsedAs || undefined,
            candidates: candidates(fact.value.candidates),
          }
        : { chosenBy: fact.value.chosenBy };
    case "returned":
    case "worklisted":
      return {
        reasonCode: fact.value.reasonCode,
        ...(role === "requester" ? { candidates: candidates(fact.value.candidates) } : {}),
      };
    case "rejected":
    case "appointmentCancelled":
    case "held":
    case "cancellationRequested":
    case "cancelled":
    case "failed":
    case "enteredInError":
    case "undeliverable":
    case "disputed":
    case "setAside":
      return { reasonCode: fact.value.reasonCode };
    default:
      return {};
  }
}

function candidates(all: readonly Candidate[]): Record<string, unknown>[] {
  return all.map(({ institution, serviceId, eligible, criteria, points }) => ({
    institution,
    service: serviceId,
    eligible,
    points,
    ...resultsOf({ criteria }),
  }));
}

function refusalOf(event: ReferralEvent): Record<string, unknown> {
  if (event.fact.case !== "refused") return {};
  const { act, code, commandId, webhookId } = event.fact.value;
  return compact({ act, code, remedy: remedyOf(code), command: commandId, webhookId, at: iso(event.recordedAt) });
}

function iso(time: Timestamp | undefined): string | undefined {
  return time && new Date(timestampMs(time)).toISOString();
}

/** Leaves out what is not there. */
function compact(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""));
}
