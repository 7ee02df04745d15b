// The hub's public keys as the door shows them.
import { encodePublicKey, toJwk } from "@ruta/proof";

/** A public key of the hub. Times are milliseconds since the epoch. */
export interface PublishedKey {
  readonly publicKey: Uint8Array;
  readonly since: number;
  /** When it was retired; undefined while it is in force. */
  readonly until: number | undefined;
}

/** A key of the JWKS, with its `whpk_` text and its time. */
export function jwkOf({ publicKey, since, until }: PublishedKey): Record<string, string> {
  return {
    ...toJwk(publicKey),
    whpk: encodePublicKey(publicKey),
    since: new Date(since).toISOString(),
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
  };
}
