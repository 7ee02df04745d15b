// Receives webhooks on Fastify: the raw bytes are what is signed, so that no parser may touch them before.
import { fileSeen, receiver } from "@ruta/client";
import Fastify from "fastify";

const { RUTA_SECRET = "", PORT = "8080" } = process.env;
const hook = receiver({
  keys: RUTA_SECRET.split(","),
  seen: fileSeen("./ruta-seen"),
  onEvent: (event) => console.log(event.type, event.data.referral),
});

const app = Fastify({ bodyLimit: 256 * 1024 });
app.removeAllContentTypeParsers();
app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
app.post("/ruta", async (request, response) => {
  const { status, headers, body } = await hook.take(request.headers, request.body ?? new Uint8Array());
  return response.status(status).headers(headers).send(body);
});
await app.listen({ port: Number(PORT) });
console.log(`listening on ${PORT}`);
