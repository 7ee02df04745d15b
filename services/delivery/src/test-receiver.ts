// For tests: endpoints that are real HTTP servers on loopback, and remember what they got.
import { createServer } from "node:http";
import type { IncomingHttpHeaders, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as an endpoint got it. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The CloudEvent in it. */
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly sequence: string;
    readonly data: Record<string, unknown>;
  };
}

/** An endpoint: what it got, and how it answers (200 when nothing else is said). It answers challenges as asked. */
export interface Receiver {
  /** All but challenges. */
  readonly got: Received[];
  readonly challenges: Received[];
  readonly url: string;
  /** How it answers challenges; by the same challenge when nothing else is said. */
  prove: (received: Received, response: ServerResponse) => void;
  answer: (received: Received, response: ServerResponse) => void;
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
}

/** Starts an endpoint on loopback. */
export async function startReceiver(): Promise<Receiver> {
  const got: Received[] = [];
  const challenges: Received[] = [];
  let server: Server | undefined;
  let port = 0;
  const receiver: Receiver = {
    got,
    challenges,
    get url() {
      return `http://127.0.0.1:${port}/in`;
    },
    prove: ({ event }, response) => response.end(JSON.stringify({ challenge: event.data["challenge"] })),
    answer: (_received, response) => response.end(),
    async start() {
      server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          const body = Buffer.concat(chunks);
          const received = {
            headers: request.headers,
            body,
            event: JSON.parse(body.toString("utf8")) as Received["event"],
          };
          const challenge = received.event.type === "ruta.endpoint.challenge";
          (challenge ? challenges : got).push(received);
          (challenge ? receiver.prove : receiver.answer)(received, response);
        });
      });
      await new Promise<void>((resolve) => server?.listen(port, "127.0.0.1", resolve));
      port = (server.address() as AddressInfo).port;
    },
    async stop() {
      server?.closeAllConnections();
      await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
    },
  };
  await receiver.start();
  return receiver;
}
