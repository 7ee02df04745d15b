// The gateway's administrative routes: lists and counts, a referral's timeline and why it went where it went, the live watch, and
// how far inboxes are behind. The admin app has checked the signature.
import type { Db } from "@ruta/db";
import {
  STAFF_PROBLEMS,
  STATUS_WORDS,
  isCaseId,
  mayWatch,
  parseReferralId,
  staffActRecord,
  statusOf,
} from "@ruta/events";
import type { SignedBy } from "@ruta/events";
import { HTTP_PROBLEMS, eventStream, problemsOf } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import type { Engine } from "@ruta/log";
import { z } from "zod";
import { instant } from "./acts.ts";
import { caseHistory } from "./case-history.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { explain } from "./explain.ts";
import type { InboxPart } from "./inbox-service.ts";
import type { Overview } from "./overview.ts";
import type { State } from "./state.ts";
import { timelineOf } from "./watch.ts";
import type { WatchFilter, Watching } from "./watch.ts";

/** What the routes need. */
export interface AdminDeps {
  readonly admin: HttpApp;
  readonly db: Db;
  readonly state: State;
  readonly overview: Overview;
  readonly watching: Watching;
  readonly now: () => number;
  readonly inboxes: Pick<InboxPart, "lags">;
  readonly engine: Pick<Engine, "transact">;
}

const problem = problemsOf({ ...HTTP_PROBLEMS, ...STAFF_PROBLEMS });

function watcher(request: object): void {
  const { staff } = request as { readonly staff?: SignedBy };
  if (!staff) throw new Error("an administrative route was reached without a checked signature");
  if (!mayWatch(staff)) throw problem("staff-role");
}

const id = z.string().max(64);

const list = z.strictObject({
  state: z.enum(STATUS_WORDS).optional(),
  institution: id.optional(),
  service: z.string().max(40).optional(),
  overdue: z.enum(["true"]).optional(),
  rehearsals: z.enum(["true"]).optional(),
  since: instant.optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

const history = z.strictObject({
  id,
  reason: z.string("say why you ask").trim().min(1, "say why you ask").max(500),
  asOf: instant.optional(),
});

const watch = z.strictObject({
  referral: id.optional(),
  institution: id.optional(),
  fact: z.string().max(40).optional(),
  state: z.enum(STATUS_WORDS).optional(),
});

/** Adds the routes below /admin/gateway. */
export function registerAdmin({ admin, db, state, overview, watching, inboxes, engine, now }: AdminDeps): void {
  admin.get("/admin/gateway/summary", async (request) => {
    watcher(request);
    return overview.summary(now());
  });

  admin.get("/admin/gateway/referrals", { schema: { querystring: list } }, async (request) => {
    watcher(request);
    const { state: word, institution, service, overdue, rehearsals, since, cursor, limit } = request.query;
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    if (cursor !== undefined && !after) throw problem("invalid-request", { field: "cursor" });
    const referrals = await overview.list({
      status: word === undefined ? undefined : statusOf(word),
      institution,
      serviceType: service,
      rehearsals: rehearsals !== undefined,
      overdueAt: overdue === undefined ? undefined : now(),
      since: since === undefined ? undefined : Date.parse(since),
      after,
      limit,
    });
    const last = referrals.at(-1);
    const next =
      last && referrals.length === limit
        ? encodeCursor({ changedAt: Date.parse(last.changedAt), referralId: last.referral })
        : undefined;
    return { referrals, ...(next === undefined ? {} : { next }) };
  });

  admin.get("/admin/gateway/referrals/:id/choices", { schema: { params: z.object({ id }) } }, async (request) => {
    watcher(request);
    const caseId = parseReferralId(request.params.id)?.caseId;
    const choices = caseId === undefined ? undefined : explain(await state.caseEvents(db, caseId), request.params.id);
    if (!choices) throw problem("not-found");
    return { referral: request.params.id, choices };
  });

  const params = z.object({ id: z.string() });
  admin.get("/admin/gateway/referrals/:id", { schema: { params } }, async (request) => {
    watcher(request);
    const { id } = request.params;
    const caseId = parseReferralId(id)?.caseId;
    const timeline = caseId === undefined ? undefined : timelineOf(await state.caseEvents(db, caseId), id);
    if (!timeline) throw problem("not-found");
    return timeline;
  });

  admin.post("/admin/gateway/histories", { schema: { body: history } }, async (request) => {
    const { staff } = request as unknown as { readonly staff: SignedBy };
    watcher(request);
    const { id, reason, asOf } = request.body;
    const at = now();
    // Who asked what and why is on record before anything is answered, also where there is nothing.
    const act = staffActRecord(staff, { act: "gateway.history.read", target: id, reason, at });
    await engine.transact(async () => ({ result: undefined, records: [act] }), { waitForLog: true });
    const caseId = isCaseId(id) ? id : parseReferralId(id)?.caseId;
    const moment = asOf === undefined ? at : Date.parse(asOf);
    const found = caseId === undefined ? undefined : caseHistory(await state.caseEvents(db, caseId), moment);
    if (!found) throw problem("not-found");
    return { asOf: new Date(moment).toISOString(), ...found };
  });

  admin.get("/admin/gateway/inboxes", async (request) => {
    watcher(request);
    return { inboxes: await inboxes.lags() };
  });

  admin.get("/admin/gateway/watch", { schema: { querystring: watch } }, async (request, reply) => {
    watcher(request);
    const gone = new AbortController();
    request.raw.once("close", () => gone.abort());
    const { stream, push } = eventStream(gone.signal);
    const unwatch = await watching.watch((line) => push(JSON.stringify(line)), request.query as WatchFilter);
    gone.signal.addEventListener("abort", unwatch, { once: true });
    return reply.type("text/event-stream").send(stream);
  });
}
