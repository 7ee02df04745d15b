import { once } from "node:events";
import { connect } from "node:net";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createHttp, eventStream } from "./http.ts";
import { createLogger } from "./logger.ts";
import { httpProblem } from "./problems.ts";

function appWithLines() {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const app = createHttp({ logger: createLogger({ service: "test", level: "debug", destination }), bodyLimit: 1_000 });
  app.post("/echo", { schema: { body: z.object({ age: z.number() }) } }, async (request) => ({
    bytes: request.rawBody.length,
  }));
  app.get("/fails", async () => {
    throw new Error("María Quispe 1712345678");
  });
  app.get("/refuses", async () => {
    throw httpProblem("unavailable", { headers: { "retry-after": "1" } });
  });
  return { app, lines };
}

const json = { "content-type": "application/json" };

describe("the HTTP shell", () => {
  it("keeps the bytes of a body beside what it parsed", async () => {
    const { app } = appWithLines();
    const answer = await app.inject({ method: "POST", url: "/echo", headers: json, payload: ' {"age": 3}' });
    expect(answer.json()).toEqual({ bytes: 11 });
  });

  it.each([
    ["is not JSON", { payload: "{" }, 400, "invalid-json"],
    ["holds the character 0", { payload: '{"age":1,"María":["\\u0000"]}' }, 400, "invalid-json"],
    ["is too large", { payload: JSON.stringify({ age: 1, rest: "x".repeat(2_000) }) }, 413, "body-too-large"],
    [
      "has a forbidden media type",
      { payload: "a=1", headers: { "content-type": "text/plain" } },
      415,
      "unsupported-media-type",
    ],
    ["is encoded", { payload: "{}", headers: { ...json, "content-encoding": "gzip" } }, 415, "unsupported-media-type"],
    ["has a wrong field", { payload: '{"age":"María"}' }, 400, "invalid-request"],
  ])("answers a body that %s with a problem", async (_what, request, status, code) => {
    const { app } = appWithLines();
    const answer = await app.inject({ method: "POST", url: "/echo", headers: json, ...request });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.body).not.toContain("María");
  });

  it("names the field that is wrong, and says what it takes", async () => {
    const { app } = appWithLines();
    const answer = await app.inject({ method: "POST", url: "/echo", headers: json, payload: '{"age":"x"}' });
    expect(answer.json()).toMatchObject({
      field: "body.age",
      detail: "Invalid input: expected number, received string",
    });
  });

  it("answers an unknown path with 404 and a wrong method with 405 and Allow", async () => {
    const { app } = appWithLines();
    expect((await app.inject("/nowhere")).json().code).toBe("not-found");
    const answer = await app.inject("/echo");
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, "POST"]);
  });

  it("shows nothing of an unexpected error, neither to the caller nor in the log", async () => {
    const { app, lines } = appWithLines();
    const answer = await app.inject("/fails");
    expect([answer.statusCode, answer.json().code]).toEqual([500, "internal"]);
    expect(lines.join("")).toContain("a request failed");
    expect(answer.body + lines.join("")).not.toMatch(/María|1712345678/);
  });

  it.each([
    ["a path that cannot be decoded", "GET /María%zz HTTP/1.1\r\nHost: x\r\n", "malformed-request"],
    ["a request without Host", "GET /refuses HTTP/1.1\r\n", "malformed-request"],
    ["an expectation", "GET /refuses HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\n", "expectation-failed"],
    ["CONNECT", "CONNECT x:22 HTTP/1.1\r\nHost: x:22\r\n", "malformed-request"],
    ["the character 0 in a query", "GET /refuses?x=Mar%00 HTTP/1.1\r\nHost: x\r\n", "malformed-request"],
    ["noise", "\u0000\u0001\r\n", "malformed-request"],
  ])("answers %s by a problem that repeats nothing", async (_what, head, code) => {
    const { app } = appWithLines();
    const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`${head}Connection: close\r\n\r\n`);
    const answer = await text(socket);
    await app.close();
    expect(answer).toContain("content-type: application/problem+json");
    expect(answer).toContain(`"code":"${code}"`);
    expect(answer).not.toContain("Mar");
  });

  it("leaves a request that came whole its own answer, whatever comes behind it", async () => {
    const { app } = appWithLines();
    const go = Promise.withResolvers<void>();
    app.get("/slow", () => go.promise.then(() => ({ done: true })));
    app.server.on("clientError", () => setImmediate(() => go.resolve()));
    const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
    const socket = connect(Number(port), "127.0.0.1");
    socket.write("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n\u0000 noise\r\n\r\n");
    const answer = await text(socket);
    await app.close();
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200"]);
    expect(answer).toContain("Connection: close");
  });

  it.each(["/fails", "/stream"])(
    "gives a request of %s whose body breaks after the answer no second one",
    async (path) => {
      const { app } = appWithLines();
      const gone = new AbortController();
      app.get("/stream", (_request, reply) => reply.type("text/event-stream").send(eventStream(gone.signal).stream));
      const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
      const socket = connect(Number(port), "127.0.0.1");
      socket.once("data", () => socket.write("no chunk\r\n"));
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
      let answer = "";
      socket.on("data", (bytes: Buffer) => void (answer += bytes.toString()));
      await once(socket, "end");
      gone.abort();
      await app.close();
      expect(answer.match(/HTTP\/1\.1 \d+/g)).toHaveLength(1);
    },
  );

  it("sends the headers of a problem", async () => {
    const { app } = appWithLines();
    expect((await app.inject("/refuses")).headers["retry-after"]).toBe("1");
  });

  it("logs the pattern of a route, never the URL", async () => {
    const { app, lines } = appWithLines();
    app.get("/things/:id", async () => ({}));
    await app.inject("/things/secret-id?name=María");
    expect(lines.join("")).toContain("/things/:id");
    expect(lines.join("")).not.toMatch(/secret-id|María/);
  });
});

describe("a stop", () => {
  it("waits for the answer under way, and not for the connection that its client would keep open", async () => {
    const { app } = appWithLines();
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    app.get("/slow", async () => {
      begun.resolve();
      await go.promise;
      return { done: true };
    });
    app.addHook("preClose", async () => go.resolve());
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const asked = fetch(`${url}/slow`);
    await begun.promise;
    await app.close();
    expect((await asked).headers.get("connection")).toBe("close");
    expect(await (await asked).json()).toEqual({ done: true });
  });
});

describe("the logger", () => {
  it("drops every field that is not on its list, and the message of an error", () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const logger = createLogger({ service: "test", level: "info", destination });
    logger.info({ count: 1, name_of_person: "María", body: { a: "María" }, err: new Error("María") }, "a line");
    logger.child({ patient: "María" }).warn({ reason: "María\u0000" }, "another");
    expect(lines.join("")).not.toContain("María");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ service: "test", count: 1, error: "Error", msg: "a line" });
  });
});
