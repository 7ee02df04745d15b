// The API described by itself: OpenAPI 3.1 from the zod schemas of the routes, and a page that reads without a network.
import swagger from "@fastify/swagger";
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { HttpApp } from "./http.ts";

/** What the description says of itself. */
export interface ApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** How callers prove who they are, by the names that routes use in `security`. */
  readonly securitySchemes?: NonNullable<OpenApiDocument["components"]>["securitySchemes"];
}

type OpenApiDocument = Partial<NonNullable<FastifyDynamicSwaggerOptions["openapi"]>>;

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly responses?: Readonly<Record<string, { readonly description?: string }>>;
}

/** Collects the routes registered after it; call before them. */
export async function describeApi(app: HttpApp, { securitySchemes = {}, ...info }: ApiInfo): Promise<void> {
  const openapi = { openapi: "3.1.0", info, components: { securitySchemes } };
  await app.register(swagger, { openapi, transform: jsonSchemaTransform, transformObject: jsonSchemaTransformObject });
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function page(document: { info: ApiInfo; paths?: Record<string, Record<string, Operation>> }): string {
  const rows = Object.entries(document.paths ?? {}).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      const answers = Object.entries(operation.responses ?? {}).map(
        ([status, { description }]) => `<li><code>${status}</code> ${escape(description ?? "")}</li>`,
      );
      return (
        `<section><h2><code>${method.toUpperCase()} ${escape(path)}</code></h2><p><strong>${escape(operation.summary ?? "")}</strong></p>` +
        `<p>${escape(operation.description ?? "")}</p><ul>${answers.join("")}</ul></section>`
      );
    }),
  );
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${escape(document.info.title)}</title><style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}` +
    `section{border-top:1px solid #ccc}code{background:#f3f3f3;padding:.1em .3em}</style><h1>${escape(document.info.title)}</h1>` +
    `<p>${escape(document.info.description)}</p><p>Machine-readable: <a href="/openapi.json">/openapi.json</a></p>${rows.join("")}</html>`
  );
}

/** GET /openapi.json and GET /docs; call after the routes. */
export function serveApi(app: HttpApp): void {
  app.get("/openapi.json", { schema: { hide: true } as never }, async (_request, reply) =>
    reply.type("application/json").send(JSON.stringify(app.swagger())),
  );
  app.get("/docs", { schema: { hide: true } as never }, async (_request, reply) =>
    reply.type("text/html; charset=utf-8").send(page(app.swagger() as never)),
  );
}
