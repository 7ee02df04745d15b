// The door: verifies the signature over the raw bytes, checks the body, and hands the act on. Everything it refuses is a value.
import type { Directory } from "@ruta/events";
import { verifyWebhook } from "@ruta/proof";
import type { WebhookHeaders, WebhookKey } from "@ruta/proof";
import { isRefusal, readEnvelope } from "./envelope.ts";
import type { Refusal } from "./errors.ts";
import { MAX_DEPTH, parseStrictJson } from "./strict-json.ts";
import type { Asked } from "./take.ts";

/** A webhook as it came. */
export interface Knock {
  readonly institution: string;
  readonly path: string;
  readonly headers: WebhookHeaders;
  readonly body: Uint8Array;
}

/** What the door knows of senders. */
export interface DoorDeps {
  readonly directory: () => Directory;
  readonly keysOf: (directory: Directory, institution: string, now: number) => readonly WebhookKey[];
}

const WEBHOOK_ID = /^[\x21-\x7e]{1,256}$/; // printable, so that it can stand in a header, a receipt and a log

/** A webhook whose signature holds, with its parsed body. */
export interface Verified {
  readonly webhookId: string;
  /** The signature headers, kept as evidence. */
  readonly evidence: Readonly<Record<string, string>>;
  readonly value: unknown;
}

/** Verifies a webhook at `now` (milliseconds) and parses its body. An unknown institution looks like a wrong signature. */
export function verifyKnock(
  { directory, keysOf }: DoorDeps,
  { institution, headers, body }: Knock,
  now: number,
  maxDepth = MAX_DEPTH,
): Verified | Refusal {
  const { id = "", timestamp = "", signature = "" } = headers;
  const keys = keysOf(directory(), institution, now);
  if (!WEBHOOK_ID.test(id) || !verifyWebhook({ headers, body, keys, now }).ok) return { code: "invalid-signature" };
  const parsed = parseStrictJson(body, maxDepth);
  if (!parsed.ok) return { code: parsed.fault };
  const evidence = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
  return { webhookId: id, evidence, value: parsed.value };
}

/** The act of a webhook at `now` (milliseconds), or why it is refused. */
export function readKnock(deps: DoorDeps, knock: Knock, now: number): Asked | Refusal {
  const verified = verifyKnock(deps, knock, now);
  if (isRefusal(verified)) return verified;
  const envelope = readEnvelope(verified.value, now);
  if (isRefusal(envelope)) return envelope;
  const { institution, path, body } = knock;
  const { webhookId, evidence } = verified;
  return { institution, path, webhookId, headers: evidence, body, envelope, receivedAt: now };
}
