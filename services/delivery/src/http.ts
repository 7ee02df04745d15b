// Delivery's administrative routes: what was given up, how it is sent again, and how it is skipped. The admin app has checked the signature.
import type { Db } from "@ruta/db";
import { STAFF_PROBLEMS, staffActRecord } from "@ruta/events";
import { HTTP_PROBLEMS, problemsOf } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import type { Engine } from "@ruta/log";
import { z } from "zod";
import { probeNow } from "./endpoints.ts";
import { PARKED_CURSOR } from "./parked.ts";
import type { ParkedDeliveries } from "./parked.ts";
import { pullForward } from "./pull.ts";
import { REDRIVE_PROBLEMS, registerRedriveRoutes } from "./redrive-http.ts";
import type { Redrives } from "./redrives.ts";
import { skip } from "./skip.ts";
import { operator, watcher } from "./staff.ts";

/** What the routes need. */
export interface HttpDeps {
  readonly engine: Pick<Engine, "transact">;
  readonly db: Db;
  readonly schema: string;
  readonly deliveries: ParkedDeliveries;
  readonly redrives: Redrives;
  /** A worker silent for longer is dead, in milliseconds. */
  readonly expiryMs: number;
  /** Id of an institution's endpoint; empty while it has none. */
  readonly endpointIdOf: (institution: string) => string;
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
  "endpoint-disabled": {
    status: 409,
    title: "An operator has disabled the institution's endpoint",
    remedy: "Let it go on with `ruta endpoint resume`, then send again.",
  },
  "not-blocking": {
    status: 409,
    title: "The delivery holds nothing up",
    remedy: "Name the one that its lane waits for; what is parked or taken needs no skip.",
  },
  "in-hand": {
    status: 409,
    title: "The delivery is being sent at this moment",
    remedy: "Ask again in 15 seconds, when its result is known.",
  },
  ...REDRIVE_PROBLEMS,
} as const;
const problem = problemsOf(PROBLEMS);

const parkedQuery = z.strictObject({
  id: z.string().max(100).optional(),
  institution: z.string().max(64).optional(),
  reason: z.string().max(40).optional(),
  after: z.string().regex(PARKED_CURSOR).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** The body of every act: why. */
export const reasonBody = z.strictObject({ reason: z.string().trim().min(3).max(500) });

/** Adds the routes below /admin/delivery. */
export function registerRoutes(admin: HttpApp, deps: HttpDeps): void {
  const { engine, schema, deliveries, now } = deps;
  registerRedriveRoutes(admin, deps);
  admin.get("/admin/delivery/parked", { schema: { querystring: parkedQuery } }, async (request) => {
    watcher(request);
    return deliveries.list(request.query);
  });

  const retry = { params: z.object({ id: z.string().max(100) }), body: reasonBody };
  admin.post("/admin/delivery/parked/:id/retry", { schema: retry }, async (request) => {
    const staff = operator(request);
    const { id } = request.params;
    const { reason } = request.body;
    // The act is on record before the delivery is due: both are one transaction.
    const state = await engine.transact(
      async (tx) => {
        if ((await deliveries.stateOf(tx, id)) === undefined) return { result: "not-found", records: [] } as const;
        const result = await deliveries.retry(tx, id);
        const act = { act: "delivery.parked.retry", target: id, reason, at: now() };
        return { result, records: result === "due" ? [staffActRecord(staff, act)] : [] };
      },
      { waitForLog: true },
    );
    if (state !== "due") throw problem(state);
    return { id, state };
  });

  admin.post("/admin/delivery/parked/:id/skip", { schema: retry }, async (request) => {
    const staff = operator(request);
    const { id } = request.params;
    const act = { act: "delivery.skip", target: id, reason: request.body.reason, at: now() };
    const skipped = await engine.transact(
      async (tx) => {
        const result = await skip(tx, schema, id, deps);
        return { result, records: "refused" in result ? [] : [staffActRecord(staff, act), ...result.records] };
      },
      { waitForLog: true },
    );
    if ("refused" in skipped) throw problem(skipped.refused);
    return { id, state: "parked" };
  });

  const wake = { params: z.object({ institution: z.string().max(64) }), body: reasonBody };
  admin.post("/admin/delivery/institutions/:institution/wake", { schema: wake }, async (request) => {
    const staff = operator(request);
    const { institution } = request.params;
    const act = { act: "delivery.institution.wake", target: institution, reason: request.body.reason, at: now() };
    const lanes = await engine.transact(
      async (tx) => {
        const pulled = await pullForward(tx, schema, [institution], "all");
        await probeNow(tx, schema, [institution]);
        return { result: pulled, records: [staffActRecord(staff, act)] };
      },
      { waitForLog: true },
    );
    return { institution, lanes };
  });
}
