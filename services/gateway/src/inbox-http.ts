// The routes of the inbox: pull and acknowledge. A token reads the inbox of its own institution and no other.
import type { HttpApp } from "@ruta/kit";
import type { FastifyRequest } from "fastify";
import type { Reader } from "./credentials.ts";
import { isRefusal, refusalOf } from "./envelope.ts";
import type { Refusal } from "./errors.ts";
import type { Inboxes } from "./inbox.ts";
import { problemOf } from "./problem.ts";
import * as routes from "./routes.ts";
import { parseStrictJson } from "./strict-json.ts";

/** What the routes need. */
export interface InboxHttpDeps {
  readonly inboxes: Pick<Inboxes, "pull" | "acknowledge">;
  /** Whose token it is; throws when it opens nothing. */
  readonly reader: (request: FastifyRequest) => Reader;
  /** Runs what has to be recorded; throws the problem that says it cannot be. */
  readonly recorded: <T>(work: () => Promise<T>) => Promise<T>;
  readonly orThrow: <T extends object>(value: T | Refusal) => T;
}

/** The cursor of the body of an acknowledgement, or why there is none. */
function cursorIn(bytes: Uint8Array): { readonly cursor: string } | Refusal {
  const parsed = parseStrictJson(bytes);
  if (!parsed.ok) return { code: parsed.fault };
  if (typeof parsed.value !== "object" || parsed.value === null || Array.isArray(parsed.value))
    return { code: "missing-field", field: "cursor" };
  const body = routes.acknowledgement.safeParse(parsed.value);
  return body.success ? body.data : refusalOf(body.error, parsed.value);
}

/** Adds the routes. */
export function registerInbox(app: HttpApp, { inboxes, reader, recorded, orThrow }: InboxHttpDeps): void {
  app.get("/v1/inbox", routes.inbox, async (request, reply) => {
    const { institution } = reader(request);
    const { after, wait, limit } = request.query;
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    return orThrow(await inboxes.pull({ institution, after, limit, waitMs: wait * 1000, gone: gone.signal }));
  });

  app.post("/v1/inbox/ack", routes.acknowledge, async (request) => {
    const { institution } = reader(request);
    const asked = cursorIn(request.rawBody);
    if (isRefusal(asked)) throw problemOf(asked);
    return orThrow(await recorded(() => inboxes.acknowledge(institution, asked.cursor)));
  });
}
