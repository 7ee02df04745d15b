// The outside routes: the door, reads of referrals and of the directory, the hub's public keys, and the API's description of itself.
import type { Db } from "@ruta/db";
import { randomId, statusOf } from "@ruta/events";
import type { Directory, Section } from "@ruta/events";
import { describeApi, httpProblem, serveApi } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import type { WebhookKey } from "@ruta/proof";
import type { Engine } from "@ruta/log";
import type { Seal } from "@ruta/seal";
import type { FastifyRequest } from "fastify";
import { catalogueOf } from "./catalogue.ts";
import type { Checked } from "./check.ts";
import type { Claims } from "./claims.ts";
import { readerOf } from "./credentials.ts";
import type { Reader } from "./credentials.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { untilDecided, waitOf } from "./decision.ts";
import { accessRecord, disclosed, sectionsFor } from "./disclose.ts";
import { formOf } from "./accept.ts";
import { readKnock } from "./door.ts";
import { isRefusal } from "./envelope.ts";
import type { Limit } from "./limits.ts";
import { answerInForm, registerFhir, sendFhir } from "./fhir-http.ts";
import type { FhirHttpDeps } from "./fhir-http.ts";
import { fhirView } from "./fhir-view.ts";
import type { Inboxes } from "./inbox.ts";
import { registerInbox } from "./inbox-http.ts";
import { openContent } from "./open-content.ts";
import { problemOf } from "./problem.ts";
import type { Refusal } from "./errors.ts";
import { servePublished } from "./published.ts";
import { jwkOf } from "./public-keys.ts";
import type { PublishedKey } from "./public-keys.ts";
import type { Reads } from "./reads.ts";
import { refusalsPage } from "./refusals.ts";
import * as routes from "./routes.ts";
import type { State } from "./state.ts";
import type { Asked, Together } from "./take.ts";

/** What the routes need. */
export interface HttpDeps {
  readonly directory: () => Directory;
  readonly keysOf: (directory: Directory, institution: string, now: number) => readonly WebhookKey[];
  readonly take: (group: readonly Asked[]) => Promise<Together>;
  readonly check: (asked: Asked) => Promise<Checked | Refusal>;
  readonly limit: Limit;
  readonly db: Db;
  readonly state: Pick<State, "caseEvents">;
  readonly readFhirKnock: FhirHttpDeps["readFhirKnock"];
  readonly reads: Reads;
  readonly inboxes: Pick<Inboxes, "pull" | "acknowledge">;
  readonly engine: Pick<Engine, "transact">;
  readonly claims: Pick<Claims, "find">;
  readonly seal: Pick<Seal, "openSections">;
  /** Told of a section whose bytes do not open although its key is there. */
  readonly onUnreadable: (section: Section) => void;
  readonly publicKeys: () => Promise<readonly PublishedKey[]>;
  /** Told of what the door could not record. */
  readonly onUnavailable: (error: unknown) => void;
  readonly now: () => number;
}

const API = {
  title: "Ruta: the door",
  version: "1",
  description:
    "Referrals between institutions. Post CloudEvents 1.0 JSON signed by Standard Webhooks; read with a bearer token. Refusals are application/problem+json with a code; /docs/errors lists them.",
  securitySchemes: { token: { type: "http", scheme: "bearer" } },
} as const;
const READS: ReadonlySet<string> = new Set(["GET", "HEAD"]);
const RETRY_S = 2;
/** How long the door waits for the log's acknowledgement, in milliseconds; senders wait 15 s. */
const RECORD_LIMIT_MS = 10_000;

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}

/** The value, or the problem that answers the refusal. */
function orThrow<T extends object>(value: T | Refusal): T {
  if (isRefusal(value)) throw problemOf(value);
  return value;
}

