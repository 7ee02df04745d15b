// One simulated institution: a real HTTP server that verifies what the hub sends, remembers it, and answers by webhook.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { signingKey } from "../keys.ts";
import { actBytes, postAct } from "../post.ts";
import { receiver } from "../receiver.ts";
import { memorySeen } from "../seen.ts";
import type { Seen } from "../seen.ts";
import type { Journal } from "./journal.ts";
import type { Answer, Personality } from "./personality.ts";

/** What an institution is made of. */
export interface InstitutionOptions {
  readonly id: string;
  readonly personality: Personality;
  readonly gateway: string;
  /** Signs what it sends: whsk_ or whsec_. */
  readonly key: string;
  /** Verify what the hub sends: whpk_ or whsec_. */
  readonly hubKeys: readonly string[];
  readonly journal: Journal;
  /** Told why a delivery was not taken. */
  readonly onRefusal?: (status: number, reason: unknown) => void;
}

/** A running institution. */
export interface Institution {
  readonly id: string;
  /** Sends an event until the hub has taken or refused it; answers status and body. */
  send(webhookId: string, type: string, data: object): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Listens on loopback, or on the address given; answers the port, which is a free one for 0. */
  listen(port: number, host?: string): Promise<number>;
  /** Goes on with what was received before and not answered to the end. */
  resume(): void;
  /** Answers still to be given. */
  pending(): number;
  close(): Promise<void>;
}

const RETRY_MS = 400;

/** What the journal holds is what was seen: on disk before the hub is told that it was taken. */
function seenOf(id: string, journal: Journal): Seen {
  const memory = memorySeen();
  for (const entry of journal.entries)
    if (entry.kind === "received" && entry.institution === id)
      void memory.add(entry.webhookId, entry.case, entry.sequence ?? 0);
  return {
    ...memory,
    async has(webhookId) {
      const known = await memory.has(webhookId);
      if (known) journal.add({ kind: "repeated", institution: id, webhookId });
      return known;
    },
  };
}

/** Makes an institution; `listen` starts it. Throws TypeError on an address or key of the wrong form. */
export function createInstitution(options: InstitutionOptions): Institution {
  const { id, personality, journal } = options;
  // It reads nothing and holds no token, so that plain http inside a network of containers does no harm.
  const hub = new URL(options.gateway);
  const key = signingKey(options.key);
  const stop = new AbortController();
  let pending = 0;
  let server: Server | undefined;
  // An outage is one of the clock: a start in between does not begin it anew.
  let [downUntil] = journal.entries.flatMap((entry) =>
    entry.kind === "down" && entry.institution === id ? [entry.until] : [],
  );

  function send(webhookId: string, type: string, data: object) {
    const body = actBytes(id, webhookId, type, data);
    const patience = { patienceMs: Number.POSITIVE_INFINITY, maxWaitMs: RETRY_MS, signal: stop.signal };
    return postAct({ hub, institution: id, key, webhookId, body }, patience);
  }

  async function say(webhookId: string, referral: string, { act, data }: Answer): Promise<void> {
    const event = { referral, worker: "op-7", ...data };
    const { status, body } = await send(webhookId, act, event);
    const code = typeof body.code === "string" ? body.code : "";
    journal.add({ kind: "answered", institution: id, webhookId, status, act, referral, code });
    if (!personality.sendsTwice) return;
    const again = await send(webhookId, act, event);
    journal.add({ kind: "said-again", institution: id, webhookId, status: again.status, act, referral });
  }

  async function answer(receivedId: string, referral: string, answers: readonly Answer[]): Promise<void> {
    pending += 1;
    const done = new Set(
      journal.entries.flatMap((entry) =>
        entry.kind === "answered" && entry.institution === id ? [entry.webhookId] : [],
      ),
    );
    try {
      for (const [index, one] of answers.entries()) {
        const webhookId = createHash("sha256").update(`${receivedId} ${index} ${one.act}`).digest("hex").slice(0, 32);
        if (done.has(webhookId)) continue;
        await delay(one.afterMs, undefined, { signal: stop.signal });
        await say(webhookId, referral, one);
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

  const receive = receiver({
    keys: options.hubKeys,
    seen: seenOf(id, journal),
    ...(options.onRefusal ? { onRefusal: options.onRefusal } : {}),
    async onEvent({ type: fullType, data }, { webhookId, sequence }) {
      await delay(personality.replyAfterMs);
      const type = fullType.replace("ruta.referral.", "");
      const { referral = "", case: caseId = "", code = "" } = data;
      journal.add({ kind: "received", institution: id, webhookId, type, referral, case: caseId, code, sequence });
      react(webhookId, type, referral);
    },
  });

  function isDown(): boolean {
    if (personality.downForMs === 0) return false;
    if (downUntil === undefined) {
      downUntil = Date.now() + personality.downForMs;
      journal.add({ kind: "down", institution: id, until: downUntil });
    }
    return Date.now() < downUntil;
  }

  return {
    id,
    send,
    async listen(port, host = "127.0.0.1") {
      const one = createServer((request, response) => {
        // Down means that nobody answers: the connection is cut.
        if (isDown()) request.socket.destroy();
        else receive(request, response);
      });
      server = one;
      await new Promise<void>((resolve, reject) => void one.once("error", reject).listen(port, host, resolve));
      const address = one.address();
      return typeof address === "object" && address ? address.port : port;
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
