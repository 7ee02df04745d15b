// By which of its keys the hub signs what, while they change over and after; and which of them it publishes.
import type { PublishedKey } from "@ruta/gateway";
import { fingerprint, publicKeyOf } from "@ruta/proof";
import type { Seal } from "@ruta/seal";
import type { HubKeys } from "./keys.ts";

/** Ed25519 seeds by what they sign. */
export interface Signers {
  /** The one of receipts. */
  readonly receipts: Uint8Array;
  /** Those of deliveries: each of them signs each. */
  readonly deliveries: readonly [Uint8Array, ...Uint8Array[]];
}

/**
 * Tells the keyring by which keys this process signs. Both sign deliveries while they change over, so that a receiver verifies by
 * whichever it has; a receipt has one signature, which stays the former's until everyone has been told the new one. Throws WrongKey.
 */
export async function admitSigners(seal: Pick<Seal, "admitSigning">, keys: HubKeys): Promise<Signers> {
  const publicOf = (seed: Uint8Array) => ({
    fingerprint: fingerprint(publicKeyOf(seed)),
    publicKey: publicKeyOf(seed),
  });
  const { signingSeed: current, previousSigningSeed: previous } = keys;
  const inForce = await seal.admitSigning({
    current: publicOf(current),
    previous: previous && publicOf(previous),
  });
  const overlaps = previous !== undefined && inForce.length > 1;
  return { receipts: overlaps ? previous : current, deliveries: overlaps ? [current, previous] : [current] };
}

/** How long a list of keys is answered again before the keyring is asked, in ms. */
const FRESH_MS = 1_000;

/** What the door publishes: every signing key that the hub has or had. While the keyring is away, the last that was known. */
export function publishedKeys(seal: Pick<Seal, "hubKeys">, now: () => number): () => Promise<readonly PublishedKey[]> {
  let known: { readonly keys: readonly PublishedKey[]; readonly at: number } | undefined;
  return async () => {
    if (known && now() < known.at + FRESH_MS) return known.keys;
    try {
      const keys = (await seal.hubKeys()).flatMap(({ publicKey, madeAt, retiredAt }) =>
        publicKey ? [{ publicKey, since: madeAt, until: retiredAt }] : [],
      );
      known = { keys, at: now() };
    } catch (error) {
      if (!known) throw error;
    }
    return known.keys;
  };
}
