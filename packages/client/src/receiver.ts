// Receives webhooks: verifies the signature over the raw bytes, answers the hub's challenge, takes each event once.
import type { IncomingMessage, ServerResponse } from "node:http";
import { verifyWebhook } from "@ruta/proof";
import { CHALLENGE, eventOf } from "./event.ts";
import { verifyingKey } from "./keys.ts";
import { memorySeen } from "./seen.ts";
import type { Seen } from "./seen.ts";
import { createTake } from "./take.ts";
import type { OnEvent } from "./take.ts";

/** What a receiver is made of. */
export interface ReceiverOptions {
  /** Verify what comes: your endpoint's secret `whsec_…`, the hub's public key `whpk_…`; several while keys change. */
  readonly keys: readonly string[];
  /** The hub waits 15 s: keep the event, resolve, and do long work afterwards. */
  readonly onEvent: OnEvent;
  /** In this process alone when not given. */
  readonly seen?: Seen;
  /** Told why a request was answered other than 2xx: a word on the signature or body, or what your handler threw. */
  readonly onRefusal?: (status: number, reason: unknown) => void;
  /** Largest body read, in bytes; 256 KiB when not given. */
  readonly maxBytes?: number;
}

/** How to answer a request. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A handler for node:http; `take` is the same for any other server that has the headers and the raw bytes. */
export interface Receiver {
  (request: IncomingMessage, response: ServerResponse): void;
  take(headers: Readonly<Record<string, string | string[] | undefined>>, body: Uint8Array): Promise<Reply>;
}

const MAX_BYTES = 256 * 1024;

const reply = (status: number, headers: Record<string, string> = {}, body = ""): Reply => ({ status, headers, body });

async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Read to its end and kept no more, so that the answer reaches whoever is still sending.
    if (size <= maxBytes) chunks.push(chunk);
    else if (size > 8 * maxBytes) return undefined;
  }
  return size > maxBytes ? undefined : Buffer.concat(chunks);
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as unknown;
  } catch {
    return undefined;
  }
}

/** Makes a receiver. Throws TypeError on a key of the wrong form. */
export function receiver(options: ReceiverOptions): Receiver {
  const keys = options.keys.map(verifyingKey);
  if (keys.length === 0) throw new TypeError("a receiver without keys would refuse everything");
  const maxBytes = options.maxBytes ?? MAX_BYTES;
  const takeOnce = createTake(options.seen ?? memorySeen(), options.onEvent);
  const refuse = (status: number, reason: unknown, headers: Record<string, string> = {}): Reply => {
    options.onRefusal?.(status, reason);
    return reply(status, headers);
  };

  const take: Receiver["take"] = async (given, body) => {
    const header = (name: string): string | undefined => {
      const value = given[name];
      return typeof value === "string" ? value : undefined;
    };
    const headers = {
      id: header("webhook-id"),
      timestamp: header("webhook-timestamp"),
      signature: header("webhook-signature"),
    };
    const verdict = verifyWebhook({ headers, body, keys, now: Date.now() });
    if (!verdict.ok) return refuse(401, verdict.reason);
    const event = eventOf(parsed(body));
    if (!event) return refuse(400, "not an event");
    if (event.type === CHALLENGE) {
      const { challenge } = event.data;
      return reply(200, { "content-type": "application/json" }, JSON.stringify({ challenge }));
    }
    try {
      await takeOnce(headers.id ?? "", header("content-type") ?? "", event);
    } catch (error) {
      return refuse(500, error);
    }
    return reply(200);
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Reply;
    if (request.method === "POST") {
      const body = await bodyOf(request, maxBytes);
      answer = body ? await take(request.headers, body) : refuse(413, "too large");
    } else answer = refuse(405, "not a POST", { allow: "POST" });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    // A sender that goes away in the middle of its body is all that can be thrown here.
    serve(request, response).catch(() => response.destroy());
  };
  return Object.assign(handler, { take });
}
