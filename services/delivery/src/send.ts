// One exchange with an endpoint: a signed POST, one deadline for all of it, a bounded answer that nobody keeps, no redirects.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { derivedId, SignatureScheme } from "@ruta/events";
import type { Endpoint } from "@ruta/events";
import { webhookHeaders } from "@ruta/proof";
import type { SigningKey } from "@ruta/proof";
import { Agent } from "undici";
import type { Dispatcher } from "undici";
import type { Failure, Outcome } from "./backoff.ts";
import { AddressRefused, checkedUrl, guardedConnector } from "./guard.ts";
import type { GuardRules, Resolver } from "./guard.ts";
import { mediaTypeOf } from "./payload.ts";
import type { Tried } from "./results.ts";
import { watchStandstill } from "./standstill.ts";
import type { StandstillWatch } from "./standstill.ts";
import { keyIdOf, openTap } from "./wire.ts";
import type { Watch } from "./wire.ts";

/** The most that is read of an answer, in bytes: of a delivery's only status and headers count. */
const ANSWER_BYTES = 16 * 1024;
/** How long connecting may take, TLS included, in milliseconds. */
const CONNECT_MS = 5_000;

/** What `openSender` takes. */
export interface SenderOptions {
  readonly rules: GuardRules;
  /** Ed25519 seeds of the hub, for v1a: two while its key changes over, and both sign. */
  readonly signingSeeds: readonly [Uint8Array, ...Uint8Array[]];
  /** Opens an endpoint's wrapped secret; throws when it cannot. */
  readonly unwrap: (wrapped: Uint8Array, context: string) => Uint8Array;
  /** Time for the whole exchange, the answer's body included, in milliseconds. */
  readonly deadlineMs: number;
  /** Most connections to one origin. */
  readonly connections: number;
  readonly now: () => number;
  /** For tests: how names become addresses. */
  readonly resolver?: Resolver;
}

/** What to send: the webhook-id, the bytes, and which try it is (1, 2, 3 …). */
export interface Message {
  readonly id: string;
  readonly body: Uint8Array;
  readonly attempt: number;
  /** Whether an answer with 2xx and this body is the one that was asked for; any is when not said. */
  readonly accepts?: (answer: Uint8Array) => boolean;
}

/** Sends webhooks. */
export interface Sender {
  /** Sends to an endpoint; never throws. `signal` ends the exchange at once. */
  send(endpoint: Endpoint, message: Message, signal: AbortSignal): Promise<Tried>;
  close(): Promise<void>;
}

/** What makes an endpoint another one, that has to prove itself and is tried again after the old one was disabled: its URL or its key. */
export function fingerprintOf({ url, scheme, wrappedSecret }: Endpoint): string {
  return derivedId("endpoint", url, String(scheme), Buffer.from(wrappedSecret).toString("base64"));
}

/** Makes a sender with connections of its own. */
export function openSender(options: SenderOptions): Sender {
  const { rules, deadlineMs, connections, now, resolver } = options;
  const tap = openTap(guardedConnector({ ...rules, timeoutMs: CONNECT_MS, ...(resolver ? { resolver } : {}) }));
  // The deadline is ours, for the whole exchange: undici's own for parts of it are off.
  const agent = new Agent({ connect: tap.connect, connections, headersTimeout: 0, bodyTimeout: 0 });
  return {
    async send(endpoint, message, signal) {
      const startedAt = now();
      const began = performance.now();
      const deadline = AbortSignal.timeout(deadlineMs);
      const watch = tap.watch(message.id);
      const still = watchStandstill();
      const made = await exchange(options, agent, { endpoint, message, deadline, stop: signal, watch, still });
      still.end();
      const durationMs = performance.now() - began;
      return { endpointId: endpoint.id, startedAt, durationMs, ...made };
    },
    async close() {
      tap.close();
      await agent.destroy();
    },
  };
}

interface Exchange {
  readonly endpoint: Endpoint;
  readonly message: Message;
  readonly deadline: AbortSignal;
  readonly stop: AbortSignal;
  readonly watch: Watch;
  readonly still: StandstillWatch;
}

