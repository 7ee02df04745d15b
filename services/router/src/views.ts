// A case as staff of the hub sees it: ids, codes and times. What a case of class V is about is never shown.
import { Confidentiality, Priority, wordOf } from "@ruta/events";
import type { Decision } from "./decide.ts";
import { expectationOf } from "./expectation.ts";
import { msOf } from "./state.ts";
import type { CaseState, ReferralState } from "./state.ts";
import type { WorkItem } from "./worklist.ts";

const PRIORITIES: Readonly<Record<number, string>> = {
  [Priority.EMERGENCY]: "emergency",
  [Priority.URGENT]: "urgent",
  [Priority.NORMAL]: "normal",
};

const CLASSES: Readonly<Record<number, string>> = {
  [Confidentiality.UNRESTRICTED]: "U",
  [Confidentiality.NORMAL]: "N",
  [Confidentiality.RESTRICTED]: "R",
};

/** A case with all its referrals. */
export function caseView(state: CaseState): Record<string, unknown> {
  return {
    case: state.caseId,
    version: state.version,
    changedAt: iso(state.lastAt),
    confidentiality: classOf(state),
    ...(state.rehearsal === "" ? {} : { rehearsal: state.rehearsal }),
    referrals: Object.values(state.referrals).map((referral) => referralView(state, referral)),
  };
}

/** A row of the worklist. */
export function workView({ kind, id, since, state, referral, dispute, assigned }: WorkItem): Record<string, unknown> {
  return {
    id,
    kind,
    since: iso(since),
    ...(assigned ? { assigned: { staff: assigned.staff, since: iso(assigned.since) } } : {}),
    case: state.caseId,
    confidentiality: classOf(state),
    ...referralView(state, referral),
    ...(dispute && classOf(state) !== "V" ? { disputedBy: dispute.institution, reasonCode: dispute.reasonCode } : {}),
  };
}

/** What a command would lead to: facts, and where it would go; for class V the facts alone. */
export function foreseenView({ events, state }: Decision): Record<string, unknown>[] {
  const opaque = classOf(state) === "V";
  return events.map(({ fact, referralId, performer }) => ({
    fact: wordOf(fact.case ?? "unknown"),
    referral: referralId,
    ...(opaque || performer === "" ? {} : { performer }),
  }));
}

function referralView(state: CaseState, referral: ReferralState): Record<string, unknown> {
  const { institution, acts, until } = expectationOf(referral);
  const opaque = classOf(state) === "V";
  return {
    referral: referral.id,
    phase: referral.phase,
    priority: PRIORITIES[referral.priority] ?? "unknown",
    requestedAt: iso(referral.requestedAt),
    ...(referral.addressedAt === undefined ? {} : { addressedAt: iso(referral.addressedAt) }),
    ...(referral.acceptedAt === undefined ? {} : { acceptedAt: iso(referral.acceptedAt) }),
    ...(referral.replacedBy === undefined ? {} : { replacedBy: referral.replacedBy }),
    ...(referral.request.replaces === "" ? {} : { replaces: referral.request.replaces }),
    ...(opaque
      ? {}
      : { requester: referral.requester, performer: referral.performer, serviceType: referral.request.serviceType }),
    ...(institution === "" || opaque
      ? {}
      : { expected: { institution, acts, ...(until ? { until: iso(msOf(until) ?? 0) } : {}) } }),
  };
}

/** The letter of a class; what is not known counts as the most restricted. */
function classOf({ confidentiality }: CaseState): string {
  return CLASSES[confidentiality] ?? "V";
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
