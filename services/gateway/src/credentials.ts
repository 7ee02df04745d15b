// Who asks: the keys by which an institution signs, and the bearer tokens by which it reads.
import { createHash, timingSafeEqual } from "node:crypto";
import { SignatureScheme, isValid } from "@ruta/events";
import type { Directory, InstitutionKey } from "@ruta/events";
import type { WebhookKey } from "@ruta/proof";
import type { Seal } from "@ruta/seal";

/** What unwraps the shared secrets of v1 keys. */
export type Unwrap = Pick<Seal, "unwrap">["unwrap"];

/** The keys by which an institution may sign at `now` (milliseconds). Unwrapped secrets are kept per entry of the directory. */
export function createWebhookKeys(
  unwrap: Unwrap,
): (directory: Directory, institution: string, now: number) => WebhookKey[] {
  const secrets = new WeakMap<InstitutionKey, WebhookKey>();
  const keyOf = (key: InstitutionKey): WebhookKey => {
    const known = secrets.get(key);
    if (known) return known;
    const made: WebhookKey =
      key.scheme === SignatureScheme.V1
        ? { scheme: "v1", secret: unwrap(key.wrappedSecret, `institution-key:${key.id}`) }
        : { scheme: "v1a", publicKey: key.publicKey };
    secrets.set(key, made);
    return made;
  };
  return (directory, institution, now) =>
    directory.institution(institution, now) ? directory.keysOf(institution, now).map(keyOf) : [];
}

/** Who reads: the institution and the token by which it does. */
export interface Reader {
  readonly institution: string;
  readonly tokenId: string;
}

/** The reader of an Authorization header at `now` (milliseconds); undefined when the token opens nothing. */
export function readerOf(directory: Directory, authorization: string | undefined, now: number): Reader | undefined {
  const token = /^Bearer ([A-Za-z0-9_-]{16,200})$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) return undefined;
  const sha256 = createHash("sha256").update(token).digest();
  const found = directory
    .all("accessToken")
    .find((entry) => entry.sha256.length === sha256.length && timingSafeEqual(entry.sha256, sha256));
  if (!found || !isValid(found.validity, now) || !directory.institution(found.institution, now)) return undefined;
  return { institution: found.institution, tokenId: found.id };
}
