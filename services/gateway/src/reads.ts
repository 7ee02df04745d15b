// What an institution reads of referrals: one, a page of its own, and whether the view is fresh enough to say "there is none".
import type { Db } from "@ruta/db";
import { TOPICS, parseReferralId, businessStatus, classOf, priorityWord, statusWord } from "@ruta/events";
import type { Directory, ReferralEvent } from "@ruta/events";
import type { Engine } from "@ruta/log";
import type { Claims } from "./claims.ts";
import { GROUP } from "./consume.ts";
import { disclosureOf, phaseOf, standingOf } from "./disclosure.ts";
import type { Refusal } from "./errors.ts";
import { seenBy } from "./history.ts";
import type { Seen } from "./history.ts";
import { planOf } from "./plan.ts";
import type { PageFilter, ReferralRow, State } from "./state.ts";
import { VIEW_WAIT_MS } from "./take.ts";

/** What reading needs. */
export interface ReadDeps {
  readonly db: Db;
  readonly state: State;
  readonly claims: Claims;
  readonly engine: Pick<Engine, "waitForEnd">;
  readonly directory: () => Directory;
}

/** A referral as seen, with the events of its case. */
interface Found {
  readonly seen: Seen;
  readonly events: readonly ReferralEvent[];
}

/** Reads for one schema. */
export interface Reads {
  /** A referral of an institution. `fresh` waits for the end of the log even when it is known. */
  find(
    institution: string,
    referralId: string,
    options: { readonly fresh: boolean },
  ): Promise<Found | Submitted | Refusal>;
  /** A page of an institution's referrals, oldest change first. */
  page(filter: PageFilter): Promise<Record<string, unknown>[]>;
}

/** A referral that was taken and not decided yet. */
interface Submitted {
  readonly submitted: Record<string, unknown>;
}

/** The reads. */
export function createReads({ db, state, claims, engine, directory }: ReadDeps): Reads {
  async function look(institution: string, referralId: string, caseId: string): Promise<Found | undefined> {
    const events = await state.caseEvents(db, caseId);
    const seen = seenBy(events, referralId, {
      institution,
      standing: standingOf(directory().get("institution", institution)),
    });
    if (seen === undefined) return undefined;
    const plan = planOf(events, directory(), institution);
    return { seen: plan ? { ...seen, body: { ...seen.body, plan } } : seen, events };
  }

  return {
    async find(institution, referralId, { fresh }) {
      const caseId = parseReferralId(referralId)?.caseId;
      if (caseId === undefined) return { code: "referral-not-found" };
      const known = fresh ? undefined : await look(institution, referralId, caseId);
      if (known) return known;
      const wait = { group: GROUP, topic: TOPICS.events, key: caseId, withinMs: VIEW_WAIT_MS };
      const reached = await engine.waitForEnd(wait);
      if (!reached) return { code: "not-caught-up", retryAfterS: 2 };
      const found = await look(institution, referralId, caseId);
      if (found) return found;
      const own = await claims.requestsOf(db, institution, [referralId]);
      if (!own.has(referralId)) return { code: "referral-not-found" };
      return {
        submitted: {
          referral: referralId,
          case: caseId,
          role: "requester",
          status: "submitted",
          requester: institution,
        },
      };
    },

    async page(filter) {
      const standing = standingOf(directory().get("institution", filter.institution));
      const rows = await state.page(db, filter);
      return rows.map((row) => summary(row, filter.institution, standing));
    },
  };
}

function summary(
  row: ReferralRow,
  institution: string,
  standing: ReturnType<typeof standingOf>,
): Record<string, unknown> {
  const role = row.requester === institution ? "requester" : "performer";
  const clearance = classOf(row.confidentiality);
  const { items } = disclosureOf(role, phaseOf(row.status), standing, clearance);
  // In lists class V is opaque to everyone: that it exists, and where to ask.
  const needs = items.has("needs") && clearance !== "V";
  return {
    referral: row.referral_id,
    case: row.case_id,
    role,
    ...(row.rehearsal ? { rehearsal: true } : {}),
    status: statusWord(row.status),
    businessStatus: businessStatus(row.business_status),
    confidentiality: clearance,
    ...(clearance === "V" ? {} : { priority: priorityWord(row.priority) }),
    requester: row.requester,
    ...(row.performer === "" ? {} : { performer: row.performer }),
    ...(role === "requester" && row.placer_number !== "" ? { number: row.placer_number } : {}),
    ...(needs ? { serviceType: row.service_type } : {}),
    changedAt: row.changed_at.toISOString(),
  };
}
