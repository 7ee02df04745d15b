// Compares a request with the claim that stands under its webhook-id or number: the same again gets the first answer again.
import { createHash } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { SectionSchema } from "@ruta/events";
import { saltedSha256 } from "@ruta/proof";
import type { Seal } from "@ruta/seal";
import type { ActInput } from "./acts.ts";
import type { Claim, ClaimKey } from "./claims.ts";
import type { Refusal } from "./errors.ts";
import type { Answer } from "./prepare.ts";
import type { Asked } from "./take.ts";

/**
 * What the sealed part of a claim remembers: the first answer, and a digest of what was asked. A digest of low-entropy content can be
 * searched for even when it is one-way, so nothing derived from a body stands in clear: digests and salt lie under the key of the case,
 * which dies with the first erased subject. After an erasure a repeat cannot be compared, and is told that the claim is erased.
 */
export interface Remembered {
  /** Its receipt holds the salt and SHA-256(salt ‖ body). */
  readonly answer: Answer;
  /** Hex of SHA-256(salt ‖ canonical act and data): equal for a re-sent request whose envelope differs. */
  readonly meaning: string;
}

/** The digest of what an act says, whatever its envelope and the order of its names. */
export function meaningOf(salt: Uint8Array, input: ActInput): string {
  return createHash("sha256").update(salt).update(canonical(input)).digest("hex");
}

/** JSON with the names of every object in order, so that two writings of one meaning are equal. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** The keys under which a claim of this request may stand. */
export function keyOf({ institution, webhookId, envelope: { input } }: Asked): ClaimKey {
  return { institution, webhookId, number: numberOf(input) };
}

/** The sender's own number that an act claims. A rehearsal claims none: it stays free for the real referral. */
export function numberOf({ act, data }: ActInput): string | undefined {
  return act === "request" && data.rehearsal === undefined ? data.number : undefined;
}

/** The claim under a key: by webhook-id first, then by the sender's own number. */
export function claimUnder(key: ClaimKey, claims: readonly Claim[]): Claim | undefined {
  const own = claims.filter((claim) => claim.institution === key.institution);
  return (
    own.find((claim) => claim.webhookId === key.webhookId) ??
    (key.number === undefined ? undefined : own.find((claim) => claim.number === key.number))
  );
}

/** Answers each request from the claim found for it. */
export async function answerFrom(
  seal: Pick<Seal, "openSections">,
  found: readonly { readonly asked: Asked; readonly claim: Claim }[],
): Promise<(Answer | Refusal)[]> {
  const opened = await seal.openSections(found.map(({ claim }) => fromBinary(SectionSchema, claim.sealed)));
  return found.map(({ asked, claim }, index) => {
    const bytes = opened[index];
    if (!bytes) return { code: "claim-erased" };
    return compare(asked, claim, JSON.parse(Buffer.from(bytes).toString("utf8")) as Remembered);
  });
}

function compare(asked: Asked, claim: Claim, { answer, meaning }: Remembered): Answer | Refusal {
  const salt = Buffer.from(answer.receipt.salt, "base64");
  if (claim.webhookId === asked.webhookId)
    return saltedSha256(salt, asked.body) === answer.receipt.bodySha256
      ? answer
      : { code: "webhook-id-reused", field: "webhook-id" };
  // Another webhook-id under the same number: senders that queue re-send so.
  return meaningOf(salt, asked.envelope.input) === meaning ? answer : { code: "number-reused", field: "data.number" };
}