/** Adds the routes. */
export async function registerRoutes(app: HttpApp, deps: HttpDeps): Promise<void> {
  const { directory, limit, reads, now } = deps;
  /** Whoever is known by a signature has a limit of its own: nobody can spend another's. */
  async function take(group: readonly Asked[]): Promise<Together> {
    const refusal = await limit(group[0]?.institution ?? "", "acts");
    return refusal ? { refusal, index: 0 } : deps.take(group);
  }
  const readers = new WeakMap<object, Reader>();
  app.addHook("preHandler", async (request) => {
    // By the route: HEAD reads too, and one path has many spellings that reach it.
    if (!READS.has(request.method) || request.routeOptions.url?.startsWith("/v1/") !== true) return;
    const found = readerOf(directory(), header(request, "authorization"), now());
    if (!found) return;
    readers.set(request, found);
    const refusal = await limit(found.institution, "reads");
    if (refusal) throw problemOf(refusal);
  });
  await describeApi(app, API);

  function reader(request: FastifyRequest): Reader {
    const found = readers.get(request) ?? readerOf(directory(), header(request, "authorization"), now());
    if (!found) throw problemOf({ code: "invalid-token" });
    return found;
  }
  /** While the log or the database is away the sender is told to send the same again; what was claimed by then is answered then. */
  async function recorded<T>(work: () => Promise<T>): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error("the log did not acknowledge in time")), RECORD_LIMIT_MS);
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      deps.onUnavailable(error);
      throw problemOf({ code: "log-unavailable", retryAfterS: RETRY_S });
    } finally {
      clearTimeout(timer);
    }
  }

  const knockOf: FhirHttpDeps["knockOf"] = (request) => {
    const headers = {
      id: header(request, "webhook-id"),
      timestamp: header(request, "webhook-timestamp"),
      signature: header(request, "webhook-signature"),
    };
    return { institution: request.params.institution, path: request.url, headers, body: request.rawBody };
  };

  app.post("/v1/in/:institution", routes.door, async (request, reply) => {
    const asked = orThrow(readKnock(deps, knockOf(request), now()));
    const taken = await recorded(() => take([asked]));
    if ("refusal" in taken) throw problemOf(taken.refusal);
    const answer = taken[0]!;
    const waitS = waitOf(header(request, "prefer"));
    if (waitS === undefined) return reply.status(202).send(answer as never);
    // The claim under which it stands: that of an earlier request when this one repeats it under another webhook-id.
    const key = { institution: asked.institution, webhookId: answer.receipt.webhookId, number: undefined };
    const [claim] = await deps.claims.find(deps.db, [key]);
    const commandId = claim?.commandId ?? "";
    const decision = await untilDecided(deps, answer.case, commandId, waitS * 1000);
    return reply
      .status(202)
      .header("preference-applied", `wait=${waitS}`)
      .send({ ...answer, ...(decision ? { decision } : {}) } as never);
  });

  app.post("/v1/in/:institution/check", routes.check, async (request) => {
    const asked = orThrow(readKnock(deps, knockOf(request), now()));
    const refusal = await limit(asked.institution, "acts");
    return orThrow(refusal ?? (await recorded(() => deps.check(asked))));
  });
  registerFhir(app, { knockOf, readFhirKnock: deps.readFhirKnock, take, recorded, now });

  app.get("/v1/referrals", routes.list, async (request) => {
    const { institution } = reader(request);
    const { state, role, since, cursor, limit } = request.query;
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    if (cursor !== undefined && !after) throw problemOf({ code: "invalid-query", field: "cursor" });
    const status = state === undefined ? undefined : statusOf(state);
    const filter = { institution, role, status, since: since === undefined ? 0 : Date.parse(since), after, limit };
    const referrals = await reads.page(filter);
    const last = referrals.at(-1);
    const next =
      referrals.length < limit || !last
        ? undefined
        : encodeCursor({ changedAt: Date.parse(String(last.changedAt)), referralId: String(last.referral) });
    return { referrals, ...(next === undefined ? {} : { next }) };
  });

  app.get("/v1/referrals/:id", { ...routes.referral, errorHandler: answerInForm }, async (request, reply) => {
    const { institution } = reader(request);
    const form = formOf(request.headers.accept);
    if (form === undefined) throw problemOf({ code: "not-acceptable" });
    const found = orThrow(await reads.find(institution, request.params.id, { fresh: false }));
    const body = "submitted" in found ? found.submitted : found.seen.body;
    reply.header("vary", "accept");
    return form === "fhir" ? sendFhir(reply, 200, fhirView(body)) : reply.send(body);
  });

  app.get("/v1/referrals/:id/content", routes.content, async (request) => {
    const who = reader(request);
    const { id } = request.params;
    const found = orThrow(await reads.find(who.institution, id, { fresh: true }));
    if ("submitted" in found) throw problemOf({ code: "not-caught-up", retryAfterS: RETRY_S });
    const { seen, events } = found;
    const { items, rule } = seen.disclosure;
    const held = sectionsFor(items, events, id);
    const sections = held.map(({ section }) => section);
    const bytes = await openContent(deps.seal, sections, deps.onUnreadable);
    const what = { accessId: randomId(), caseId: String(seen.body.case), referralId: id, rule, at: now() };
    const record = accessRecord(who, what, sections);
    if (record)
      await recorded(() =>
        deps.engine.transact(async () => ({ result: undefined, records: [record] }), { waitForLog: true }),
      );
    const opened = held.map((each, index) => ({ ...each, bytes: bytes[index] }));
    return disclosed(items, events, id, opened);
  });

  registerInbox(app, { inboxes: deps.inboxes, reader, recorded, orThrow });

  app.get("/v1/directory/:part", routes.directory, async (request, reply) => {
    reader(request);
    const current = directory();
    const { part } = request.params;
    // What counts changes with revisions and with the hour at which a validity begins or ends.
    const etag = `"${current.revision}-${Math.floor(now() / 3_600_000)}"`;
    reply.headers({ etag, "cache-control": "private, no-cache" });
    if (header(request, "if-none-match") === etag) return reply.status(304).send(undefined as never);
    return reply.send({ revision: String(current.revision), [part]: catalogueOf(current, part, now()) });
  });

  app.get("/v1/keys", routes.keys, async () => ({ keys: (await recorded(deps.publicKeys)).map(jwkOf) }));
  app.get("/docs/errors", { schema: { hide: true } as never }, async (_request, reply) =>
    reply.type("text/html; charset=utf-8").send(refusalsPage()),
  );
  app.get("/", { schema: { hide: true } as never }, async (_request, reply) => reply.redirect("/docs"));
  serveApi(app);
  servePublished(app, API.version);
  app.addHook("preHandler", async (request) => {
    if (request.method === "POST" && request.headers["content-type"] === undefined)
      throw httpProblem("unsupported-media-type");
  });
}
