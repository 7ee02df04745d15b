// The routes in FHIR: the door for Bundles and Tasks, the CapabilityStatement, and refusals as OperationOutcome.
import { capabilityStatement, outcomeOf, takenOf } from "@ruta/fhir";
import type { Fault, Issue, Json } from "@ruta/fhir";
import { problemFor } from "@ruta/kit";
import type { HttpApp, Problem } from "@ruta/kit";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { formOf } from "./accept.ts";
import type { Knock } from "./door.ts";
import { PROBLEMS } from "./errors.ts";
import { inFhir } from "./fhir-door.ts";
import type { FhirAsked, FhirRefused } from "./fhir-door.ts";
import * as routes from "./fhir-routes.ts";
import { problemOf } from "./problem.ts";
import type { Asked, Together } from "./take.ts";

/** Media type of FHIR R4 in JSON. */
const FHIR_TYPE = "application/fhir+json; charset=utf-8";
const VERSION = "0.1.0";

/** What the routes need. */
export interface FhirHttpDeps {
  readonly knockOf: (request: FastifyRequest<{ Params: { institution: string } }>) => Knock;
  readonly readFhirKnock: (knock: Knock, now: number) => Promise<FhirAsked | FhirRefused>;
  readonly take: (group: readonly Asked[]) => Promise<Together>;
  /** Runs work that needs the log and the database; throws the problem that says that they are away. */
  readonly recorded: <T>(work: () => Promise<T>) => Promise<T>;
  readonly now: () => number;
}

/** Sends a resource; what FHIR answers is never changed on its way out. */
export function sendFhir(reply: FastifyReply, status: number, resource: Json): FastifyReply {
  return reply
    .status(status)
    .type(FHIR_TYPE)
    .serializer((body: unknown) => JSON.stringify(body))
    .send(resource);
}

/** The error handler of routes that answer in FHIR; what is our own fault goes on to the usual one. */
function answerInFhir(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemFor(error);
  if (!problem) throw error;
  void sendFhir(reply.headers({ ...problem.details.headers }), problem.kind.status, outcomeOf([issueOf(problem)]));
}

/** The same for a route that answers in the form that is asked for. */
export function answerInForm(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  if (formOf(request.headers.accept) !== "fhir") throw error;
  answerInFhir(error, request, reply);
}

function issueOf({ code, kind, details }: Problem): Issue {
  return { code, ...kind, ...(details.field === undefined ? {} : { expression: details.field }) };
}

/** All that is wrong, with the status of the first. */
function sendFaults(reply: FastifyReply, faults: readonly Fault[]): FastifyReply {
  const issues = faults.map(({ code, expression }): Issue => ({ code, ...PROBLEMS[code], expression }));
  return sendFhir(reply, issues[0]?.status ?? 400, outcomeOf(issues));
}

/** Adds the routes. */
export function registerFhir(app: HttpApp, { knockOf, readFhirKnock, take, recorded, now }: FhirHttpDeps): void {
  app.post("/v1/in/:institution/fhir", { ...routes.door, errorHandler: answerInFhir }, async (request, reply) => {
    const read = await recorded(() => readFhirKnock(knockOf(request), now()));
    if ("refusal" in read) throw problemOf(read.refusal);
    if ("faults" in read) return sendFaults(reply, read.faults);
    const { acts, left } = read;
    // Nothing to record: nothing was promised, and the answer says of each resource why.
    if (acts.length === 0) return sendFhir(reply, 200, takenOf([], left));
    const taken = await recorded(() => take(acts.map(({ asked }) => asked)));
    if ("refusal" in taken) throw problemOf(inFhir(taken.refusal, acts[taken.index]!.from));
    const answers = taken.map(({ receipt, ...answer }, index) => {
      const { asked, from } = acts[index]!;
      const { webhookId } = asked;
      return { ...answer, expression: from.at, act: from.act, webhookId, receipt: JSON.stringify(receipt) };
    });
    return sendFhir(reply, 202, takenOf(answers, left));
  });

  app.get("/fhir/metadata", routes.metadata, async (_request, reply) =>
    sendFhir(reply, 200, capabilityStatement(VERSION)),
  );
}
