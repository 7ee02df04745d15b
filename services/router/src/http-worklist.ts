// Routes of the worklist: what waits for an operator, who has taken it, and how it is resolved, by commands like any other.
import {
  CANCEL_REASONS,
  CancelReferralSchema,
  MarkInErrorSchema,
  Priority,
  RedirectReferralSchema,
  RerouteReferralSchema,
  create,
  mayOperate,
  staffActRecord,
} from "@ruta/events";
import type { NewRecord, ReferralCommand, SignedBy } from "@ruta/events";
import type { HttpApp } from "@ruta/kit";
import { z } from "zod";
import type { Decision } from "./decide.ts";
import { AFTER, ENDED } from "./phase.ts";
import { commandRecord, staffCommand } from "./staff.ts";
import { findReferral, foresee, institutionId, knownInstitution, operator, problem } from "./staff-request.ts";
import { mustPlace, reason, record, watcher } from "./staff-request.ts";
import type { Found, HttpDeps } from "./staff-request.ts";
import { foreseenView, workView } from "./views.ts";
import { KINDS } from "./worklist.ts";
import type { WorkItem } from "./worklist.ts";

const PRIORITIES = { emergency: Priority.EMERGENCY, urgent: Priority.URGENT, normal: Priority.NORMAL } as const;

