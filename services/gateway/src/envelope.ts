// The CloudEvents envelope around each act: checks a parsed body field by field and says the first thing that is wrong.
import { z } from "zod";
import { DATA, instant } from "./acts.ts";
import type { ActInput } from "./acts.ts";
import { looksLikeIdentityNumber } from "./cedula.ts";
import { TYPE_PREFIX } from "./codes.ts";
import { ACTS } from "@ruta/events";
import type { Act } from "@ruta/events";
import type { ProblemCode, Refusal } from "./errors.ts";

const FUTURE_MS = 300_000; // as much as the signature's timestamp may be ahead
const QUITO = new Intl.DateTimeFormat("en-CA", { timeZone: "America/Guayaquil" }); // writes YYYY-MM-DD

const attributes = {
  specversion: z.literal("1.0"),
  id: z.string().min(1).max(256),
  source: z.string().min(1).max(256),
  subject: z.string().min(1).max(256).optional(),
  time: instant.optional(),
  datacontenttype: z.literal("application/json").optional(),
  dataschema: z.string().min(1).max(256).optional(),
  traceparent: z
    .string()
    .regex(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
    .optional(),
};

function envelopeOf<A extends Act>(act: A) {
  return z.strictObject({ ...attributes, type: z.literal(`${TYPE_PREFIX}${act}`), data: DATA[act] });
}

/** The envelope of each act. */
export const ENVELOPES = Object.fromEntries(ACTS.map((act) => [act, envelopeOf(act)])) as {
  readonly [A in Act]: ReturnType<typeof envelopeOf<A>>;
};

/** The body of `POST /v1/in/{institution}`, for the published description. */
export const envelopeSchema = z.union(ACTS.map((act) => ENVELOPES[act])).meta({ id: "Event" });

/** A checked envelope: the act with its data, and what the envelope adds. */
export interface Envelope {
  readonly input: ActInput;
  /** When the sender says that it happened, in milliseconds. */
  readonly occurredAt: number | undefined;
  readonly traceparent: string | undefined;
}

/** Checks a parsed body at `now` (milliseconds). The refusal names the field by its path and never holds a value. */
export function readEnvelope(body: unknown, now: number): Envelope | Refusal {
  const act = actOf(body);
  if (act === undefined) return { code: hasType(body) ? "unknown-act" : "missing-field", field: "type" };
  const parsed = ENVELOPES[act].safeParse(body);
  if (!parsed.success) return refusalOf(parsed.error, body);
  const { time, traceparent, data, subject } = parsed.data;
  const input = { act, data } as ActInput;
  const occurredAt = time === undefined ? undefined : Date.parse(time);
  if (occurredAt !== undefined && occurredAt > now + FUTURE_MS) return { code: "time-in-future", field: "time" };
  if (input.act !== "request" && subject !== undefined && subject !== input.data.referral)
    return { code: "invalid-field", field: "subject" };
  return consentRefusal(input, now) ?? clearFieldRefusal(input) ?? { input, occurredAt, traceparent };
}

/** True for a refusal, false for what was asked for. */
export function isRefusal(value: object): value is Refusal {
  return "code" in value;
}

function actOf(body: unknown): Act | undefined {
  const type = hasType(body) ? body.type : "";
  if (typeof type !== "string" || !type.startsWith(TYPE_PREFIX)) return undefined;
  return ACTS.find((act) => act === type.slice(TYPE_PREFIX.length));
}

function hasType(body: unknown): body is { type: unknown } {
  return typeof body === "object" && body !== null && Object.hasOwn(body, "type");
}

/** Codes of their own for fields whose absence says more than that a field is missing. */
const MISSING: Readonly<Record<string, ProblemCode>> = {
  "data.worker": "worker-required",
  "data.consent": "consent-required",
  "data.consent.basis": "consent-basis-required",
  "data.consent.givenOn": "consent-date-required",
  "data.consent.evidence": "consent-evidence-required",
};

/** What senders call a file that they put into an event; `data_base64` is the CloudEvents attribute of binary data. */
const ATTACHMENT = /^(attachments?|data_?base64|files?|binary|blobs?|photos?|images?|scans?)$/i;

/** The path of a field that would carry a file, wherever the schemas do not know it. */
function attachmentIn(issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[] = []): string | undefined {
  for (const issue of issues) {
    const path = [...above, ...issue.path];
    const name = issue.code === "unrecognized_keys" ? issue.keys.find((key) => ATTACHMENT.test(key)) : undefined;
    if (name !== undefined) return [...path, name].map(String).join(".");
    const inner = issue.code === "invalid_union" ? attachmentIn(issue.errors.flat(), path) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** What a failed check says, without any value of the body. */
export function refusalOf(error: z.ZodError, body: unknown): Refusal {
  const attachment = attachmentIn(error.issues);
  if (attachment !== undefined) return { code: "attachments-not-supported", field: attachment };
  const issue = deepest(error.issues);
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    const name = issue.keys[0] ?? "";
    // A name of plain letters helps to find a typing mistake; anything else might be content.
    return { code: "unknown-field", field: [...path, /^[A-Za-z]{1,40}$/.test(name) ? name : "?"].join(".") };
  }
  const field = path.join(".");
  return { code: isMissing(body, path) ? (MISSING[field] ?? "missing-field") : "invalid-field", field };
}

/** Of the branches of a union the one that came furthest into the value tells best what is wrong. */
function deepest(issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[] = []): z.core.$ZodIssue {
  const [first] = issues;
  if (first === undefined) throw new Error("a failed check has no issue");
  const at = { ...first, path: [...above, ...first.path] };
  if (at.code !== "invalid_union") return at;
  const branches = at.errors.filter((branch) => branch.length > 0).map((branch) => deepest(branch, at.path));
  return branches.reduce((best, next) => (next.path.length > best.path.length ? next : best), { ...at, errors: [] });
}

function isMissing(body: unknown, path: readonly string[]): boolean {
  let at: unknown = body;
  for (const name of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return true;
    at = (at as Record<string, unknown>)[name];
  }
  return false;
}

function consentRefusal({ act, data }: ActInput, now: number): Refusal | undefined {
  if (act !== "request" && act !== "redirect") return undefined;
  const { recipients, recipientClass, givenOn } = data.consent;
  if (recipients === undefined && recipientClass === undefined)
    return { code: "consent-recipients-required", field: "data.consent.recipients" };
  if (givenOn > QUITO.format(now)) return { code: "consent-date-in-future", field: "data.consent.givenOn" };
  return undefined;
}

/** Fields that stand in clear in records must not carry a document's number. */
function clearFieldRefusal({ data }: ActInput): Refusal | undefined {
  const clear: readonly (readonly [string, string | undefined])[] = [
    ["data.number", "number" in data ? data.number : undefined],
    ["data.worker", data.worker],
    ["data.consent.evidence", "consent" in data ? data.consent?.evidence : undefined],
  ];
  const found = clear.find(([, value]) => value !== undefined && looksLikeIdentityNumber(value));
  return found ? { code: "looks-like-identity", field: found[0] } : undefined;
}
