// The administrative routes of the directory. Who asks is known already: the admin app has checked the signature.
import { problemsOf, sendProblem } from "@ruta/kit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Applied, Request } from "./apply.ts";
import type { createCredentials, Made, Revocable } from "./credentials.ts";
import { revocation } from "./credentials.ts";
import { REFUSALS } from "./errors.ts";
import type { RefusalCode } from "./errors.ts";
import type { Problem } from "@ruta/kit/written";
import * as bodies from "./bodies.ts";
import type { Rotation } from "./rotation.ts";
import type { Rules } from "./rules.ts";
import { signedBy } from "./signed-by.ts";
import { validate } from "./validate.ts";
import type { Views } from "./views.ts";
import { registerRoadmapRoutes } from "./roadmap-http.ts";
import type { RoadmapHttpDeps } from "./roadmap-http.ts";

/** What the routes need. */
export interface HttpDeps {
  readonly apply: (request: Request) => Promise<Applied>;
  readonly credentials: ReturnType<typeof createCredentials>;
  readonly rotation: Rotation;
  readonly views: Views;
  readonly rules: Rules;
  readonly roadmaps: Omit<RoadmapHttpDeps, "refuse">;
}

const HOUR_MS = 3_600_000;

/** Largest body of an apply: a directory of thousands of entries with their lines. */
const APPLY_BYTES = 16 * 1024 * 1024;

/** Adds the routes below /admin/directory. */
export function registerRoutes(admin: FastifyInstance, deps: HttpDeps): void {
  const { apply, credentials, rotation, views, rules } = deps;

  async function act(
    request: FastifyRequest,
    reply: FastifyReply,
    reason: string,
    made: Made | Request["prepare"],
    dryRun = false,
  ) {
    const { prepare, shown } = typeof made === "function" ? { prepare: made, shown: {} } : made;
    const { id, signature, bodySha256 } = signedBy(request);
    const applied = await apply({ staff: id, reason, signature, requestSha256: bodySha256, dryRun, prepare });
    if (!applied.ok) return refuse(reply, applied.code, applied.problems);
    if (!dryRun) await views.caughtUp();
    return reply.send({ revision: String(applied.revision), changes: applied.changes, ...shown });
  }

  /** A POST whose body has this shape. */
  function post<T>(
    path: string,
    body: z.ZodType<T>,
    make: (body: T, params: Record<string, string>) => Made | Request["prepare"],
    bodyLimit?: number,
  ) {
    admin.post(`/admin/directory${path}`, { ...(bodyLimit !== undefined && { bodyLimit }) }, async (request, reply) => {
      const parsed = body.safeParse(request.body);
      if (!parsed.success) return refuse(reply, "request-invalid", [], parsed.error.issues);
      const { reason, dryRun } = parsed.data as { readonly reason: string; readonly dryRun?: boolean };
      return act(request, reply, reason, make(parsed.data, request.params as Record<string, string>), dryRun);
    });
  }

  post(
    "/apply",
    bodies.apply,
    ({ entries }) =>
      (current) =>
        validate(entries.map(bodies.located), current, rules),
    APPLY_BYTES,
  );
  post("/keys", bodies.key, ({ institution, publicKey }) => credentials.key(institution, publicKey));
  post("/tokens", bodies.token, ({ institution, label }) => credentials.token(institution, label));
  post("/endpoints", bodies.endpoint, (body) => credentials.endpoint(body));
  post("/keys/rotate", bodies.rotateKey, ({ institution, publicKey, overlapHours }) =>
    rotation.key(credentials.key(institution, publicKey), institution, overlapHours * HOUR_MS),
  );
  post("/endpoints/rotate", bodies.rotateEndpoint, ({ institution, overlapHours }) =>
    rotation.endpoint(institution, overlapHours * HOUR_MS),
  );
  post("/staff", bodies.staff, ({ id, publicKey, roles }) => credentials.staff(id, publicKey, roles));
  const revocable: Readonly<Record<string, Revocable>> = {
    keys: "institutionKey",
    tokens: "accessToken",
    staff: "staff",
  };
  for (const [path, kind] of Object.entries(revocable))
    post(`/${path}/:id/revoke`, bodies.revoke, ({ institution }, { id }) => revocation(kind, id ?? "", institution));

  registerRoadmapRoutes(admin, { ...deps.roadmaps, refuse });
  admin.get("/admin/directory", async () => views.summary());
  for (const path of ["keys", "tokens"] as const)
    admin.get<{ Querystring: { institution?: string } }>(`/admin/directory/${path}`, async (request) =>
      views.list(path === "keys" ? "institutionKey" : "accessToken", request.query.institution),
    );
  admin.get<{ Params: { kind: string } }>("/admin/directory/:kind", async (request, reply) => {
    const kind = bodies.listed.safeParse(request.params.kind);
    return kind.success ? views.list(kind.data) : refuse(reply, "unknown-entry");
  });
}

const problem = problemsOf(REFUSALS);

/** Problems of a directory are told in full: they name entries and fields of public data, never content of a referral. */
function refuse(
  reply: FastifyReply,
  code: RefusalCode,
  problems: readonly Problem[] = [],
  issues: readonly z.core.$ZodIssue[] = [],
) {
  const lines = [
    ...problems.map(String),
    ...issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`),
  ];
  const field = problems[0]?.field ?? issues[0]?.path.join(".") ?? "";
  return sendProblem(
    reply,
    problem(code, {
      ...(lines.length > 0 && { detail: lines.join("\n") }),
      ...(field !== "" && { field }),
      ...(problems.length > 0 && { extra: { problems } }),
    }),
  );
}
