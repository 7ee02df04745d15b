// The gateway's administrative routes: a referral's timeline, the live watch, and how far inboxes are behind. The admin app has checked the signature.
import type { Db } from "@ruta/db";
import { STAFF_PROBLEMS, mayWatch, parseReferralId } from "@ruta/events";
import type { SignedBy } from "@ruta/events";
import { HTTP_PROBLEMS, eventStream, problemsOf } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import { z } from "zod";
import type { InboxPart } from "./inbox-service.ts";
import type { State } from "./state.ts";
import { timelineOf } from "./watch.ts";
import type { Watching } from "./watch.ts";

/** What the routes need. */
export interface AdminDeps {
  readonly admin: HttpApp;
  readonly db: Db;
  readonly state: State;
  readonly watching: Watching;
  readonly inboxes: Pick<InboxPart, "lags">;
}

const problem = problemsOf({ ...HTTP_PROBLEMS, ...STAFF_PROBLEMS });

function watcher(request: object): void {
  const { staff } = request as { readonly staff?: SignedBy };
  if (!staff) throw new Error("an administrative route was reached without a checked signature");
  if (!mayWatch(staff)) throw problem("staff-role");
}

/** Adds the routes below /admin/gateway. */
export function registerAdmin({ admin, db, state, watching, inboxes }: AdminDeps): void {
  const params = z.object({ id: z.string() });
  admin.get("/admin/gateway/referrals/:id", { schema: { params } }, async (request) => {
    watcher(request);
    const { id } = request.params;
    const caseId = parseReferralId(id)?.caseId;
    const timeline = caseId === undefined ? undefined : timelineOf(await state.caseEvents(db, caseId), id);
    if (!timeline) throw problem("not-found");
    return timeline;
  });

  admin.get("/admin/gateway/inboxes", async (request) => {
    watcher(request);
    return { inboxes: await inboxes.lags() };
  });

  admin.get("/admin/gateway/watch", async (request, reply) => {
    watcher(request);
    const gone = new AbortController();
    request.raw.once("close", () => gone.abort());
    const { stream, push } = eventStream(gone.signal);
    const unwatch = await watching.watch((line) => push(JSON.stringify(line)));
    gone.signal.addEventListener("abort", unwatch, { once: true });
    return reply.type("text/event-stream").send(stream);
  });
}