const listQuery = z.strictObject({
  kind: z.enum(KINDS).optional(),
  priority: z.enum(Object.keys(PRIORITIES) as (keyof typeof PRIORITIES)[]).optional(),
  /** Staff id, or "nobody". */
  assigned: z.string().max(64).optional(),
  /** Only what has waited this long. */
  hours: z.coerce.number().min(0).max(100_000).optional(),
  after: z
    .string()
    .regex(/^[0-9]{1,16}\.[0-9a-z-]{1,40}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const assignBody = z.strictObject({ staff: z.string().min(1).max(64).optional(), reason });
const ending = { reason, dryRun: z.boolean().default(false) };
const resolveBody = z.discriminatedUnion("how", [
  z.strictObject({ how: z.literal("retry"), performer: institutionId.optional(), ...ending }),
  z.strictObject({ how: z.literal("cancel"), reasonCode: z.enum(CANCEL_REASONS), ...ending }),
  z.strictObject({ how: z.literal("uphold"), ...ending }),
  z.strictObject({ how: z.literal("dismiss"), ...ending }),
]);
const params = z.object({ id: z.string().max(64) });

const HOUR_MS = 3_600_000;

/** Adds GET /admin/router/worklist, and POST …/{id}/assign and …/{id}/resolve. */
export function registerWorklist(admin: HttpApp, deps: HttpDeps): void {
  const { engine, db, worklist, directory, now } = deps;

  admin.get("/admin/router/worklist", { schema: { querystring: listQuery } }, async (request) => {
    watcher(request);
    const { kind, priority, assigned, hours, after, limit } = request.query;
    const [since = "", id = ""] = after?.split(".") ?? [];
    const items = await worklist.list(db, {
      kind,
      priority: priority && PRIORITIES[priority],
      assigned: assigned === "nobody" ? "" : assigned,
      before: hours === undefined ? undefined : now() - hours * HOUR_MS,
      after: after === undefined ? undefined : { since: Number(since), id },
      limit: limit + 1,
    });
    const page = items.slice(0, limit);
    const next = items.length > limit ? cursorOf(page.at(-1)) : undefined;
    return { items: page.map(workView), ...(next === undefined ? {} : { next }) };
  });

  admin.post("/admin/router/worklist/:id/assign", { schema: { params, body: assignBody } }, async (request) => {
    const by = operator(request);
    const { id } = request.params;
    const { staff, reason } = request.body;
    const member = staff === undefined ? undefined : directory()?.current().staff(staff, now());
    if (staff !== undefined && !(member && mayOperate({ ...by, roles: member.roles })))
      throw problem("unknown-staff", { field: "body.staff" });
    if (!(await worklist.has(db, id))) throw problem("not-worklisted");
    const act = { act: "router.worklist.assign", target: id, reason: `${staff ?? "nobody"}: ${reason}`, at: now() };
    await engine.transact(
      async (tx) => {
        worklist.assign(tx, id, staff);
        return { result: undefined, records: [staffActRecord(by, act)] };
      },
      { waitForLog: true },
    );
    return { id, assigned: staff ?? "nobody" };
  });

  admin.post("/admin/router/worklist/:id/resolve", { schema: { params, body: resolveBody } }, async (request) => {
    const staff = operator(request);
    const { body } = request;
    const { id } = request.params;
    return body.how === "retry" || body.how === "cancel" ? place(staff, id, body) : settle(staff, id, body);
  });

  async function place(
    staff: SignedBy,
    id: string,
    body: Extract<z.infer<typeof resolveBody>, { how: "retry" | "cancel" }>,
  ): Promise<object> {
    const found = await findReferral(deps, id);
    if (found.referral.phase !== "worklisted") throw problem("not-worklisted");
    if (body.how === "retry") knownInstitution(deps, "body.performer", body.performer);
    const act: ReferralCommand["act"] =
      body.how === "retry"
        ? { case: "redirect", value: create(RedirectReferralSchema, { performer: body.performer ?? "" }) }
        : { case: "cancel", value: create(CancelReferralSchema, { reasonCode: body.reasonCode }) };
    const { at, command, decision } = await ask(staff, found, act);
    if (body.how === "retry") mustPlace(decision, body.performer);
    const answer = { id, case: found.state.caseId, foreseen: foreseenView(decision) };
    if (body.dryRun) return answer;
    const done = { act: `router.worklist.${body.how}`, target: id, reason: body.reason, at };
    await record(deps, [staffActRecord(staff, done), commandRecord(command, at)]);
    return { ...answer, command: command.commandId };
  }

  async function settle(
    staff: SignedBy,
    id: string,
    body: { how: "uphold" | "dismiss"; reason: string; dryRun: boolean },
  ): Promise<object> {
    const dispute = await worklist.dispute(db, id);
    if (!dispute) throw problem("not-worklisted");
    const found = await findReferral(deps, dispute.referralId);
    const act = body.how === "uphold" ? remedyOf(found, dispute.eventId) : undefined;
    const asked = act && (await ask(staff, found, act));
    const foreseen = asked ? foreseenView(asked.decision) : [];
    const answer = { id: dispute.eventId, referral: found.referral.id, case: found.state.caseId, foreseen };
    if (body.dryRun) return answer;
    const at = asked?.at ?? now();
    const done = { act: `router.dispute.${body.how}`, target: dispute.eventId, reason: body.reason, at };
    const records: NewRecord[] = [staffActRecord(staff, done)];
    if (asked) records.push(commandRecord(asked.command, at));
    const resolution = body.how === "uphold" ? "upheld" : "dismissed";
    const isFirst = await engine.transact(
      async (tx) => {
        const won = await worklist.resolve(tx, dispute.eventId, resolution, staff.id);
        return { result: won, records: won ? records : [] };
      },
      { waitForLog: true },
    );
    if (!isFirst) throw problem("not-worklisted");
    return { ...answer, resolution };
  }

  async function ask(
    staff: SignedBy,
    { state, referral }: Found,
    act: ReferralCommand["act"],
  ): Promise<{ at: number; command: ReferralCommand; decision: Decision }> {
    const at = now();
    const command = staffCommand({ staff, caseId: state.caseId, referralId: referral.id, at, act });
    return { at, command, decision: await foresee(deps, command) };
  }
}

/**
 * What follows when an act was not so: a referral that its performer never accepted is taken from it, and one that did not end as
 * recorded is marked in error. One that its requester has asked to cancel stays for the performer to confirm. Whatever else was recorded wrongly is corrected by the institution's own next act.
 */
function remedyOf({ referral }: Found, eventId: string): ReferralCommand["act"] | undefined {
  const recorded = referral.onBehalf?.find((one) => one.eventId === eventId);
  const { phase } = referral;
  if (recorded?.fact === "accepted" && AFTER.includes(phase))
    return { case: "reroute", value: create(RerouteReferralSchema, { reasonCode: "other" }) };
  const isEnd = recorded !== undefined && recorded.fact === phase && ENDED.includes(phase);
  return isEnd ? { case: "markInError", value: create(MarkInErrorSchema, { reasonCode: "other" }) } : undefined;
}

function cursorOf(item: WorkItem | undefined): string | undefined {
  return item && `${item.since}.${item.id}`;
}
