// The HTTP shell: Fastify with zod, problems for every refusal, raw bodies, and an access log without URLs.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import fastify, { LogController } from "fastify";
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors, serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Logger } from "pino";
import { answerBrokenClient, answerUnusual } from "./framing.ts";
import { PROBLEM_TYPE, Problem, httpProblem, problemBody } from "./problems.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The body's bytes as they came; empty when there was none. */
    rawBody: Buffer;
  }
}

/** A Fastify app whose routes are typed by zod. */
export type HttpApp = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

/** What `createHttp` takes. */
export interface HttpOptions {
  readonly logger: Logger;
  /** Most bytes of a body. */
  readonly bodyLimit: number;
  /** Own certificate and key, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Address or CIDR of the one proxy whose forwarding headers count. */
  readonly trustedProxy?: string;
  /** Told of every answered request: route pattern, method, status, duration. */
  readonly onAnswer?: (answer: { route: string; method: string; status: number; ms: number }) => void;
  /** Whether JSON bodies are parsed; false leaves `rawBody` alone for routes that verify bytes first. Default true. */
  readonly parseJson?: boolean;
}

const REQUEST_LIMIT_MS = 15_000;
/** Node would refuse a request without Host by an answer without a body. */
const NODE_OPTIONS = { requireHostHeader: false };
const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
};

/** Sends a problem. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .status(problem.kind.status)
    .headers({ ...problem.details.headers })
    .type(PROBLEM_TYPE)
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problemBody(problem));
}

/** Issues of zod whose words come from the schema alone; others repeat names that were sent. */
const SAYS_WHAT_IT_TAKES: ReadonlySet<string> = new Set(["invalid_type", "invalid_value", "too_small", "too_big"]);

/** The problem that says what an error of a request means; undefined for what is our own fault. */
export function problemFor(error: FastifyError): Problem | undefined {
  if (error instanceof Problem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const first = error.validation[0];
    const field = [error.validationContext, ...(first?.instancePath ?? "").split("/").filter(Boolean)].join(".");
    const takes = first && SAYS_WHAT_IT_TAKES.has(first.keyword) ? first.message : undefined;
    return httpProblem("invalid-request", { field, ...(takes === undefined ? {} : { detail: takes }) });
  }
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return httpProblem("body-too-large", { headers: { connection: "close" } });
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return httpProblem("unsupported-media-type");
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
    case "FST_ERR_CTP_INVALID_JSON_BODY":
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
      return httpProblem("invalid-json");
    default:
      return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
        ? httpProblem("invalid-request")
        : undefined;
  }
}

/** JSON as a value; undefined for what is none, or holds the character that no text of PostgreSQL holds. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return text.includes("\\u0000") && holdsNul(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

function holdsNul(value: unknown): boolean {
  if (typeof value === "string") return value.includes("\u0000");
  return typeof value === "object" && value !== null && Object.entries(value).flat().some(holdsNul);
}

/** Makes an app. The caller registers routes, then listens. */
export function createHttp(options: HttpOptions): HttpApp {
  const base = fastify({
    ...(options.tls ? { https: { ...options.tls, ...NODE_OPTIONS } } : { http: NODE_OPTIONS }),
    loggerInstance: options.logger as FastifyBaseLogger,
    // Fastify's own access log shows the URL, and a URL can hold an id.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimit,
    requestTimeout: REQUEST_LIMIT_MS,
    connectionTimeout: 60_000,
    keepAliveTimeout: 72_000,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    clientErrorHandler: answerBrokenClient,
    // Paths that cannot be decoded reach no route and no hook; Fastify's own answer repeats them.
    frameworkErrors: (_error: FastifyError, _request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(reply.headers(SECURITY_HEADERS), httpProblem("malformed-request")),
    onProtoPoisoning: "error",
    onConstructorPoisoning: "error",
    routerOptions: { maxParamLength: 200 },
    ...(options.trustedProxy === undefined ? {} : { trustProxy: options.trustedProxy }),
    // A stop waits for answers under way, not for idle connections that clients keep open.
    forceCloseConnections: "idle",
    return503OnClosing: true,
  } as Parameters<typeof fastify>[0]);
  const app = base.withTypeProvider<ZodTypeProvider>() as unknown as HttpApp;
  answerUnusual(app.server);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest("rawBody", undefined as unknown as Buffer);

  const parseJson = options.parseJson !== false;
  app.addHook("onRequest", async (request, reply) => {
    request.rawBody = Buffer.alloc(0);
    reply.headers({ ...SECURITY_HEADERS, "request-id": request.id });
    if (request.headers.host === undefined && request.raw.httpVersion === "1.1") throw httpProblem("malformed-request");
    // PostgreSQL has no text with it, and nobody means it. Where bytes are verified first, who asks is answered by that.
    if (parseJson && request.url.includes("%00")) throw httpProblem("malformed-request");
    const encoding = request.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") throw httpProblem("unsupported-media-type");
  });
  // A connection that a client would keep open holds up a stop when its answer leaves after the idle ones were closed.
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
  });
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (closing) reply.header("connection", "close");
    done();
  });
  app.addHook("onResponse", async (request, reply) => {
    const answer = {
      route: request.routeOptions.url ?? "(none)",
      method: request.method,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    options.onAnswer?.(answer);
    options.logger.debug({ ...answer, requestId: request.id }, "answered");
  });
  app.removeAllContentTypeParsers();
  for (const type of ["application/json", /^application\/[\w.-]+\+json(;|$)/])
    app.addContentTypeParser(type, { parseAs: "buffer" }, (request, body, done) => {
      request.rawBody = body as Buffer;
      if (!parseJson || request.rawBody.length === 0) return done(null, undefined);
      const value = parsed(request.rawBody.toString("utf8"));
      if (value === undefined) done(httpProblem("invalid-json"));
      else done(null, value);
    });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemFor(error);
    if (!problem) options.logger.error({ err: error, route: request.routeOptions.url ?? "(none)" }, "a request failed");
    return sendProblem(reply, problem ?? httpProblem("internal"));
  });
  app.setNotFoundHandler((request, reply) => {
    const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"].filter(
      (method) => method !== request.method && app.findRoute({ url: request.url.split("?")[0] ?? "", method }),
    );
    return sendProblem(
      reply,
      methods.length > 0
        ? httpProblem("method-not-allowed", { headers: { allow: methods.join(", ") } })
        : httpProblem("not-found"),
    );
  });
  return app;
}

/** Readable of server-sent events that ends when `signal` does; what is pushed goes out as one `data:` line. */
export function eventStream(signal: AbortSignal): { readonly stream: Readable; push(data: string): void } {
  const stream = new Readable({ read() {} });
  stream.push(": open\n\n"); // a comment: the client is answered at once, and knows that it misses nothing from here on
  signal.addEventListener("abort", () => stream.push(null), { once: true });
  return {
    stream,
    push(data) {
      if (!signal.aborted) stream.push(`data: ${data}\n\n`);
    },
  };
}
