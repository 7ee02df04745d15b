// Loaded by Node before the hub of a test: faults that the fuzz has to find. Nothing of them is in the product.
import { subscribe } from "node:diagnostics_channel";
import { editSources } from "../source-edits.ts";

/** What this needs of a Fastify app. */
interface App {
  get(url: string, handler: (request: { readonly params: { readonly id: string } }) => Promise<object>): void;
  post(url: string, handler: (request: { readonly rawBody: Buffer }) => Promise<object>): void;
}

// A door that takes whatever signature there is.
editSources([
  { file: "services/gateway/src/door.ts", find: "!verifyWebhook({ headers, body, keys, now }).ok", replace: "false" },
]);

// Routes that nobody told the fuzz of: one fails on what it does not expect, the other says again what it was sent.
subscribe("fastify.initialization", (message) => {
  const { fastify } = message as { fastify: App };
  fastify.get("/v1/fails/:id", async ({ params: { id } }) => {
    if (!/^[0-9a-z-]{28}$/.test(id)) throw new Error("not expected");
    return {};
  });
  fastify.post("/v1/in/:institution/echo", async ({ rawBody }) => ({ said: rawBody.toString("utf8") }));
});
