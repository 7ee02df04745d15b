// Follows the inbox at the hub, for those who host no server: what was handed over is acknowledged, and nothing else.
import { setTimeout as delay } from "node:timers/promises";
import { refusalOf } from "./errors.ts";
import { eventOf } from "./event.ts";
import { exchange } from "./http.ts";
import type { Patience, Request } from "./http.ts";
import { memorySeen } from "./seen.ts";
import type { Seen } from "./seen.ts";
import { createTake } from "./take.ts";
import type { OnEvent } from "./take.ts";

/** How the inbox is followed. */
export interface InboxOptions {
  readonly onEvent: OnEvent;
  /** In this process alone when not given: give one that lasts where taking an event twice does harm. */
  readonly seen?: Seen;
  /** Told what the handler threw; the same event comes again after a wait. Not given: following ends, and throws it. */
  readonly onError?: (error: unknown) => void;
  /** Ends following after the event at hand. */
  readonly signal?: AbortSignal;
  /** How long the hub may wait for something new, in seconds; 30 when not given, which is the most. */
  readonly waitS?: number;
  /** Where to begin; where the last acknowledgement left off when not given. */
  readonly after?: string;
}

interface Item {
  readonly cursor: string;
  readonly webhookId: string;
  readonly contentType: string;
  readonly event: unknown;
}

const WAIT_S = 30;
const MAX_WAIT_MS = 30_000;
const AGAIN_MS = 2_000;
const LAST_ACK_MS = 5_000;

/** Follows until the signal. Throws Refused when the token opens nothing. */
export async function followInbox(hub: URL, headers: Record<string, string>, options: InboxOptions): Promise<void> {
  const { signal, waitS = WAIT_S } = options;
  const take = createTake(options.seen ?? memorySeen(), options.onEvent);
  // A hub that is away is waited for: there is nothing else to do.
  const patience: Patience = { patienceMs: Number.POSITIVE_INFINITY, maxWaitMs: MAX_WAIT_MS, signal };
  const timeoutMs = (waitS + 15) * 1000;
  let after = options.after;

  async function ask(request: Omit<Request, "timeoutMs">, how: Patience) {
    const { status, body } = await exchange({ ...request, timeoutMs }, how);
    if (status < 200 || status > 299) throw refusalOf(status, body);
    return body;
  }
  async function page(): Promise<readonly Item[]> {
    const query = new URLSearchParams({ wait: String(waitS), ...(after === undefined ? {} : { after }) });
    const url = new URL(`/v1/inbox?${query.toString()}`, hub);
    const { items } = await ask({ method: "GET", url, headers: () => headers }, patience);
    return items as readonly Item[];
  }
  async function acknowledge(cursor: string): Promise<void> {
    const body = Buffer.from(JSON.stringify({ cursor }));
    const url = new URL("/v1/inbox/ack", hub);
    const type = { "content-type": "application/json" };
    // What was handed over is still acknowledged when following is to end, if the hub is there.
    const how = signal?.aborted ? { patienceMs: LAST_ACK_MS, maxWaitMs: MAX_WAIT_MS } : patience;
    await ask({ method: "POST", url, body, headers: () => ({ ...headers, ...type }) }, how);
    // From here on the hub knows where to go on: one place for the cursor, and it outlives both sides.
    after = undefined;
  }

  /** Hands over what it can; the cursor of the last that was. */
  async function handOver(items: readonly Item[]): Promise<{ done: string | undefined; failed?: { error: unknown } }> {
    let done: string | undefined;
    for (const { cursor, webhookId, contentType, event } of items) {
      if (signal?.aborted) break;
      const known = eventOf(event);
      try {
        // What is no event would hold up all that follows; the hub sends none.
        if (known) await take(webhookId, contentType, known);
      } catch (error) {
        return { done, failed: { error } };
      }
      done = cursor;
    }
    return { done };
  }

  while (!signal?.aborted) {
    try {
      const { done, failed } = await handOver(await page());
      if (done !== undefined) await acknowledge(done);
      if (!failed) continue;
      if (!options.onError) throw failed.error;
      options.onError(failed.error);
      await delay(AGAIN_MS, undefined, signal ? { signal } : {});
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  }
}
