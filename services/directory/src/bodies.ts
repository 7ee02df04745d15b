// The bodies of the administrative routes, as zod schemas.
import { z } from "zod";
import type { WrittenEntry } from "./files.ts";
import { SECTIONS } from "./schema.ts";

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "takes lower-case letters, digits and hyphens, at most 64");
/** Why a change is made, in the words of who makes it. */
export const reason = z.string("is required: say why").trim().min(1, "is required: say why").max(500);
const kinds = Object.values(SECTIONS) as [WrittenEntry["kind"], ...WrittenEntry["kind"][]];

/** Kinds of entries that can be listed by name. */
export const listed = z.enum([...kinds, "staff"]);

const entry = z.strictObject({
  kind: z.enum(kinds),
  value: z.unknown(),
  at: z
    .strictObject({
      file: z.string().max(500),
      line: z.int().min(0),
      fields: z.record(z.string(), z.int().min(0)).optional(),
    })
    .optional(),
});

/** POST apply: entries in the form in which a folder is read; `at` only makes the problems easier to find. */
export const apply = z.strictObject({
  entries: z.array(entry).min(1, "takes at least one entry").max(50_000),
  reason,
  dryRun: z.boolean().optional(),
});

/** An entry of an apply with a place to name in problems. */
export function located({ kind, value, at }: z.infer<typeof entry>, index: number): WrittenEntry {
  const { file = `entries[${index}]`, line = 0, fields } = at ?? {};
  return { kind, value, at: { file, line, ...(fields && { fields }) } };
}

/** POST keys: with a public key it is v1a; without, a v1 secret is made. */
export const key = z.strictObject({ institution: id, publicKey: z.string().max(200).optional(), reason });

/** POST tokens. */
export const token = z.strictObject({ institution: id, label: z.string().trim().max(80).default(""), reason });

/** POST endpoints. Only a webhook has a URL and a scheme; the rules of the directory say so. */
export const endpoint = z.strictObject({
  institution: id,
  mode: z.enum(["webhook", "inbox"], "takes webhook or inbox").default("webhook"),
  url: z.string().max(2000).default(""),
  scheme: z.enum(["v1", "v1a"], "takes v1 or v1a").optional(),
  ratePerSecond: z.int().min(0).max(1000).default(0),
  format: z.enum(["cloudevents", "fhir"], "takes cloudevents or fhir").default("cloudevents"),
  reason,
});

/** Longest time for which an old key counts beside a new one, in hours. */
const OVERLAP_MOST_H = 7 * 24;
const overlapHours = z
  .number("takes a number of hours, 0 to 168")
  .min(0, "takes a number of hours, 0 to 168")
  .max(OVERLAP_MOST_H, "takes a number of hours, 0 to 168")
  .default(24);

/** POST keys/rotate: with a public key it is v1a; without, a v1 secret is made. */
export const rotateKey = key.extend({ overlapHours });

/** POST endpoints/rotate. */
export const rotateEndpoint = z.strictObject({ institution: id, overlapHours, reason });

/** POST staff. `bootstrap` names the first revision and is nobody's id. */
export const staff = z.strictObject({
  id: id.refine((value) => value !== "bootstrap", "is reserved"),
  publicKey: z.string().max(200),
  roles: z
    .array(
      z.enum(["administrator", "operator", "auditor", "recovery"], "takes administrator, operator, auditor, recovery"),
    )
    .min(1, "takes at least one role")
    .max(4),
  reason,
});

/** POST keys/:id/revoke, tokens/:id/revoke and staff/:id/revoke. */
export const revoke = z.strictObject({ institution: id.optional(), reason });