async function exchange(options: SenderOptions, agent: Agent, one: Exchange): Promise<Pick<Tried, "outcome" | "wire">> {
  const { endpoint, message, deadline, stop, watch, still } = one;
  let status = 0;
  let origin = "";
  let keyIds: string[] = [];
  const ended = (outcome: Outcome, error?: unknown) => ({ outcome, wire: { ...watch.end(error), origin, keyIds } });
  const fail = (failure: Failure, error?: unknown) => ended({ ok: false, failure, status }, error);
  let url: URL;
  let headers: Record<string, string>;
  try {
    origin = originOf(endpoint.url);
    url = checkedUrl(endpoint.url, options.rules);
    const now = options.now();
    const keys = keysOf(options, endpoint, now);
    keyIds = keys.map(keyIdOf);
    headers = headersOf(now, keys, message);
  } catch (error) {
    return fail(error instanceof AddressRefused ? "address-refused" : "signing");
  }
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: "POST",
      headers,
      body: message.body,
      signal: AbortSignal.any([deadline, stop]),
    });
    watch.answered();
    status = answer.statusCode;
    const read = await readSome(answer.body);
    const outcome = outcomeOf(status, answer.headers, options.now());
    return outcome.ok && message.accepts?.(read) === false ? fail("unproved") : ended(outcome);
  } catch (error) {
    if (stop.aborted) return fail("stopped", error);
    // A deadline that passed while this process stood still says nothing of the recipient: nobody looked for its answer.
    if (deadline.aborted) return fail(still.stoodStill() ? "stopped" : "timeout", error);
    return fail(status === 0 ? failureOf(error) : "body", error);
  }
}

/** Scheme, host and port: a path may hold a secret of the receiver. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "";
}

type Keys = readonly [SigningKey, ...SigningKey[]];

function headersOf(now: number, [key, ...others]: Keys, { id, body, attempt }: Message): Record<string, string> {
  return {
    "content-type": mediaTypeOf(body),
    "user-agent": "ruta",
    "accept-encoding": "identity",
    "webhook-attempt": String(attempt),
    ...webhookHeaders({ id, timestampS: Math.floor(now / 1000), body, key, others }),
  };
}

const own = (seed: Uint8Array): SigningKey => ({ scheme: "v1a", seed });

/** The key by which the recipient chose to verify, and the one before it until that ends. */
function keysOf(options: SenderOptions, endpoint: Endpoint, now: number): Keys {
  const { id, scheme, wrappedSecret, previousWrappedSecret: previous, previousUntil } = endpoint;
  const shared = (wrapped: Uint8Array): SigningKey => ({
    scheme: "v1",
    secret: options.unwrap(wrapped, `endpoint:${id}`),
  });
  switch (scheme) {
    case SignatureScheme.V1: {
      const overlaps = previous.length > 0 && previousUntil !== undefined && now < timestampMs(previousUntil);
      return [shared(wrappedSecret), ...(overlaps ? [shared(previous)] : [])];
    }
    case SignatureScheme.V1A: {
      const [first, ...others] = options.signingSeeds;
      return [own(first), ...others.map(own)];
    }
    default:
      throw new Error("an endpoint asks for a scheme that this version does not know");
  }
}

/** Reads the answer to its end, or drops the connection when there is more than anyone needs; answers what was read. */
async function readSome(body: Dispatcher.ResponseData["body"]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES) break; // leaving the loop destroys the stream
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES);
}

function outcomeOf(status: number, headers: Dispatcher.ResponseData["headers"], now: number): Outcome {
  if (status >= 200 && status < 300) return { ok: true, status };
  const failure = status >= 300 && status < 400 ? "redirect" : "status";
  const asked = retryAfter(headers["retry-after"], now);
  return { ok: false, failure, status, ...(asked === undefined ? {} : { retryAfterMs: asked }) };
}

/** Milliseconds that a Retry-After asks to wait (RFC 9110 §10.2.3: seconds, or a date); undefined when it says nothing to come. */
export function retryAfter(value: string | string[] | undefined, now: number): number | undefined {
  if (typeof value !== "string") return undefined;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** What kept an answer from coming. */
function failureOf(error: unknown): Failure {
  if (error instanceof AddressRefused) return "address-refused";
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH)/.test(code)
    ? "tls"
    : "connect";
}
