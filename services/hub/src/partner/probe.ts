// Sends to an institution's endpoint what the hub would send, and what nobody should, and notes how each was answered.
import { randomId } from "@ruta/events";
import { signWebhook } from "@ruta/proof";
import type { SigningKey } from "@ruta/proof";
import { say } from "../language.ts";

/** How one request was answered. */
export interface Reply {
  /** 0 when there was no answer; `words` says why. */
  readonly status: number;
  readonly words: string;
  readonly ms: number;
  /** The first 16 KiB. */
  readonly text: string;
  /** Longer than the hub reads. */
  readonly tooLong: boolean;
}

/** How a message differs from a right one. */
interface Odd {
  /** The id that is sent; the same for a repeat. Random when not given. */
  readonly id?: string;
  /** The keys whose signatures stand in the header, in this order; the endpoint's own when not given. */
  readonly keys?: readonly SigningKey[];
  /** Seconds by which the timestamp is off. */
  readonly offS?: number;
  /** What is done to the signed request before it leaves. */
  readonly spoil?: (request: { headers: Record<string, string>; body: Buffer }) => void;
}

/** Sends to one endpoint. */
export interface Probe {
  send(event: object, odd?: Odd): Promise<Reply>;
  /** Every answer so far. */
  readonly replies: readonly Reply[];
}

/** What the hub reads of an answer, in bytes. */
const ANSWER_BYTES = 16 * 1024;

/**
 * The address, if a run may go there: https, or http on this machine; without user info. The words say what is wrong. What a
 * name stands for is not looked at: the institution's own network is where this is run before the hub can reach it.
 */
export function checkedAddress(text: string): URL | string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return say`is no URL`;
  const here = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && here))
    return say`is not https: the hub delivers to https only (http is taken on this machine alone)`;
  if (url.username !== "" || url.password !== "") return say`holds a user or password: the hub refuses such a URL`;
  if (url.hash !== "") return say`has a fragment, which is never sent`;
  return url;
}

async function readSome(response: Response): Promise<{ text: string; tooLong: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    chunks.push(bytes);
    size += bytes.length;
    if (size > ANSWER_BYTES) break;
  }
  return { text: Buffer.concat(chunks).subarray(0, ANSWER_BYTES).toString("utf8"), tooLong: size > ANSWER_BYTES };
}

/** Why there was no answer, in words. */
function reasonOf(error: unknown, limitMs: number): string {
  if (error instanceof Error && error.name === "TimeoutError") return say`no answer within ${limitMs / 1000} s`;
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return say`no answer: ${cause?.code ?? cause?.message ?? String(error)}`;
}

/** Makes one. `limitMs` is the time for one whole exchange, as the hub keeps it. */
export function createProbe(url: URL, key: SigningKey, limitMs: number): Probe {
  const replies: Reply[] = [];
  async function exchange(headers: Record<string, string>, body: Buffer): Promise<Reply> {
    const began = performance.now();
    const done = (reply: Omit<Reply, "ms">): Reply => ({ ...reply, ms: Math.round(performance.now() - began) });
    let status = 0;
    try {
      const init = { method: "POST", headers, body: new Uint8Array(body), redirect: "manual" } as const;
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(limitMs) });
      status = response.status;
      return done({ status, words: say`answered ${status}`, ...(await readSome(response)) });
    } catch (error) {
      const words = status === 0 ? reasonOf(error, limitMs) : say`answered ${status} and did not end`;
      return done({ status: 0, words, text: "", tooLong: false });
    }
  }
  return {
    replies,
    async send(event, { id = `check_${randomId()}`, keys = [key], offS = 0, spoil } = {}) {
      const body = Buffer.from(JSON.stringify(event));
      const timestampS = Math.floor(Date.now() / 1000) + offS;
      const request = {
        body,
        headers: {
          "content-type": "application/cloudevents+json; charset=utf-8",
          "user-agent": "ruta",
          "webhook-attempt": "1",
          "webhook-id": id,
          "webhook-timestamp": String(timestampS),
          "webhook-signature": keys.map((one) => signWebhook({ id, timestampS, body }, one)).join(" "),
        } as Record<string, string>,
      };
      spoil?.(request);
      const reply = await exchange(request.headers, request.body);
      replies.push(reply);
      return reply;
    },
  };
}
