// For tests: receivers that do one thing wrong each, as people write them.
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { verifyWebhook } from "@ruta/proof";
import type { WebhookKey } from "@ruta/proof";

/** What a faulty receiver looks at. */
interface Request {
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  readonly now: number;
}

/** Where a receiver differs from a right one. */
export interface Fault {
  /** Changes what is verified. */
  readonly before?: (request: Request) => Request;
  /** Whether it is believed, given what a right one would say. */
  readonly believes?: (request: Request, right: boolean) => boolean;
  /** Answers itself; undefined leaves it to the right one. `seen` holds the ids that came before. */
  readonly answers?: (event: TestEvent, id: string, seen: ReadonlySet<string>) => Said | undefined;
  /** Closes the connection at a larger body, in bytes. */
  readonly cutsAt?: number;
}

/** What of an event a receiver looks at. */
interface TestEvent {
  readonly type: string;
  readonly sequence?: string;
  readonly data: { readonly challenge?: string; readonly case?: string };
}

/** An answer; `never` leaves the sender waiting. */
type Said = { readonly status: number; readonly body?: string; readonly location?: string } | "never";

const header = (request: Request, name: string): string | undefined => request.headers[name] as string | undefined;

function verifies(request: Request, key: WebhookKey): boolean {
  const [id, timestamp, signature] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
    header(request, name),
  );
  return verifyWebhook({ headers: { id, timestamp, signature }, body: request.body, keys: [key], now: request.now }).ok;
}

/** What a receiver says that is right but for its fault. */
function answerOf(came: Request, key: WebhookKey, fault: Fault, seen: Set<string>): Said {
  const request = fault.before?.(came) ?? came;
  const right = verifies(request, key);
  if (!(fault.believes?.(request, right) ?? right)) return { status: 401 };
  const event = JSON.parse(request.body.toString("utf8")) as TestEvent;
  const id = header(came, "webhook-id") ?? "";
  const own = fault.answers?.(event, id, seen);
  seen.add(id);
  if (own) return own;
  if (event.type !== "ruta.endpoint.challenge") return { status: 200 };
  return { status: 200, body: JSON.stringify({ challenge: event.data.challenge }) };
}

/** Starts one; `stop` ends it. */
export async function faultyReceiver(key: WebhookKey, fault: Fault): Promise<{ url: URL; stop(): void }> {
  const seen = new Set<string>();
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > (fault.cutsAt ?? Number.POSITIVE_INFINITY)) return void request.socket.destroy();
      chunks.push(chunk);
    }
    const said = answerOf({ headers: request.headers, body: Buffer.concat(chunks), now: Date.now() }, key, fault, seen);
    if (said === "never") return;
    response.writeHead(said.status, said.location === undefined ? {} : { location: said.location }).end(said.body);
  }
  const server: Server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/ruta`),
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
