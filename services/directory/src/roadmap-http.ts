// The administrative routes of roadmaps: what counts and what waits, one version whole, proposing, approving.
import { toJson } from "@bufbuild/protobuf";
import { RoadmapSchema } from "@ruta/events";
import type { Directory } from "@ruta/events";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { reason } from "./bodies.ts";
import type { RefusalCode } from "./errors.ts";
import type { Proposal } from "./proposals.ts";
import type { Roadmaps } from "./roadmaps.ts";
import { signedBy } from "./signed-by.ts";
import type { Problem } from "@ruta/kit/written";

/** What the routes need. */
export interface RoadmapHttpDeps {
  readonly roadmaps: Roadmaps;
  readonly current: () => Directory;
  readonly caughtUp: () => Promise<void>;
  readonly refuse: (
    reply: FastifyReply,
    code: RefusalCode,
    problems?: readonly Problem[],
    issues?: readonly z.core.$ZodIssue[],
  ) => FastifyReply;
}

const id = z.string().regex(/^[A-Z][A-Z0-9]{0,11}$/, "takes the id of a roadmap, such as R12");
const version = z.coerce.number("takes a version").int("takes a version").min(1, "takes a version").max(10_000);
const TEXT_BYTES = 512 * 1024;

const proposal = z.strictObject({
  file: z.string().max(500).default("roadmap.yaml"),
  text: z.string("takes the YAML of a roadmap").min(1, "takes the YAML of a roadmap").max(TEXT_BYTES),
  reason,
});
const approval = z.strictObject({
  id,
  version: z.int("takes a version").min(1).max(10_000),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "takes the SHA-256 that the proposal shows"),
  reason,
});
const one = z.object({ id, version });

/** Adds the routes below /admin/directory/roadmaps. */
export function registerRoadmapRoutes(
  admin: FastifyInstance,
  { roadmaps, current, caughtUp, refuse }: RoadmapHttpDeps,
): void {
  const path = "/admin/directory/roadmaps";

  admin.get(path, async () => {
    const waiting = await roadmaps.waiting();
    return {
      revision: String(current().revision),
      roadmaps: current()
        .all("roadmap")
        .map(({ id: own, version: number, title, stages }) => ({
          id: own,
          version: number,
          title,
          stages: stages.length,
        })),
      waiting: waiting.map(waits),
    };
  });

  admin.get(`${path}/:id/:version`, async (request, reply) => {
    const asked = one.safeParse(request.params);
    const found = asked.success ? current().roadmap(asked.data.id, asked.data.version) : undefined;
    return found ? toJson(RoadmapSchema, found) : refuse(reply, "unknown-entry");
  });

  // The very text that waits: whoever approves reads it, and its SHA-256 is what they sign.
  admin.get(`${path}/:id/:version/proposal`, async (request, reply) => {
    const asked = one.safeParse(request.params);
    const found = asked.success ? await roadmaps.proposal(asked.data.id, asked.data.version) : undefined;
    return found ? { ...waits(found), text: found.text } : refuse(reply, "unknown-entry");
  });

  admin.post(path, { bodyLimit: 2 * TEXT_BYTES }, async (request, reply) => {
    const parsed = proposal.safeParse(request.body);
    if (!parsed.success) return refuse(reply, "request-invalid", [], parsed.error.issues);
    const proposed = await roadmaps.propose(signedBy(request), parsed.data);
    if (!proposed.ok) return refuse(reply, proposed.code, proposed.problems);
    const { id: own, version: number, sha256 } = proposed;
    return { id: own, version: number, sha256, state: "waiting" };
  });

  admin.post(`${path}/approve`, async (request, reply) => {
    const parsed = approval.safeParse(request.body);
    if (!parsed.success) return refuse(reply, "request-invalid", [], parsed.error.issues);
    const applied = await roadmaps.approve(signedBy(request), parsed.data);
    if (!applied.ok) return refuse(reply, applied.code, applied.problems);
    await caughtUp();
    return { revision: String(applied.revision), changes: applied.changes };
  });
}

function waits({ roadmap, version: number, sha256, staff, reason: why, at }: Proposal) {
  return { id: roadmap, version: number, sha256, staff, reason: why, at: at.toISOString() };
}
