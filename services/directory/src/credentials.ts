// Keys, tokens, endpoints and staff as entries: made with fresh secrets that are shown once, and ended by revocation.
import { createHash, randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AccessTokenSchema,
  DeliveryMode,
  EndpointSchema,
  PayloadFormat,
  InstitutionKeySchema,
  SignatureScheme,
  StaffRole,
  StaffSchema,
  ValiditySchema,
  isValid,
  randomId,
} from "@ruta/events";
import type { Directory } from "@ruta/events";
import { decodePublicKey, decodeSecret, newSecret } from "@ruta/proof";
import type { Seal } from "@ruta/seal";
import type { Request } from "./apply.ts";
import { endpointId, entryOf } from "./form.ts";
import type { Entry } from "./form.ts";
import { fromMs } from "./periods.ts";
import { Problem } from "@ruta/kit/written";
import type { Rules } from "./rules.ts";
import { validateEntries } from "./validate.ts";
import { labelOf } from "./whole.ts";

/** What an act prepares, with what its answer shows besides the revision: the id, and the secret this once. */
export interface Made {
  readonly prepare: Request["prepare"];
  readonly shown: Readonly<Record<string, string>>;
}

/** Kinds of entries that revocation ends. */
export type Revocable = "institutionKey" | "accessToken" | "staff";

/** How an institution will receive; the rules of the directory say what must be given. */
export interface NewEndpoint {
  readonly institution: string;
  readonly mode: "webhook" | "inbox";
  readonly url: string;
  readonly scheme?: "v1" | "v1a" | undefined;
  readonly ratePerSecond: number;
  readonly format: "cloudevents" | "fhir";
}

const SCHEMES = { v1: SignatureScheme.V1, v1a: SignatureScheme.V1A, none: SignatureScheme.UNSPECIFIED } as const;

/** Makes credentials; secrets are wrapped by the seal before they become part of an entry. */
export function createCredentials(seal: Pick<Seal, "wrap">, rules: Rules) {
  const prepared =
    (make: (now: number) => Entry): Request["prepare"] =>
    (current, now) =>
      validateEntries([{ entry: make(now), at: { file: "request", line: 0 } }], current, rules);
  const freshSecret = (context: string) => {
    const secret = newSecret();
    return { secret, wrapped: seal.wrap(decodeSecret(secret)!, context) };
  };
  const fromNow = (now: number) => create(ValiditySchema, { from: timestampFromMs(now) });

  return {
    /** A key by which an institution signs: its own public key (v1a), or else a shared secret made here (v1). */
    key(institution: string, publicKey: string | undefined): Made {
      const id = randomId();
      const fresh = publicKey === undefined ? freshSecret(`institution-key:${id}`) : undefined;
      const own = publicKey === undefined ? undefined : decodePublicKey(publicKey);
      if (!fresh && !own) return { prepare: () => notAKey(labelOf("institutionKey", id)), shown: {} };
      const fields = {
        id,
        institution,
        scheme: fresh ? SignatureScheme.V1 : SignatureScheme.V1A,
        ...(fresh && { wrappedSecret: fresh.wrapped }),
        ...(own && { publicKey: own }),
      };
      return {
        prepare: prepared((now) =>
          entryOf("institutionKey", create(InstitutionKeySchema, { ...fields, validity: fromNow(now) })),
        ),
        shown: { id, ...(fresh && { secret: fresh.secret }) },
      };
    },

    /** A bearer token: 32 random bytes, of which only the SHA-256 is kept. */
    token(institution: string, label: string): Made {
      const id = randomId();
      const token = `rt_${randomBytes(32).toString("base64url")}`;
      const sha256 = createHash("sha256").update(token).digest();
      return {
        prepare: prepared((now) =>
          entryOf("accessToken", create(AccessTokenSchema, { id, institution, sha256, label, validity: fromNow(now) })),
        ),
        shown: { id, token },
      };
    },

    /** An institution's one endpoint; v1 gets a new shared secret each time it is registered. */
    endpoint({ institution, mode, url, scheme, ratePerSecond, format }: NewEndpoint): Made {
      const id = endpointId(institution);
      const fresh = scheme === "v1" ? freshSecret(`endpoint:${id}`) : undefined;
      const endpoint = create(EndpointSchema, {
        id,
        institution,
        url,
        ratePerSecond,
        mode: mode === "inbox" ? DeliveryMode.INBOX : DeliveryMode.WEBHOOK,
        scheme: SCHEMES[scheme ?? "none"],
        format: format === "fhir" ? PayloadFormat.FHIR : PayloadFormat.CLOUDEVENTS,
        ...(fresh && { wrappedSecret: fresh.wrapped }),
      });
      return {
        prepare: prepared(() => entryOf("endpoint", endpoint)),
        shown: { id, ...(fresh && { secret: fresh.secret }) },
      };
    },

    /** A member of staff, new or changed. */
    staff(
      id: string,
      publicKey: string,
      roles: readonly ("administrator" | "operator" | "auditor" | "recovery")[],
    ): Made {
      const key = decodePublicKey(publicKey);
      if (!key) return { prepare: () => notAKey(labelOf("staff", id)), shown: {} };
      const words = roles.map((role) => StaffRole[role.toUpperCase() as keyof typeof StaffRole]);
      return {
        prepare: prepared(() => entryOf("staff", create(StaffSchema, { id, publicKey: key, roles: words }))),
        shown: { id },
      };
    },
  };
}

/** Ends a credential now. One that has ended already stays as it is; one of another institution is unknown. */
export function revocation(kind: Revocable, id: string, institution: string | undefined): Request["prepare"] {
  return (current: Directory, now: number) => {
    const standing = current.get(kind, id);
    const owner = standing && "institution" in standing ? standing.institution : undefined;
    if (!standing || (institution !== undefined && owner !== institution)) return { ok: false, code: "unknown-entry" };
    const entry = { case: kind, value: standing } as Entry;
    if (!isValid(standing.validity, now)) return { ok: true, entries: [entry] };
    // Made and revoked in the same millisecond, it still counted for one: a period is never empty.
    const until = timestampFromMs(Math.max(now, fromMs(standing.validity) + 1));
    const validity = create(ValiditySchema, {
      ...(standing.validity?.from && { from: standing.validity.from }),
      until,
    });
    return { ok: true, entries: [{ case: kind, value: { ...standing, validity } } as Entry] };
  };
}

function notAKey(entry: string): { ok: false; problems: readonly Problem[] } {
  const at = { file: "request", line: 0 };
  return {
    ok: false,
    problems: [
      new Problem(at, entry, "publicKey", "is not an Ed25519 public key", "give the public key as whpk_ and base64"),
    ],
  };
}
