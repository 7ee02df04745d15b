// What every administrative route of the router has in common: who asks, what may be refused, and what an act would lead to.
import { STAFF_PROBLEMS, mayOperate, mayWatch, parseReferralId } from "@ruta/events";
import type { NewRecord, ReferralCommand, SignedBy } from "@ruta/events";
import type { Db } from "@ruta/db";
import { HTTP_PROBLEMS, problemsOf } from "@ruta/kit";
import type { Engine, FollowedDirectory } from "@ruta/log";
import type { Seal } from "@ruta/seal";
import { z } from "zod";
import type { CaseTable } from "./case-table.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./decide.ts";
import { REFUSALS } from "./errors.ts";
import { openRouting } from "./open-routing.ts";
import { emptyCase } from "./state.ts";
import type { CaseState, ReferralState } from "./state.ts";
import type { Worklist } from "./worklist.ts";

/** What the routes need. */
export interface HttpDeps {
  readonly engine: Pick<Engine, "transact">;
  readonly db: Db;
  readonly table: CaseTable;
  readonly worklist: Worklist;
  readonly seal: Pick<Seal, "openSections" | "sealSections">;
  /** Undefined until the service has started. */
  readonly directory: () => FollowedDirectory | undefined;
  readonly now: () => number;
}

/** What the routes refuse. */
export const PROBLEMS = {
  ...HTTP_PROBLEMS,
  ...STAFF_PROBLEMS,
  "not-worklisted": {
    status: 409,
    title: "This is not on the worklist",
    remedy: "Look at the case: it may have been resolved, or sent on, or wait for its requester.",
  },
  "act-refused": {
    status: 409,
    title: "The case as it stands would refuse this",
    remedy: "See `refusal`, which is a code of the section After the 202; nothing was recorded.",
  },
  "cannot-take": {
    status: 409,
    title: "The institution that you name cannot take this referral",
    remedy:
      "Name another, or none and let the hub choose; the candidates of the referral's events say what was not met.",
  },
  "unknown-institution": {
    status: 422,
    title: "The directory has no such institution",
    remedy: "Name one that `ruta directory show institution` lists.",
  },
  "unknown-staff": {
    status: 422,
    title: "The directory has no such member of staff who may mend flows",
    remedy: "Name one that `ruta directory show staff` lists as operator or administrator.",
  },
  "content-erased": {
    status: 410,
    title: "The key of this case was destroyed, so nothing more can be sealed in it",
    remedy: "Do not record this act; what the case still says in codes stands.",
  },
} as const;

/** Builds one of them. */
export const problem = problemsOf(PROBLEMS);

/** Why staff acts, for the record. */
export const reason = z.string().trim().min(3).max(500);

/** The id of an institution. */
export const institutionId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

/** A referral and its case. */
export interface Found {
  readonly state: CaseState;
  readonly referral: ReferralState;
}

/** Requires a role that may look. */
export function watcher(request: object): void {
  if (!mayWatch(staffOf(request))) throw problem("staff-role");
}

/** Requires a role that may mend, and answers who asks. */
export function operator(request: object): SignedBy {
  const staff = staffOf(request);
  if (!mayOperate(staff)) throw problem("staff-role");
  return staff;
}

function staffOf(request: object): SignedBy {
  const { staff } = request as { readonly staff?: SignedBy };
  if (!staff) throw new Error("an administrative route was reached without a checked signature");
  return staff;
}

/** The referral of an id, or 404. */
export async function findReferral({ table, db }: HttpDeps, id: string): Promise<Found> {
  const caseId = parseReferralId(id)?.caseId;
  const state = caseId === undefined ? undefined : await table.get(db, caseId);
  const referral = state?.referrals[id];
  if (!state || !referral) throw problem("not-found");
  return { state, referral };
}

/** Requires that the directory has an institution, when one is named. */
export function knownInstitution({ directory, now }: HttpDeps, field: string, id: string | undefined): void {
  if (id === undefined || directory()?.current().institution(id, now())) return;
  throw problem("unknown-institution", { field });
}

/**
 * What a command would lead to if it were decided now. What decides is the router's consumer, later: this saves a person from
 * recording what would be refused, and shows where a referral would go. Throws the refusal as a problem.
 */
export async function foresee(deps: HttpDeps, command: ReferralCommand): Promise<Decision> {
  const { table, db, seal, directory, now } = deps;
  const state = (await table.get(db, command.caseId)) ?? emptyCase(command.caseId);
  const folded = directory();
  if (!folded) throw problem("unavailable", { headers: { "retry-after": "1" } });
  const routingOf = await openRouting(seal, [command], new Map([[state.caseId, state]]));
  const decision = decide(state, command, {
    directory: folded.current(),
    routing: routingOf(command, state),
    now: now(),
    position: { topic: "", partition: 0, offset: 0n },
  });
  if (decision.refusal === undefined) return decision;
  const { title, remedy } = REFUSALS[decision.refusal];
  throw problem("act-refused", { detail: `${title}. ${remedy}`, extra: { refusal: decision.refusal } });
}

/** Refuses to send a referral to an institution that cannot take it: it would go on the worklist instead. */
export function mustPlace({ events }: Decision, performer: string | undefined): void {
  if (performer !== undefined && events.some(({ fact }) => fact.case === "worklisted")) throw problem("cannot-take");
}

/** Appends records and waits until the log has them. */
export async function record({ engine }: HttpDeps, records: readonly NewRecord[]): Promise<void> {
  await engine.transact(async () => ({ result: undefined, records }), { waitForLog: true });
}
