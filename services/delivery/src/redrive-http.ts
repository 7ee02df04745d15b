// Routes of redrives and of the log of attempts.
import type { Db } from "@ruta/db";
import { idOfAct, staffActRecord } from "@ruta/events";
import { HTTP_PROBLEMS, problemsOf } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import type { Engine } from "@ruta/log";
import { z } from "zod";
import { listAttempts } from "./attempts.ts";
import { filterFault, filterShape } from "./redrive-filter.ts";
import type { RedriveFilter } from "./redrive-filter.ts";
import type { Redrives } from "./redrives.ts";
import { operator, watcher } from "./staff.ts";

/** What the routes need. */
export interface RedriveHttpDeps {
  readonly engine: Pick<Engine, "transact">;
  readonly db: Db;
  readonly schema: string;
  readonly redrives: Redrives;
  readonly now: () => number;
}

/** What these routes refuse, besides what any does. */
export const REDRIVE_PROBLEMS = {
  "redrive-state": {
    status: 409,
    title: "The redrive is in no state for this",
    remedy: "Look at it with `ruta redrive show`: what runs can be stopped, and what was stopped can go on.",
  },
} as const;
const problem = problemsOf({ ...HTTP_PROBLEMS, ...REDRIVE_PROBLEMS });

/** Deliveries that a redrive makes due in a second when it does not say, and at most. */
const PER_SECOND = { usual: 10, most: 1_000 };
const PAGE = { usual: 50, most: 500 };

const reason = z.string().trim().min(3).max(500);
const startBody = z.strictObject({
  ...filterShape,
  perSecond: z.int().min(1).max(PER_SECOND.most).default(PER_SECOND.usual),
  reason,
});
const page = {
  limit: z.coerce.number().int().min(1).max(PAGE.most).default(PAGE.usual),
  cursor: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional(),
};
const { institution, referral, delivery, since } = filterShape;
const attemptsQuery = z.strictObject({
  institution,
  referral,
  delivery,
  outcome: z.enum(["delivered", "retry", "parked"]).optional(),
  since,
  ...page,
});

/** Refuses a filter whose fields do not go together. */
function checked(filter: RedriveFilter): RedriveFilter {
  const fault = filterFault(filter);
  if (fault) throw problem("invalid-request", fault);
  return filter;
}

/** Adds the routes below /admin/delivery. */
export function registerRedriveRoutes(admin: HttpApp, { engine, db, schema, redrives, now }: RedriveHttpDeps): void {
  admin.get("/admin/delivery/attempts", { schema: { querystring: attemptsQuery } }, async (request) => {
    watcher(request);
    const { limit, cursor, ...filter } = request.query;
    return listAttempts(db, schema, filter, { limit, cursor });
  });

  const count = { body: z.strictObject(filterShape) };
  admin.post("/admin/delivery/redrives/count", { schema: count }, async (request) => {
    watcher(request);
    return { counts: await redrives.count(checked(request.body)) };
  });

  admin.post("/admin/delivery/redrives", { schema: { body: startBody } }, async (request) => {
    const staff = operator(request);
    const { reason, perSecond, ...filter } = request.body;
    const id = idOfAct("redrive", staff);
    const act = { act: "delivery.redrive.start", target: id, reason, at: now() };
    const redrive = { id, staff: staff.id, reason, perSecond, filter: checked(filter) };
    const counts = await engine.transact(
      async (tx) => ({ result: await redrives.start(tx, redrive), records: [staffActRecord(staff, act)] }),
      { waitForLog: true },
    );
    return { id, state: "running", counts };
  });

  admin.get("/admin/delivery/redrives", { schema: { querystring: z.strictObject(page) } }, async (request) => {
    watcher(request);
    return redrives.list(request.query);
  });

  const params = z.object({ id: z.string().max(100) });
  admin.get("/admin/delivery/redrives/:id", { schema: { params } }, async (request) => {
    watcher(request);
    const redrive = await redrives.get(request.params.id);
    if (!redrive) throw problem("not-found");
    return redrive;
  });

  for (const [word, to] of [
    ["stop", "stopped"],
    ["resume", "running"],
  ] as const) {
    const schema = { params, body: z.strictObject({ reason }) };
    admin.post(`/admin/delivery/redrives/:id/${word}`, { schema }, async (request) => {
      const staff = operator(request);
      const { id } = request.params;
      if (!(await redrives.get(id))) throw problem("not-found");
      const act = { act: `delivery.redrive.${word}`, target: id, reason: request.body.reason, at: now() };
      const turned = await engine.transact(
        async (tx) => {
          const result = await redrives.turn(tx, id, to);
          return { result, records: result ? [staffActRecord(staff, act)] : [] };
        },
        { waitForLog: true },
      );
      if (!turned) throw problem("redrive-state");
      return { id, state: to };
    });
  }
}
