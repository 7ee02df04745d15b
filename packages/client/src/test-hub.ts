// For tests: a small hub on loopback that speaks the contract of the door, of receipts and of the inbox, and stumbles as told.
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { encodePublicKey, generateKeyPair, signReceipt, verifyWebhook, webhookHeaders } from "@ruta/proof";
import type { KeyPair, WebhookKey } from "@ruta/proof";

/** A request as it came. */
interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** An answer instead of the usual one; `cut` drops the connection. */
type Stumble = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown } | "cut";

/** A hub that runs. Tests change its fields as they go. */
export interface TestHub {
  readonly url: string;
  readonly keys: KeyPair;
  readonly whpk: string;
  readonly seen: Seen[];
  /** Taken one by one before the usual answers. */
  readonly stumbles: Stumble[];
  /** Items of the inbox, in order; the cursor of each is its place, 1, 2 … */
  readonly items: { webhookId: string; contentType: string; event: object }[];
  /** Cursors acknowledged. */
  readonly acknowledged: string[];
  /** Signs receipts; another pair makes them not hold. */
  receiptKeys: KeyPair;
  /** Published beside `whpk` as keys that were retired. */
  retired: { readonly whpk: string; readonly until: string }[];
  close(): Promise<void>;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Headers and bytes of an event as the hub sends it. */
export function signedEvent(event: object, keys: KeyPair, webhookId: string, now = Date.now()) {
  const body = Buffer.from(JSON.stringify(event));
  const message = { id: webhookId, timestampS: Math.floor(now / 1000), body };
  const headers = webhookHeaders({ ...message, key: { scheme: "v1a", seed: keys.seed } });
  return { headers: { ...headers, "content-type": "application/cloudevents+json; charset=utf-8" }, body };
}

/** Starts one that verifies by these keys. */
export async function testHub(senderKeys: readonly WebhookKey[] = []): Promise<TestHub> {
  const keys = generateKeyPair();
  let waiting: (() => void) | undefined;
  const hub = {
    keys,
    whpk: encodePublicKey(keys.publicKey),
    seen: [] as Seen[],
    retired: [] as TestHub["retired"],
    stumbles: [] as Stumble[],
    items: [] as TestHub["items"],
    acknowledged: [] as string[],
    receiptKeys: keys,
  };

  function door(seen: Seen): { status: number; body: unknown } {
    const body = Buffer.from(seen.body);
    const header = (name: string) => seen.headers[name] as string | undefined;
    const [id, timestamp, signature] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(header);
    if (!verifyWebhook({ headers: { id, timestamp, signature }, body, keys: senderKeys, now: Date.now() }).ok)
      return { status: 401, body: { code: "invalid-signature", title: "no key", remedy: "sign" } };
    if (seen.path.endsWith("/check")) return { status: 200, body: { act: "request", would: "taken" } };
    const facts = {
      institution: seen.path.split("/").at(-1) ?? "",
      webhookId: id ?? "",
      caseId: "case",
      referralId: "case-1",
      personIds: [],
      receivedAt: new Date().toISOString(),
    };
    const receipt = signReceipt(facts, { salt: Buffer.alloc(16, 1), body }, hub.receiptKeys);
    return { status: 202, body: { receipt, referral: "case-1", case: "case" } };
  }
  async function inbox(after: number, waitS: number): Promise<{ status: number; body: unknown }> {
    if (hub.items.length <= after && waitS > 0)
      await new Promise<void>((resolve) => {
        waiting = resolve;
        setTimeout(resolve, Math.min(waitS * 1000, 50)).unref();
      });
    const items = hub.items.map((item, index) => ({ cursor: String(index + 1), ...item })).slice(after, after + 2);
    return { status: 200, body: { items, next: items.at(-1)?.cursor ?? String(after) } };
  }
  async function answer(seen: Seen): Promise<{ status: number; body: unknown }> {
    const { pathname, searchParams } = new URL(seen.path, "http://hub");
    if (pathname.startsWith("/v1/in/")) return door(seen);
    if (pathname === "/v1/keys") return { status: 200, body: { keys: [{ whpk: hub.whpk }, ...hub.retired] } };
    if (seen.headers.authorization !== "Bearer rt_token") return { status: 401, body: { code: "invalid-token" } };
    if (pathname === "/v1/inbox") {
      const after = searchParams.get("after") ?? hub.acknowledged.at(-1) ?? "0";
      return inbox(Number(after), Number(searchParams.get("wait") ?? 0));
    }
    if (pathname === "/v1/inbox/ack") {
      hub.acknowledged.push((JSON.parse(seen.body) as { cursor: string }).cursor);
      return { status: 200, body: {} };
    }
    if (pathname === "/v1/referrals" && !searchParams.has("cursor"))
      return { status: 200, body: { referrals: [{ referral: "a-1", status: "requested" }], next: "more" } };
    if (pathname === "/v1/referrals")
      return { status: 200, body: { referrals: [{ referral: "b-1", status: "accepted" }] } };
    if (pathname === "/v1/referrals/a-1/content") return { status: 200, body: { person: { ageBand: "18-59" } } };
    if (pathname === "/v1/referrals/a-1") return { status: 200, body: { referral: "a-1", status: "submitted" } };
    return { status: 404, body: { code: "referral-not-found", title: "none", remedy: "use the id" } };
  }
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: await textOf(request),
    };
    hub.seen.push(seen);
    const stumble = hub.stumbles.shift();
    if (stumble === "cut") return void request.socket.destroy();
    const {
      status,
      body,
      headers = {},
    } = stumble ? { body: {}, ...stumble } : { ...(await answer(seen)), headers: {} };
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  }
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return Object.assign(hub, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      waiting?.();
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  });
}
