// Keys that change over: a new one is made, and what it takes the place of counts beside it for a while, so that nobody is refused.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { SignatureScheme, ValiditySchema, isValid } from "@ruta/events";
import type { Directory, Endpoint, InstitutionKey } from "@ruta/events";
import { decodeSecret, newSecret } from "@ruta/proof";
import type { Seal } from "@ruta/seal";
import type { Made } from "./credentials.ts";
import { endpointId, entryOf } from "./form.ts";
import type { Entry } from "./form.ts";
import { fromMs } from "./periods.ts";
import { Problem } from "@ruta/kit/written";
import type { Rules } from "./rules.ts";
import { validateEntries } from "./validate.ts";
import { labelOf } from "./whole.ts";

/** Most keys of an institution that count at once, the new one included. */
const MOST_LIVE = 3;

const AT = { file: "request", line: 0 };

/** Changes credentials over; `overlapMs` is how long the old ones count beside the new one, 0 ends them at once. */
export interface Rotation {
  /** `fresh` is the new key as it would be made alone; every other key of the institution ends after the overlap. */
  key(fresh: Made, institution: string, overlapMs: number): Made;
  /** A new shared secret by which the hub signs to an endpoint; both sign during the overlap. */
  endpoint(institution: string, overlapMs: number): Made;
}

/** Makes them; secrets are wrapped by the seal before they become part of an entry. */
export function createRotation(seal: Pick<Seal, "wrap">, rules: Rules): Rotation {
  return {
    key: ({ prepare, shown }, institution, overlapMs) => ({
      shown,
      prepare(current, now) {
        const live = current.keysOf(institution, now);
        if (live.length === 0) return { ok: false, code: "unknown-entry" };
        const made = prepare(current, now);
        if (!made.ok) return made;
        if ("secret" in shown && live.every(({ scheme }) => scheme === SignatureScheme.V1A))
          return wantsPublicKey(shown.id);
        if (overlapMs > 0 && live.length >= MOST_LIVE) return { ok: false, code: "too-many-keys" };
        const ended = live.map((key) => entryOf("institutionKey", endedBy(key, now + overlapMs)));
        const entries = [...made.entries, ...ended];
        return validateEntries(
          entries.map((entry: Entry) => ({ entry, at: AT })),
          current,
          rules,
        );
      },
    }),

    endpoint(institution, overlapMs) {
      const id = endpointId(institution);
      const secret = newSecret();
      const wrapped = seal.wrap(decodeSecret(secret)!, `endpoint:${id}`);
      return {
        shown: { id, secret },
        prepare(current: Directory, now) {
          const standing = current.get("endpoint", id);
          if (!standing || !isValid(standing.validity, now)) return { ok: false, code: "unknown-entry" };
          if (standing.scheme !== SignatureScheme.V1) return sharesNone(id);
          const { previousUntil } = standing;
          if (overlapMs > 0 && previousUntil && timestampMs(previousUntil) > now)
            return { ok: false, code: "still-changing-over" };
          const entry = entryOf("endpoint", changedOver(standing, wrapped, now + overlapMs, overlapMs > 0));
          return validateEntries([{ entry, at: AT }], current, rules);
        },
      };
    },
  };
}

function changedOver(standing: Endpoint, wrappedSecret: Uint8Array, untilMs: number, overlaps: boolean): Endpoint {
  return {
    ...standing,
    wrappedSecret,
    previousWrappedSecret: overlaps ? standing.wrappedSecret : new Uint8Array(),
    previousUntil: overlaps ? timestampFromMs(untilMs) : undefined,
  };
}

/** A key that ends no later than `untilMs`; one that ends sooner anyway stays as it is. */
function endedBy(key: InstitutionKey, untilMs: number): InstitutionKey {
  const { from, until } = key.validity ?? {};
  if (until && timestampMs(until) <= untilMs) return key;
  // A period is never empty: made and ended in the same millisecond, it counted for one.
  const end = timestampFromMs(Math.max(untilMs, fromMs(key.validity) + 1));
  const validity = create(ValiditySchema, { ...(from && { from }), until: end });
  return { ...key, validity };
}

type Refused = { readonly ok: false; readonly problems: readonly Problem[] };

/** Whoever signs by a key of their own has evidence that nobody else can make; a shared secret in its place would lose that. */
function wantsPublicKey(id: string | undefined): Refused {
  const label = labelOf("institutionKey", id ?? "");
  const message = "is missing, and the institution signs by keys of its own";
  return { ok: false, problems: [new Problem(AT, label, "publicKey", message, "give the public key of its new pair")] };
}

function sharesNone(id: string): Refused {
  const message = "is v1a: what is sent there is signed by the hub's own key";
  const remedy = "nothing is shared with it that could be changed over";
  return { ok: false, problems: [new Problem(AT, labelOf("endpoint", id), "scheme", message, remedy)] };
}
