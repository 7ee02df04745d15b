// The router's administrative routes: a case by ids and codes, and the worklist. The admin app has checked the signature.
import type { Db } from "@ruta/db";
import { STAFF_PROBLEMS, isCaseId, mayOperate, mayWatch, parseReferralId, staffActRecord } from "@ruta/events";
import type { SignedBy } from "@ruta/events";
import { HTTP_PROBLEMS, problemsOf } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import type { Engine } from "@ruta/log";
import { z } from "zod";
import type { CaseTable } from "./case-table.ts";
import { retryRecord } from "./staff.ts";
import { caseView, waitingView } from "./views.ts";

/** What the routes need. */
export interface HttpDeps {
  readonly engine: Pick<Engine, "transact">;
  readonly db: Db;
  readonly table: CaseTable;
  readonly now: () => number;
}

/** What the routes refuse. */
export const PROBLEMS = {
  ...HTTP_PROBLEMS,
  ...STAFF_PROBLEMS,
  "not-worklisted": {
    status: 409,
    title: "The referral is not on the worklist",
    remedy: "Look at the case: it may have been sent on, or wait for its requester.",
  },
} as const;
const problem = problemsOf(PROBLEMS);

/** Most rows of the worklist in one answer. */
const WORKLIST_ROWS = 200;

const reason = z.string().trim().min(3).max(500);
const retryBody = z.strictObject({
  reason,
  performer: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/)
    .optional(),
});

/** Adds the routes below /admin/router. */
export function registerRoutes(admin: HttpApp, { engine, db, table, now }: HttpDeps): void {
  admin.get("/admin/router/cases/:id", { schema: { params: z.object({ id: z.string() }) } }, async (request) => {
    watcher(request);
    const { id } = request.params;
    const caseId = parseReferralId(id)?.caseId ?? id;
    const state = isCaseId(caseId) ? await table.get(db, caseId) : undefined;
    if (!state) throw problem("not-found");
    return caseView(state);
  });

  admin.get("/admin/router/worklist", async (request) => {
    watcher(request);
    const rows = await table.waiting(db, "worklisted", WORKLIST_ROWS);
    return { referrals: rows.map(waitingView) };
  });

  const retry = { params: z.object({ referral: z.string() }), body: retryBody };
  admin.post("/admin/router/worklist/:referral/retry", { schema: retry }, async (request) => {
    const staff = operator(request);
    const id = request.params.referral;
    const caseId = parseReferralId(id)?.caseId;
    const referral = caseId === undefined ? undefined : (await table.get(db, caseId))?.referrals[id];
    if (caseId === undefined || !referral) throw problem("not-found");
    if (referral.phase !== "worklisted") throw problem("not-worklisted");
    const { performer = "", reason } = request.body;
    const at = now();
    const act = { act: "router.worklist.retry", target: id, reason, at };
    const records = [staffActRecord(staff, act), retryRecord(staff, { id, caseId }, performer, at)];
    await engine.transact(async () => ({ result: undefined, records }), { waitForLog: true });
    return { referral: id, case: caseId };
  });
}

function staffOf(request: object): SignedBy {
  const { staff } = request as { readonly staff?: SignedBy };
  if (!staff) throw new Error("an administrative route was reached without a checked signature");
  return staff;
}

function watcher(request: object): void {
  if (!mayWatch(staffOf(request))) throw problem("staff-role");
}

function operator(request: object): SignedBy {
  const staff = staffOf(request);
  if (!mayOperate(staff)) throw problem("staff-role");
  return staff;
}
