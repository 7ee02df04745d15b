// One simulated institution: a real HTTP server that verifies what the hub sends, remembers it, and answers by webhook.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { verifyWebhook, webhookHeaders } from "@ruta/proof";
import type { SigningKey, WebhookKey } from "@ruta/proof";
import type { Journal } from "./journal.ts";
import type { Answer, Personality } from "./personality.ts";

/** What an institution is made of. */
export interface InstitutionOptions {
  readonly id: string;
  readonly personality: Personality;
  readonly gateway: string;
  /** Signs what it sends. */
  readonly key: SigningKey;
  /** Verify what the hub sends. */
  readonly hubKeys: readonly WebhookKey[];
  readonly journal: Journal;
}

/** A running institution. */
export interface Institution {
  readonly id: string;
  /** Sends an event until the hub has taken or refused it; answers status and body. */
  send(webhookId: string, type: string, data: object): Promise<{ status: number; body: Record<string, unknown> }>;
  listen(port: number): Promise<void>;
  /** Goes on with what was received before and not answered to the end. */
  resume(): void;
  /** Answers still to be given. */
  pending(): number;
  close(): Promise<void>;
}

const MAX_BODY = 64 * 1024;
const RETRY_MS = 400;

interface Told {
  readonly type: string;
  readonly data: {
    readonly referral: string;
    readonly case: string;
    readonly code?: string;
    readonly challenge?: string;
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Error("body too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Makes an institution; `listen` starts it. */
export function createInstitution(options: InstitutionOptions): Institution {
  const { id, personality, journal } = options;
  const seen = new Set<string>();
  const stop = new AbortController();
  let pending = 0;
  let server: Server | undefined;
  // An outage is one of the clock: a start in between does not begin it anew.
  let [downUntil] = journal.entries.flatMap((entry) =>
    entry.kind === "down" && entry.institution === id ? [entry.until] : [],
  );
  for (const entry of journal.entries)
    if (entry.kind === "received" && entry.institution === id) seen.add(entry.webhookId);

  async function post(webhookId: string, body: Buffer): Promise<Response | undefined> {
    const message = { id: webhookId, timestampS: Math.floor(Date.now() / 1000), body };
    const headers = {
      ...webhookHeaders({ ...message, key: options.key }),
      "content-type": "application/cloudevents+json",
    };
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(15_000)]);
    return fetch(new URL(`/v1/in/${id}`, options.gateway), {
      method: "POST",
      headers,
      body: new Uint8Array(body),
      signal,
    }).catch(() => undefined);
  }

  async function send(webhookId: string, type: string, data: object) {
    const event = { specversion: "1.0", id: webhookId, source: `/${id}`, type: `ruta.referral.${type}`, data };
    const body = Buffer.from(JSON.stringify(event));
    for (;;) {
      const response = await post(webhookId, body);
      // No answer, or one that says "later": the same bytes again under the same id.
      if (response && response.status < 500 && response.status !== 409 && response.status !== 429)
        return { status: response.status, body: (await response.json()) as Record<string, unknown> };
      await delay(RETRY_MS, undefined, { signal: stop.signal });
    }
  }

  async function answer(receivedId: string, referral: string, answers: readonly Answer[]): Promise<void> {
    pending += 1;
    const done = new Set(
      journal.entries.flatMap((entry) =>
        entry.kind === "answered" && entry.institution === id ? [entry.webhookId] : [],
      ),
    );
    try {
      for (const [index, { act, afterMs, data }] of answers.entries()) {
        const webhookId = createHash("sha256").update(`${receivedId} ${index} ${act}`).digest("hex").slice(0, 32);
        if (done.has(webhookId)) continue;
        await delay(afterMs, undefined, { signal: stop.signal });
        const { status } = await send(webhookId, act, { referral, worker: "op-7", ...data });
        journal.add({ kind: "answered", institution: id, webhookId, status });
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    } finally {
      pending -= 1;
    }
  }

  function react(webhookId: string, type: string, referral: string): void {
    if (type === "request") void answer(webhookId, referral, personality.answers(Date.now()));
    if (type === "complete") void answer(webhookId, referral, [{ act: "acknowledge", afterMs: 100 }]);
    if (type === "returned") {
      const consent = { basis: "E", recipientClass: "any", givenOn: today(Date.now()), evidence: "F-AMPLIADO" };
      void answer(webhookId, referral, [{ act: "redirect", afterMs: 500, data: { consent } }]);
    }
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const header = (name: string): string | undefined => request.headers[name] as string | undefined;
    const headers = {
      id: header("webhook-id"),
      timestamp: header("webhook-timestamp"),
      signature: header("webhook-signature"),
    };
    const verdict = verifyWebhook({ headers, body, keys: options.hubKeys, now: Date.now() });
    if (!verdict.ok) return void response.writeHead(401).end();
    const webhookId = headers.id ?? "";
    if (seen.has(webhookId)) {
      journal.add({ kind: "repeated", institution: id, webhookId });
      return void response.writeHead(200).end();
    }
    const told = JSON.parse(body.toString("utf8")) as Told;
    // Before it sends anything of a case, the hub wants to see that whoever answers here is who registered.
    if (told.type === "ruta.endpoint.challenge") {
      response.setHeader("content-type", "application/json");
      return void response.end(JSON.stringify({ challenge: told.data.challenge }));
    }
    const type = told.type.replace("ruta.referral.", "");
    const { referral, case: caseId, code = "" } = told.data;
    await delay(personality.replyAfterMs);
    if (!seen.has(webhookId)) {
      seen.add(webhookId);
      journal.add({ kind: "received", institution: id, webhookId, type, referral, case: caseId, code });
      react(webhookId, type, referral);
    }
    response.writeHead(200).end();
  }

  return {
    id,
    send,
    async listen(port) {
      server = createServer((request, response) => {
        // Down means that nobody answers: the connection is cut.
        if (personality.downForMs > 0) {
          if (downUntil === undefined) {
            downUntil = Date.now() + personality.downForMs;
            journal.add({ kind: "down", institution: id, until: downUntil });
          }
          if (Date.now() < downUntil) return void request.socket.destroy();
        }
        take(request, response).catch(() => response.destroy());
      });
      await new Promise<void>((resolve, reject) => {
        server?.once("error", reject).listen(port, "127.0.0.1", resolve);
      });
    },
    resume() {
      for (const entry of journal.entries)
        if (entry.kind === "received" && entry.institution === id) react(entry.webhookId, entry.type, entry.referral);
    },
    pending: () => pending,
    async close() {
      stop.abort();
      server?.closeAllConnections();
      await new Promise<void>((resolve) => {
        if (server) server.close(() => resolve());
        else resolve();
      });
    },
  };
}

/** The date in Quito, YYYY-MM-DD. */
export function today(now: number): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: "America/Guayaquil" }).format(now);
}
