// Delivery's administrative routes: what was given up, and how it is sent again. The admin app has checked the signature.
import { STAFF_PROBLEMS, mayOperate, mayWatch, staffActRecord } from "@ruta/events";
import type { SignedBy } from "@ruta/events";
import { HTTP_PROBLEMS, problemsOf } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import type { Engine } from "@ruta/log";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { probeNow } from "./endpoints.ts";
import type { ParkedDeliveries } from "./parked.ts";
import { pullForward } from "./pull.ts";

/** What the routes need. */
export interface HttpDeps {
  readonly engine: Pick<Engine, "transact">;
  readonly schema: string;
  readonly deliveries: ParkedDeliveries;
  readonly now: () => number;
}

/** What the routes refuse. */
export const PROBLEMS = {
  ...HTTP_PROBLEMS,
  ...STAFF_PROBLEMS,
  "not-parked": {
    status: 409,
    title: "The delivery is not parked",
    remedy: "Nothing to do: it has been taken, or is being tried.",
  },
  "no-endpoint": {
    status: 404,
    title: "The institution has no endpoint to which the hub posts",
    remedy: "Look at `ruta endpoint list`, and register one in the directory.",
  },
} as const;
const problem = problemsOf(PROBLEMS);

/** Most rows of the list in one answer. */
const PARKED_ROWS = 500;

/** The body of every act: why. */
export const reasonBody = z.strictObject({ reason: z.string().trim().min(3).max(500) });

/** Adds the routes below /admin/delivery. */
export function registerRoutes(admin: HttpApp, { engine, schema, deliveries, now }: HttpDeps): void {
  admin.get("/admin/delivery/parked", async (request) => {
    watcher(request);
    return { parked: await deliveries.list(PARKED_ROWS) };
  });

  const retry = { params: z.object({ id: z.string().max(100) }), body: reasonBody };
  admin.post("/admin/delivery/parked/:id/retry", { schema: retry }, async (request) => {
    const staff = operator(request);
    const { id } = request.params;
    const { reason } = request.body;
    // The act is on record before the delivery is due: both are one transaction.
    const state = await engine.transact(
      async (tx) => {
        const before = await deliveries.stateOf(tx, id);
        if (before !== "parked" || !(await deliveries.retry(tx, id))) return { result: before, records: [] };
        const act = { act: "delivery.parked.retry", target: id, reason, at: now() };
        return { result: "due", records: [staffActRecord(staff, act)] };
      },
      { waitForLog: true },
    );
    if (state === undefined) throw problem("not-found");
    if (state !== "due") throw problem("not-parked");
    return { id, state };
  });

  const wake = { params: z.object({ institution: z.string().max(64) }), body: reasonBody };
  admin.post("/admin/delivery/institutions/:institution/wake", { schema: wake }, async (request) => {
    const staff = operator(request);
    const { institution } = request.params;
    const act = { act: "delivery.institution.wake", target: institution, reason: request.body.reason, at: now() };
    const lanes = await engine.transact(
      async (tx) => {
        const pulled = await pullForward(tx, schema, [institution], "all");
        await probeNow(tx, schema, institution);
        return { result: pulled, records: [staffActRecord(staff, act)] };
      },
      { waitForLog: true },
    );
    return { institution, lanes };
  });
}

type Asked = Pick<FastifyRequest, "id">;

function staffOf(request: Asked): SignedBy {
  const { staff } = request as Asked & { readonly staff?: SignedBy };
  if (!staff) throw new Error("an administrative route was reached without a checked signature");
  return staff;
}

/** Refuses whoever may not look. */
export function watcher(request: Asked): void {
  if (!mayWatch(staffOf(request))) throw problem("staff-role");
}

/** Who mends flows; refuses everybody else. */
export function operator(request: Asked): SignedBy {
  const staff = staffOf(request);
  if (!mayOperate(staff)) throw problem("staff-role");
  return staff;
}
