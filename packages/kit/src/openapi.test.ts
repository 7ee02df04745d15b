// The API's description: OpenAPI 3.1 from the routes, and a page that cannot be made to run anything.
import { expect, test } from "vitest";
import { z } from "zod";
import { createHttp } from "./http.ts";
import { createLogger } from "./logger.ts";
import { describeApi, serveApi } from "./openapi.ts";

async function described() {
  const app = createHttp({ logger: createLogger({ service: "test", level: "silent" }), bodyLimit: 1_000 });
  await describeApi(app, {
    title: "Doors & <windows>",
    version: "1",
    description: "<script>alert(1)</script>",
    securitySchemes: { token: { type: "http", scheme: "bearer" } },
  });
  const thing = z.object({ name: z.string() }).meta({ id: "Thing" });
  const schema = { summary: "Read a <b>thing</b>", params: z.object({ id: z.string() }), response: { 200: thing } };
  app.get("/things/:id", { schema }, async () => ({ name: "x" }));
  app.get("/secret", { schema: { hide: true } as never }, async () => ({}));
  serveApi(app);
  return app;
}

test("routes are described in OpenAPI 3.1 with schemas that resolve, hidden ones are not", async () => {
  const document = (await (await described()).inject("/openapi.json")).json<{
    openapi: string;
    paths: Record<string, { get: object }>;
    components: { schemas: object; securitySchemes: object };
  }>();
  expect(document.openapi).toBe("3.1.0");
  expect(Object.keys(document.paths)).toEqual(["/things/{id}"]);
  expect(JSON.stringify(document.paths)).toContain("#/components/schemas/Thing");
  expect(document.components).toMatchObject({ schemas: { Thing: { type: "object" } }, securitySchemes: { token: {} } });
});

test("the page names every route, loads nothing, and shows markup as text", async () => {
  const page = await (await described()).inject("/docs");
  expect(page.headers["content-type"]).toContain("text/html");
  expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
  expect(page.body).toContain("GET /things/{id}");
  expect(page.body).not.toMatch(/<script|<b>|src=|<windows>/);
});
