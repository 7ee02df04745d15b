// Asks an endpoint for its proof: one signed challenge with fresh random text.
import { randomBytes } from "node:crypto";
import { randomId } from "@ruta/events";
import type { Endpoint } from "@ruta/events";
import { challengeMessage } from "./challenge.ts";
import type { Tried } from "./results.ts";
import type { Sender } from "./send.ts";

/** Sends a challenge; the outcome is a success when it came back. Never throws. */
export function prove(sender: Sender, endpoint: Endpoint, signal: AbortSignal, at: number): Promise<Tried> {
  const challenge = randomBytes(32).toString("base64url");
  const { institution } = endpoint;
  return sender.send(endpoint, challengeMessage({ id: randomId(), institution, challenge, at }), signal);
}
