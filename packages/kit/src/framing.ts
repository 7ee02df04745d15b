// What never becomes a request of a route, answered like one that is refused: broken frames, CONNECT, expectations nobody can meet.
import { STATUS_CODES } from "node:http";
import type { Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { PROBLEM_TYPE, httpProblem, problemBody } from "./problems.ts";
import type { HTTP_PROBLEMS } from "./problems.ts";

function answer(socket: Duplex, code: keyof typeof HTTP_PROBLEMS): void {
  const problem = httpProblem(code);
  const body = JSON.stringify(problemBody(problem));
  const { status } = problem.kind;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** The answer to the latest request of each connection, begun or not. */
const latest = new WeakMap<Duplex, ServerResponse>();

/** Bytes that never became a request, as far as the connection still stands. */
export function answerBrokenClient(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const response = latest.get(socket);
  if (response?.headersSent) {
    // What breaks inside a request that is answered already, or inside an answer, gets no second one.
    if (!response.req.complete || !response.writableFinished) return void socket.end();
  } else if (response?.req.complete) {
    // A request that came whole before the noise gets its own answer: what it asks for may be done. Then the connection ends.
    response.shouldKeepAlive = false;
    return;
  }
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") return answer(socket, "request-timeout");
  answer(socket, error.code === "HPE_HEADER_OVERFLOW" ? "headers-too-large" : "malformed-request");
}

/** CONNECT, which Node would end without a word, and Expect, to which it would say a word without a body. */
export function answerUnusual(server: Server): void {
  server.on("request", ({ socket }, response: ServerResponse) => void latest.set(socket, response));
  server.on("connect", (_request, socket: Duplex) => {
    socket.on("error", () => socket.destroy());
    answer(socket, "malformed-request");
  });
  server.on("checkExpectation", (_request, response: ServerResponse) => {
    const problem = httpProblem("expectation-failed");
    response.writeHead(problem.kind.status, { "content-type": PROBLEM_TYPE, connection: "close" });
    response.end(JSON.stringify(problemBody(problem)));
  });
}
