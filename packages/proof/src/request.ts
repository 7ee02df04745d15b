// Signed administrative requests: a staff key signs method, path and body, so that an act can be laid to a person's key.
import { createHash } from "node:crypto";
import { sign, verify } from "./ed25519.ts";
import { timeRefusal } from "./webhook.ts";

/** A request to sign. `path` holds the query too; `now` is in milliseconds. */
export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Uint8Array;
  readonly staff: string;
  readonly now: number;
  /** Random id of the request. */
  readonly id: string;
}

/** The headers of a signed request, as they came. */
export interface AdminHeaders {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

/** What verifying found; signature and hash are the evidence that the act's record keeps. */
export type AdminVerdict =
  | { readonly ok: true; readonly signature: Uint8Array; readonly bodySha256: Uint8Array }
  | { readonly ok: false; readonly reason: "missing" | "malformed" | "too-old" | "too-new" | "mismatch" };

function signedBytes(id: string, timestampS: number, method: string, path: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${id}.${timestampS}.${method.toUpperCase()} ${path}\n`, "utf8"), body]);
}

/** The headers that sign a request: webhook-id, webhook-timestamp, webhook-signature (v1a) and ruta-staff. */
export function signRequest(request: AdminRequest, seed: Uint8Array): Record<string, string> {
  const timestampS = Math.floor(request.now / 1000);
  const signature = sign(seed, signedBytes(request.id, timestampS, request.method, request.path, request.body));
  return {
    "webhook-id": request.id,
    "webhook-timestamp": String(timestampS),
    "webhook-signature": `v1a,${Buffer.from(signature).toString("base64")}`,
    "ruta-staff": request.staff,
  };
}

/** Verifies a signed request by the staff member's public key at `now` (milliseconds); never throws. */
export function verifyRequest(
  request: { readonly method: string; readonly path: string; readonly body: Uint8Array; readonly now: number },
  headers: AdminHeaders,
  publicKey: Uint8Array,
): AdminVerdict {
  const { id, timestamp, signature } = headers;
  if (!id || !timestamp || !signature) return { ok: false, reason: "missing" };
  const match = /^v1a,([A-Za-z0-9+/]{85}[AQgw]==)$/.exec(signature);
  if (!match?.[1] || id.length > 256) return { ok: false, reason: "malformed" };
  // Else the end of one part could pass for the beginning of the next; HTTP allows neither.
  if (!/^[A-Za-z-]+$/.test(request.method) || /\s/.test(request.path)) return { ok: false, reason: "malformed" };
  const untimely = timeRefusal(timestamp, request.now);
  if (untimely) return { ok: false, reason: untimely };
  const bytes = Buffer.from(match[1], "base64");
  if (!verify(publicKey, signedBytes(id, Number(timestamp), request.method, request.path, request.body), bytes))
    return { ok: false, reason: "mismatch" };
  return { ok: true, signature: new Uint8Array(bytes), bodySha256: createHash("sha256").update(request.body).digest() };
}
