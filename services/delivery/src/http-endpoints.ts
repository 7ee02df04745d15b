// Delivery's administrative routes for endpoints: how each fares, and what operators do about it.
import { DeliveryMode, staffActRecord } from "@ruta/events";
import type { Directory, NewRecord } from "@ruta/events";
import type { Db, Tx } from "@ruta/db";
import { problemsOf } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import type { Engine } from "@ruta/log";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { ENDPOINT_STATES, disableEndpoint, listEndpoints, pause, resume } from "./endpoints.ts";
import { foldSightings } from "./fare.ts";
import { PROBLEMS, reasonBody } from "./http.ts";
import { prove } from "./prove.ts";
import { pullForward } from "./pull.ts";
import { fingerprintOf } from "./send.ts";
import type { Sender } from "./send.ts";
import { operator, watcher } from "./staff.ts";

/** What the routes need. */
export interface EndpointRoutes {
  readonly engine: Pick<Engine, "transact">;
  readonly db: Db;
  readonly schema: string;
  readonly sender: Sender;
  /** The directory; undefined before the service has started. */
  readonly directory: () => Directory | undefined;
  readonly now: () => number;
}

const problem = problemsOf(PROBLEMS);

/** Rows of one page. */
const PAGE = 200;

const institution = z.string().max(64);
const params = z.object({ institution });
const page = z.object({
  after: institution.default(""),
  state: z.enum(ENDPOINT_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE).default(PAGE),
});

/** What an act does in its transaction: the records it makes; undefined when the institution has nothing of the kind. */
type Act = (tx: Tx, institution: string) => Promise<readonly NewRecord[] | undefined>;

/** Adds the routes below /admin/delivery/endpoints. */
export function registerEndpointRoutes(admin: HttpApp, deps: EndpointRoutes): void {
  const { engine, db, schema, sender, directory, now } = deps;

  admin.get("/admin/delivery/endpoints", { schema: { querystring: page } }, async (request) => {
    watcher(request);
    const { limit, ...filter } = request.query;
    const endpoints = await listEndpoints(db, schema, { ...filter, limit: limit + 1 });
    const shown = endpoints.slice(0, limit);
    return { endpoints: shown, ...(endpoints.length > limit ? { next: shown.at(-1)?.institution } : {}) };
  });

  /** On record before it takes effect: both are one transaction. */
  async function done(request: FastifyRequest, word: string, target: string, reason: string, act: Act): Promise<void> {
    const record = staffActRecord(operator(request), { act: `delivery.endpoint.${word}`, target, reason, at: now() });
    const found = await engine.transact(
      async (tx) => {
        const records = await act(tx, target);
        return { result: records !== undefined, records: records ? [record, ...records] : [] };
      },
      { waitForLog: true },
    );
    if (!found) throw problem("no-endpoint");
  }

  const acts: Readonly<Record<string, Act>> = {
    pause: async (tx, of) => ((await pause(tx, schema, of)) ? [] : undefined),
    resume: (tx, of) => resume(tx, schema, of),
    disable: (tx, of) => disableEndpoint(tx, schema, of),
  };
  for (const [word, act] of Object.entries(acts))
    admin.post(
      `/admin/delivery/endpoints/:institution/${word}`,
      { schema: { params, body: reasonBody } },
      async (request) => {
        await done(request, word, request.params.institution, request.body.reason, act);
        return { institution: request.params.institution };
      },
    );

  admin.post(
    "/admin/delivery/endpoints/:institution/test",
    { schema: { params, body: reasonBody } },
    async (request) => {
      operator(request);
      const endpoint = directory()?.endpointOf(request.params.institution, now());
      if (!endpoint || endpoint.mode === DeliveryMode.INBOX) throw problem("no-endpoint");
      await done(request, "test", endpoint.institution, request.body.reason, async () => []);
      const { outcome, durationMs } = await prove(sender, endpoint, AbortSignal.timeout(TEST_MS), now());
      if (outcome.ok) {
        const of = { institution: endpoint.institution, fingerprint: fingerprintOf(endpoint) };
        await engine.transact(async (tx) => {
          // Lanes before endpoints, as everywhere.
          await pullForward(tx, schema, [of.institution], "outages");
          const seen = { ...of, sign: "up" as const, probe: false, proved: true, gone: false };
          return { result: undefined, records: await foldSightings(tx, schema, [seen]) };
        });
      }
      const { status } = outcome;
      return {
        institution: endpoint.institution,
        proved: outcome.ok,
        status,
        ...(outcome.ok ? {} : { failure: outcome.failure }),
        ms: Math.round(durationMs),
      };
    },
  );
}

/** More than any exchange may take: the sender's own deadline ends it. */
const TEST_MS = 60_000;
