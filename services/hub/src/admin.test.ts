// The admin app: whatever way a path is spelled, what is below /admin is reached by a signed request alone.
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { Directory } from "@ruta/events";
import { createLogger, createMetrics } from "@ruta/kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAdmin } from "./admin.ts";

const directory = new Directory();
const admin = createAdmin({
  logger: createLogger({ service: "test", level: "silent" }),
  metrics: createMetrics(),
  directory: () => directory,
  caughtUp: async () => {},
  checks: () => [],
  now: Date.now,
});
admin.get("/admin/secrets", async () => ({ shown: "what only staff may see" }));

let port: number;
beforeAll(async () => {
  port = Number(new URL(await admin.listen({ host: "127.0.0.1", port: 0 })).port);
});
afterAll(async () => admin.close());

/** The answer to a request target, to the byte as it is given. */
async function ask(method: string, target: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

test.each([
  ["GET", "/admin/secrets"],
  ["HEAD", "/admin/secrets"],
  ["GET", "/admin/secrets?x=/healthz"],
  ["GET", "/%61dmin/secrets"],
  ["GET", "/admi%6e/secrets"],
  ["GET", "http://elsewhere.example/admin/secrets"],
  ["HEAD", "http://elsewhere.example/admin/secrets"],
])("%s %s without a signature is refused", async (method, target) => {
  const answer = await ask(method, target);
  expect(answer).toMatch(/^HTTP\/1.1 401 /);
  expect(answer).not.toContain("only staff");
});

test("health needs no signature", async () => {
  expect(await ask("GET", "/healthz")).toMatch(/^HTTP\/1.1 200 /);
});
