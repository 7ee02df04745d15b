// Routes for the hub's own keys: which there are, who was started with them, and how one is retired once its successor is in use.
import { STAFF_PROBLEMS, StaffRole, mayWatch, staffActRecord } from "@ruta/events";
import { HTTP_PROBLEMS, problemsOf } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import type { Log } from "@ruta/log";
import type { NotRetired, Seal } from "@ruta/seal";
import { z } from "zod";

/** What the routes refuse. */
export const PROBLEMS = {
  ...HTTP_PROBLEMS,
  ...STAFF_PROBLEMS,
  "key-unknown": {
    status: 404,
    title: "The hub has no key of this fingerprint",
    remedy: "`ruta hub-keys list` shows those that it has.",
  },
  "key-last": {
    status: 409,
    title: "It is the only key of its kind that is in force",
    remedy: "Bring another into force first: `ruta hub-keys new`, then start every service with both.",
  },
  "key-held": {
    status: 409,
    title: "A living process was started with this key",
    remedy:
      "Start every service that `ruta hub-keys list` shows beside it without this key; one that is cut off is forgotten after half a minute.",
  },
} as const;
const problem = problemsOf(PROBLEMS);

const REFUSALS = { unknown: "key-unknown", last: "key-last", held: "key-held" } as const;

const iso = (ms: number): string => new Date(ms).toISOString();

/** What the routes stand on. */
export interface HubKeyDeps {
  readonly seal: Pick<Seal, "hubKeys" | "retire">;
  readonly log: Pick<Log, "append">;
  readonly now: () => number;
}

/** Adds GET /admin/hub/own-keys and POST …/{fingerprint}/retire. Any instance answers them. */
export function serveHubKeys(admin: HttpApp, { seal, log, now }: HubKeyDeps): void {
  admin.get("/admin/hub/own-keys", async (request) => {
    if (!mayWatch(request.staff)) throw problem("staff-role");
    const keys = await seal.hubKeys();
    return {
      keys: keys.map(({ fingerprint, kind, madeAt, retiredAt, holders }) => ({
        fingerprint,
        kind,
        since: iso(madeAt),
        ...(retiredAt === undefined ? {} : { until: iso(retiredAt) }),
        holders,
      })),
    };
  });

  const schema = {
    params: z.object({ fingerprint: z.string().regex(/^[0-9a-f]{16}$/) }),
    body: z.strictObject({ reason: z.string().trim().min(3).max(500) }),
  };
  admin.post("/admin/hub/own-keys/:fingerprint/retire", { schema }, async (request) => {
    if (!request.staff.roles.includes(StaffRole.ADMINISTRATOR)) throw problem("staff-role");
    const { fingerprint: target } = request.params;
    const orRefuse = (why: NotRetired): void => {
      if (why !== undefined) throw problem(REFUSALS[why]);
    };
    orRefuse(await seal.retire(target, true));
    // On record before it takes effect; what changed in between is refused all the same.
    const act = { act: "hub.key.retire", target, reason: request.body.reason, at: now() };
    await log.append([staffActRecord(request.staff, act)]);
    orRefuse(await seal.retire(target, false));
    return { retired: target };
  });
}
