// One exchange with the hub, made again for as long as that may help and patience lasts.
import { setTimeout as delay } from "node:timers/promises";
import { Unanswered } from "./errors.ts";
import type { Problem } from "./errors.ts";
import { isWorthRepeating, retryAfterMs, waitMs } from "./patience.ts";

/** What to ask. `headers` is called for each try, since a signature holds the time. */
export interface Request {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: () => Record<string, string>;
  readonly body?: Uint8Array;
  /** Webhook-id of an act, for the words of an error. */
  readonly webhookId?: string;
  /** How long one try may take, in milliseconds; 15 s when not given. */
  readonly timeoutMs?: number;
}

/** How long to go on. */
export interface Patience {
  /** In milliseconds; Infinity goes on until the signal. */
  readonly patienceMs: number;
  /** Longest wait between two tries that is our own choice, in milliseconds. */
  readonly maxWaitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** An answer that stands. */
export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const TRY_MS = 15_000;

async function once(
  request: Request,
  signal: AbortSignal | undefined,
): Promise<Answer & { retryAfter: string | null }> {
  const limit = AbortSignal.timeout(request.timeoutMs ?? TRY_MS);
  const response = await fetch(request.url, {
    method: request.method,
    headers: request.headers(),
    redirect: "error",
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
    ...(request.body ? { body: new Uint8Array(request.body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, body: parsed(text), retryAfter: response.headers.get("retry-after") };
}

/** An answer that is no JSON object comes from something between us and the hub: its status has to do. */
function parsed(text: string): Record<string, unknown> {
  try {
    const value = text === "" ? {} : (JSON.parse(text) as unknown);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Asks until there is an answer that stands, refusals included. Throws Unanswered when patience ends, and the signal's reason. */
export async function exchange(request: Request, { patienceMs, maxWaitMs, signal }: Patience): Promise<Answer> {
  const began = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const answer = await once(request, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      return { status: 0, body: {}, retryAfter: null, error };
    });
    const code = (answer.body as Partial<Problem>).code;
    if (!isWorthRepeating({ status: answer.status, code })) return { status: answer.status, body: answer.body };
    const wait = waitMs(attempt, retryAfterMs(answer.retryAfter, Date.now()), maxWaitMs, Math.random());
    if (performance.now() - began + wait > patienceMs) {
      const said = answer.status === 0 ? "does not answer" : `says ${code ?? answer.status}`;
      throw new Unanswered(`the hub at ${request.url.origin} ${said}, after ${attempt} tries`, request.webhookId);
    }
    await delay(wait, undefined, signal ? { signal } : {});
  }
}
