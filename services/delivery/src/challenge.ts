// The proof of an endpoint: before anything of a case is sent there, it answers a signed challenge with the same challenge. Pure.
import type { Message } from "./send.ts";

/** The type of the event that asks for the proof. */
const CHALLENGE = "ruta.endpoint.challenge";

/** What a challenge is made of: its id, the random text to answer with, and when (milliseconds). */
export interface ChallengeInput {
  readonly id: string;
  readonly institution: string;
  readonly challenge: string;
  readonly at: number;
}

/** The message to send; its answer is `{"challenge": "<the same>"}`, and may say more. */
export function challengeMessage({ id, institution, challenge, at }: ChallengeInput): Message {
  const event = {
    specversion: "1.0",
    id,
    source: "/ruta",
    type: CHALLENGE,
    subject: institution,
    time: new Date(at).toISOString(),
    datacontenttype: "application/json",
    data: { challenge },
  };
  return {
    id,
    body: Buffer.from(JSON.stringify(event)),
    attempt: 1,
    accepts: (answer) => echoOf(answer) === challenge,
  };
}

function echoOf(answer: Uint8Array): unknown {
  try {
    const said: unknown = JSON.parse(Buffer.from(answer).toString("utf8"));
    return typeof said === "object" && said !== null && "challenge" in said ? said.challenge : undefined;
  } catch {
    return undefined;
  }
}
