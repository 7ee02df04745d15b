// A case as staff of the hub sees it: ids, codes and times. What a case of class V is about is never shown.
import { Confidentiality, Priority } from "@ruta/events";
import type { WaitingReferral } from "./case-table.ts";
import { expectationOf } from "./expectation.ts";
import { msOf } from "./state.ts";
import type { CaseState, ReferralState } from "./state.ts";

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

/** A referral that waits for a choice, as a row of the worklist. */
export function waitingView({ state, referral }: WaitingReferral): Record<string, unknown> {
  return { case: state.caseId, confidentiality: classOf(state), ...referralView(state, referral) };
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
