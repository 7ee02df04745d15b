// The admin app: one listener on loopback where services add their routes; every request is signed by a staff key.
import { STAFF_PROBLEMS } from "@ruta/events";
import type { Directory, SignedBy } from "@ruta/events";
import { HTTP_PROBLEMS, createHttp, problemsOf, serveHealth, serveMetrics } from "@ruta/kit";
import type { HealthCheck, HttpApp, Metrics } from "@ruta/kit";
import { verifyRequest } from "@ruta/proof";
import type { FastifyRequest } from "fastify";
import type { Logger } from "pino";

declare module "fastify" {
  interface FastifyRequest {
    /** Set on every route below /admin. */
    staff: SignedBy;
  }
}

const problem = problemsOf({ ...HTTP_PROBLEMS, ...STAFF_PROBLEMS });

const BODY_LIMIT = 16 * 1024 * 1024; // a whole city's directory in one act

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}

/** What `createAdmin` takes. */
export interface AdminOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The directory as it stands, for the public keys of staff. */
  readonly directory: () => Directory;
  /** Waits until the directory holds what was decided before now: a key added a moment ago must work. */
  readonly caughtUp: () => Promise<void>;
  readonly checks: () => readonly HealthCheck[];
  readonly now: () => number;
}

/** Makes the app. Health and metrics need no signature: they hold counts and codes only. */
export function createAdmin(options: AdminOptions): HttpApp {
  const { directory, now } = options;
  const app = createHttp({ logger: options.logger, bodyLimit: BODY_LIMIT, onAnswer: options.metrics.observe });
  app.decorateRequest("staff");
  app.addHook("preHandler", async (request) => {
    // By the route, not by what was asked for: one path has many spellings (/%61dmin/…, http://host/admin/…) that reach it.
    if (request.routeOptions.url?.startsWith("/admin/") !== true) return;
    const id = header(request, "ruta-staff") ?? "";
    if (!directory().staff(id, now())) await options.caughtUp();
    const staff = directory().staff(id, now());
    if (!staff) throw problem("staff-signature");
    const verdict = verifyRequest(
      { method: request.method, path: request.url, body: request.rawBody, now: now() },
      {
        id: header(request, "webhook-id"),
        timestamp: header(request, "webhook-timestamp"),
        signature: header(request, "webhook-signature"),
      },
      staff.publicKey,
    );
    if (!verdict.ok) throw problem("staff-signature");
    const { roles, publicKey } = staff;
    request.staff = { id, roles, publicKey, signature: verdict.signature, bodySha256: verdict.bodySha256 };
  });
  serveHealth(app, options.checks);
  serveMetrics(app, options.metrics);
  return app;
}
