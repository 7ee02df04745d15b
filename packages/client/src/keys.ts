// Keys as they are handed out (whsec_, whsk_, whpk_), read once at the start: a wrong one stops it with a word on what it takes.
import { decodePublicKey, decodeSecret, decodeSecretKey } from "@ruta/proof";
import type { SigningKey, WebhookKey } from "@ruta/proof";

/** The key to sign with: a shared secret `whsec_…` (v1) or an Ed25519 key `whsk_…` (v1a). Throws on anything else. */
export function signingKey(text: string): SigningKey {
  const seed = decodeSecretKey(text.trim());
  if (seed) return { scheme: "v1a", seed };
  const secret = decodeSecret(text.trim());
  if (secret) return { scheme: "v1", secret };
  // The text may be a secret with one letter wrong: it is not repeated.
  throw new TypeError("a signing key is whsec_… (shared secret) or whsk_… (Ed25519), in whole and in base64");
}

/** A key to verify with: a shared secret `whsec_…` (v1) or a public key `whpk_…` (v1a). Throws on anything else. */
export function verifyingKey(text: string): WebhookKey {
  const publicKey = decodePublicKey(text.trim());
  if (publicKey) return { scheme: "v1a", publicKey };
  const secret = decodeSecret(text.trim());
  if (secret) return { scheme: "v1", secret };
  throw new TypeError("a key to verify with is whsec_… (shared secret) or whpk_… (the hub's public key)");
}

/** The hub's public keys of `whpk_…` texts, as receipts are verified by them. Throws on anything else. */
export function publicKeys(texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => {
    const key = decodePublicKey(text.trim());
    if (!key) throw new TypeError("a public key of the hub is whpk_…, as GET /v1/keys shows it");
    return key;
  });
}

/** An address of the hub: https, or http on this machine. A token over plain http is everybody's. Throws on others. */
export function hubUrl(text: string): URL {
  const url = new URL(text);
  const here = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && here))
    throw new TypeError(`the hub's address has to be https (http only on this machine): ${url.origin}`);
  return url;
}
