// The hub as an institution's system sees it: send acts and get their receipts, read referrals, content, directory, inbox.
import { randomUUID } from "node:crypto";
import type { Receipt } from "@ruta/proof";
import { refusalOf } from "./errors.ts";
import type { ActData, Status } from "./gen/acts.ts";
import { exchange } from "./http.ts";
import type { Patience } from "./http.ts";
import { followInbox } from "./inbox.ts";
import type { InboxOptions } from "./inbox.ts";
import { hubUrl, signingKey } from "./keys.ts";
import { actBytes, postAct } from "./post.ts";
import { receiptCheck } from "./receipts.ts";

/** What a client is made of. */
export interface ClientOptions {
  /** Address of the hub: https, or http on this machine. */
  readonly url: string;
  /** Id of the institution in the hub's directory. */
  readonly institution: string;
  /** Signs what is sent: `whsec_…` or `whsk_…`. Needed to send. */
  readonly key?: string;
  /** Reads: `rt_…`. Needed to read. */
  readonly token?: string;
  /** Public keys of the hub, `whpk_…`, as told to you by its operators. Not given: those of GET /v1/keys are believed. */
  readonly hubKeys?: readonly string[];
  /** How long a request is made again while the hub is away or says "later", in milliseconds; a minute when not given. */
  readonly patienceMs?: number;
}

/** An act. */
export type Act = keyof ActData;
/** An act on a referral that is there. */
export type AnswerAct = Exclude<Act, "request">;

/** How one act is sent. */
export interface SendOptions {
  /** Your own id of this act: the same id and data again get the same answer and are recorded once. Random when not given. */
  readonly webhookId?: string;
  /** When it happened, RFC 3339 with offset; when the hub took it, if not given. */
  readonly time?: string;
  readonly signal?: AbortSignal;
}

/** An act that the hub has on disk. */
export interface Sent {
  readonly webhookId: string;
  readonly referral: string;
  readonly case: string;
  /** Id of the person referred, of a request. */
  readonly person?: string;
  /** Ids of the members of the household, in the order in which they were sent. */
  readonly members?: readonly string[];
  /** Verified. Keep it with `body`: both together are your evidence of what the hub promised. */
  readonly receipt: Receipt;
  /** The bytes that were signed, as text. */
  readonly body: string;
}

/** What would become of an act. */
export interface Would {
  readonly act: Act;
  /** `repeat`: it was taken before, under this webhook-id. */
  readonly would: "taken" | "repeat";
  /** Acts that the referral takes from you now. */
  readonly may?: readonly Act[];
}

/** A referral as GET /v1/referrals/{id} tells it; `submitted` until the hub has decided on it. More fields: /openapi.json. */
export interface Referral {
  readonly referral: string;
  readonly case?: string;
  readonly status: Status | "submitted";
  readonly [field: string]: unknown;
}

/** Which referrals to list. */
export interface Filter {
  readonly state?: Status;
  readonly role?: "requester" | "performer";
  /** Changed at or after this instant, RFC 3339. */
  readonly since?: string;
}

/** An institution's way to the hub. Each call throws Refused, Unanswered, or the reason of its signal. */
export interface Client {
  /** Sends a referral. */
  request(data: ActData["request"], options?: SendOptions): Promise<Sent>;
  /** Answers one, or acts on one of your own: `answer("accept", { referral, worker })`. */
  answer<A extends AnswerAct>(act: A, data: ActData[A], options?: SendOptions): Promise<Sent>;
  /** Asks what would become of an act; nothing is recorded. Throws Refused where the act would be refused. */
  check<A extends Act>(act: A, data: ActData[A], options?: SendOptions): Promise<Would>;
  referral(id: string): Promise<Referral>;
  /** Those you sent or were sent, oldest change first, page after page. */
  referrals(filter?: Filter): AsyncGenerator<Referral>;
  /** What your role and the state let you see of the person. Every opening is on record. */
  content(id: string): Promise<Record<string, unknown>>;
  directory(part: "institutions" | "services" | "terms"): Promise<Record<string, unknown>>;
  /** Follows the inbox until the signal; see InboxOptions. */
  inbox(options: InboxOptions): Promise<void>;
}

const PATIENCE_MS = 60_000;
const MAX_WAIT_MS = 30_000;

/** Makes a client. Throws TypeError on an address or key of the wrong form. */
export function createClient(options: ClientOptions): Client {
  const { institution } = options;
  const hub = hubUrl(options.url);
  const key = options.key === undefined ? undefined : signingKey(options.key);
  const patience = (signal?: AbortSignal): Patience => ({
    patienceMs: options.patienceMs ?? PATIENCE_MS,
    maxWaitMs: MAX_WAIT_MS,
    signal,
  });

  async function get(path: string, headers: Record<string, string>): Promise<Record<string, unknown>> {
    const request = { method: "GET", url: new URL(path, hub), headers: () => headers } as const;
    const { status, body } = await exchange(request, patience());
    if (status !== 200) throw refusalOf(status, body);
    return body;
  }
  function authorization(): Record<string, string> {
    if (options.token === undefined) throw new TypeError("reading needs the option token (rt_…)");
    return { authorization: `Bearer ${options.token}` };
  }
  const read = (path: string): Promise<Record<string, unknown>> => get(path, authorization());
  const receipts = receiptCheck(options.hubKeys, async () => {
    const { keys } = (await get("/v1/keys", {})) as { keys: { whpk: string; until?: string }[] };
    // One that was retired verifies receipts of before: whoever has it could make new ones.
    return keys.flatMap(({ whpk, until }) => (until === undefined ? [whpk] : []));
  });

  async function post(act: Act, data: object, how: SendOptions, check: boolean) {
    if (!key) throw new TypeError("sending needs the option key (whsec_… or whsk_…)");
    const { webhookId = `msg_${randomUUID()}`, time, signal } = how;
    const body = actBytes(institution, webhookId, act, data, time);
    const answer = await postAct({ hub, institution, key, webhookId, body, check }, patience(signal));
    return { webhookId, body, answer };
  }
  async function send(act: Act, data: object, how: SendOptions = {}): Promise<Sent> {
    await receipts.ready();
    const { webhookId, body, answer } = await post(act, data, how, false);
    if (answer.status !== 202) throw refusalOf(answer.status, answer.body);
    const receipt = await receipts.check(answer.body, { webhookId, institution, body });
    const { receipt: _, ...ids } = answer.body as { receipt: unknown } & Pick<Sent, "referral" | "case" | "person">;
    return { webhookId, ...ids, receipt, body: Buffer.from(body).toString("utf8") };
  }

  return {
    request: (data, how) => send("request", data, how),
    answer: (act, data, how) => send(act, data, how),
    async check(act, data, how = {}) {
      const { status, body } = (await post(act, data, how, true)).answer;
      if (status !== 200) throw refusalOf(status, body);
      return body as unknown as Would;
    },
    referral: async (id) => (await read(`/v1/referrals/${encodeURIComponent(id)}`)) as Referral,
    content: (id) => read(`/v1/referrals/${encodeURIComponent(id)}/content`),
    directory: (part) => read(`/v1/directory/${part}`),
    async *referrals(filter = {}) {
      let cursor: string | undefined;
      do {
        const query = new URLSearchParams({ ...filter, ...(cursor === undefined ? {} : { cursor }) });
        const page = (await read(`/v1/referrals?${query.toString()}`)) as { referrals: Referral[]; next?: string };
        yield* page.referrals;
        cursor = page.next;
      } while (cursor !== undefined);
    },
    inbox: (how) => followInbox(hub, authorization(), how),
  };
}
