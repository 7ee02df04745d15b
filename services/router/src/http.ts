// The router's administrative routes: a case by ids and codes, then those of acts and of the worklist. The admin app has checked the signature.
import { isCaseId, parseReferralId } from "@ruta/events";
import type { HttpApp } from "@ruta/kit";
import { z } from "zod";
import { registerActs } from "./http-acts.ts";
import { registerWorklist } from "./http-worklist.ts";
import { problem, watcher } from "./staff-request.ts";
import type { HttpDeps } from "./staff-request.ts";
import { caseView } from "./views.ts";

/** Adds the routes below /admin/router. */
export function registerRoutes(admin: HttpApp, deps: HttpDeps): void {
  const { db, table } = deps;
  admin.get("/admin/router/cases/:id", { schema: { params: z.object({ id: z.string() }) } }, async (request) => {
    watcher(request);
    const { id } = request.params;
    const caseId = parseReferralId(id)?.caseId ?? id;
    const state = isCaseId(caseId) ? await table.get(db, caseId) : undefined;
    if (!state) throw problem("not-found");
    return caseView(state);
  });
  registerActs(admin, deps);
  registerWorklist(admin, deps);
}
