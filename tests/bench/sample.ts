// What the bench sends: a referral of the demonstration, signed as an institution signs it.
import { readFileSync } from "node:fs";
import { decodeSecret, webhookHeaders } from "@ruta/proof";

/** Who sends, and the shared secret (whsec_) by which it signs. */
export interface Sender {
  readonly id: string;
  readonly secret: string;
}

/** What a run sends: the n-th request comes from the n-th sender, to the n-th performer, round and round. */
export interface Plan {
  /** Begins every webhook-id and number of the run: no two runs share one. */
  readonly run: string;
  readonly senders: readonly Sender[];
  readonly performers: readonly string[];
  /** The date of the consent, YYYY-MM-DD. */
  readonly today: string;
}

/** A request ready to be posted. */
export interface Signed {
  readonly institution: string;
  readonly webhookId: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** A person with identity, narrative and what choosing needs: what most referrals are. */
const SAMPLE = 2;

/** The service that performers of the bench offer. */
export const SERVICE_TYPE = "LEG";

/** Makes the requests of a plan. */
export function requestsOf({ run, senders, performers, today }: Plan): (n: number, now: number) => Signed {
  const file = new URL("../../demonstration/referrals.json", import.meta.url);
  const { data } = (JSON.parse(readFileSync(file, "utf8")) as { data: Record<string, object> }[])[SAMPLE]!;
  const consent = { ...data.consent, givenOn: today };
  const keys = senders.map(({ secret }) => ({ scheme: "v1" as const, secret: decodeSecret(secret)! }));
  return (n, now) => {
    const { id: institution } = senders[n % senders.length]!;
    const webhookId = `${run}-${n}`;
    const event = {
      specversion: "1.0",
      id: webhookId,
      source: `/${institution}`,
      type: "ruta.referral.request",
      time: new Date(now).toISOString(),
      data: {
        ...data,
        serviceType: SERVICE_TYPE,
        number: webhookId,
        performer: performers[n % performers.length],
        consent,
      },
    };
    const body = Buffer.from(JSON.stringify(event));
    const message = { id: webhookId, timestampS: Math.floor(now / 1000), body };
    const signature = webhookHeaders({ ...message, key: keys[n % keys.length]! });
    const headers = { "content-type": "application/cloudevents+json", ...signature };
    return { institution, webhookId, path: `/v1/in/${institution}`, headers, body };
  };
}
