// Posts an act to the door: the same bytes under the same webhook-id until the hub has taken or refused them.
import { webhookHeaders } from "@ruta/proof";
import type { SigningKey } from "@ruta/proof";
import { exchange } from "./http.ts";
import type { Answer, Patience } from "./http.ts";

/** An act as it goes out. */
export interface Outgoing {
  readonly hub: URL;
  readonly institution: string;
  readonly key: SigningKey;
  readonly webhookId: string;
  readonly body: Uint8Array;
  /** Only asks what would become of it. */
  readonly check?: boolean;
}

/** The bytes of an act. They hold no time of their own: said again after a crash, they are the same. */
export function actBytes(institution: string, webhookId: string, act: string, data: object, time?: string): Uint8Array {
  const event = {
    specversion: "1.0",
    id: webhookId,
    source: `/${institution}`,
    type: `ruta.referral.${act}`,
    ...(time === undefined ? {} : { time }),
    data,
  };
  return Buffer.from(JSON.stringify(event));
}

/** Posts it. Each try is signed anew, as the signature holds the time. */
export async function postAct(
  { hub, institution, key, webhookId, body, check }: Outgoing,
  patience: Patience,
): Promise<Answer> {
  const headers = (): Record<string, string> => ({
    ...webhookHeaders({ id: webhookId, timestampS: Math.floor(Date.now() / 1000), body, key }),
    "content-type": "application/cloudevents+json",
  });
  const url = new URL(`/v1/in/${encodeURIComponent(institution)}${check === true ? "/check" : ""}`, hub);
  return exchange({ method: "POST", url, headers, body, webhookId }, patience);
}
