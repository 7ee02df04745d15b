// Every refusal of the door: its code, HTTP status, title, and what the sender can do. docs/errors.md is held equal to this list.

/** One kind of refusal as it is published. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
}

const FORM = "Correct the body and send it under a new webhook-id.";

/** Refusals by code. A code never changes its meaning; titles and remedies may be reworded. */
export const PROBLEMS = {
  "invalid-signature": {
    status: 401,
    title: "The request is not signed by a key of this institution",
    remedy:
      "Sign id.timestamp.body with a live key of the institution in the path, over the bytes you send, with a clock right to 300 s.",
  },
  "invalid-token": {
    status: 401,
    title: "The bearer token opens nothing",
    remedy: "Send Authorization: Bearer with a live token of your institution.",
  },
  "body-not-utf8": { status: 400, title: "The body is not well-formed UTF-8", remedy: FORM },
  "body-not-json": { status: 400, title: "The body is not JSON", remedy: FORM },
  "body-duplicate-name": { status: 400, title: "An object in the body has the same name twice", remedy: FORM },
  "body-forbidden-name": { status: 400, title: "The body uses a name that no object may have", remedy: FORM },
  "body-forbidden-character": { status: 400, title: "A text of the body holds the character 0", remedy: FORM },
  "body-too-deep": { status: 400, title: "The body is nested deeper than 16 (FHIR: 32)", remedy: FORM },
  "unknown-act": {
    status: 400,
    title: "The type names no act of a referral",
    remedy: "Use ruta.referral. and one of the acts that /openapi.json lists.",
  },
  "unknown-field": { status: 400, title: "The body has a field that the door does not know", remedy: FORM },
  "attachments-not-supported": {
    status: 422,
    title: "Files cannot be sent with a referral",
    remedy: "Leave the attachment out: say in a note that there is one, and hand it over by the channel you use today.",
  },
  "missing-field": { status: 400, title: "The body lacks a field", remedy: FORM },
  "invalid-field": {
    status: 400,
    title: "A field has a value of the wrong form",
    remedy: "Compare the field with /openapi.json, correct it and send it under a new webhook-id.",
  },
  "invalid-query": {
    status: 400,
    title: "The query is not understood",
    remedy: "Use the documented filters, and a cursor only as a page returned it.",
  },
  "invalid-cursor": {
    status: 400,
    title: "The cursor is none that this inbox answered",
    remedy: "Use a cursor as your own inbox answered it; leave after out to start behind what you last acknowledged.",
  },
  "looks-like-identity": {
    status: 422,
    title: "A field that stands in clear holds what looks like an identity number",
    remedy:
      "Use a number that names the file, not the person; documents belong in person.identity, where they are sealed.",
  },
  "time-in-future": {
    status: 422,
    title: "The event claims to have happened in the future",
    remedy: "Set the sender's clock, or leave time out.",
  },
  "worker-required": {
    status: 422,
    title: "An answer must name the worker who gives it",
    remedy: "Send data.worker: your own opaque reference of the worker, never a name.",
  },
  "consent-required": {
    status: 422,
    title: "The basis of the disclosure is missing",
    remedy: "Send data.consent with basis, recipients or recipientClass, givenOn and evidence.",
  },
  "consent-basis-required": {
    status: 422,
    title: "The consent names no basis",
    remedy: "Send consent.basis: E explicit, A assent, O duty to report, V vital interest, N no personal data.",
  },
  "consent-recipients-required": {
    status: 422,
    title: "The consent covers no recipient",
    remedy: "Send consent.recipients, consent.recipientClass, or both.",
  },
  "consent-date-required": {
    status: 422,
    title: "The consent has no date",
    remedy: "Send consent.givenOn as YYYY-MM-DD in America/Guayaquil.",
  },
  "consent-date-in-future": {
    status: 422,
    title: "The consent is dated in the future",
    remedy: "Send the date on which it was given, in America/Guayaquil.",
  },
  "consent-evidence-required": {
    status: 422,
    title: "The consent refers to no evidence",
    remedy: "Send consent.evidence: your reference of the form, recording or legal duty, never the evidence itself.",
  },
  "unknown-service-type": {
    status: 422,
    title: "The directory has no such service type",
    remedy: "Choose a code of GET /v1/directory/terms.",
  },
  "unknown-reason-code": {
    status: 422,
    title: "The directory has no such need",
    remedy: "Choose a code of GET /v1/directory/terms.",
  },
  "unknown-institution": {
    status: 422,
    title: "The directory has no such institution",
    remedy: "Choose an id of GET /v1/directory/institutions.",
  },
  "unknown-service": {
    status: 422,
    title: "The institution gives no such service",
    remedy: "Choose a service of the performer from GET /v1/directory/services, or leave it out.",
  },
  "unknown-roadmap": {
    status: 422,
    title: "There is no such roadmap that a case can begin with now",
    remedy: "Choose a roadmap of GET /v1/directory/roadmaps, or leave roadmap and stage out.",
  },
  "unknown-stage": {
    status: 422,
    title: "The roadmap has no such stage",
    remedy: "Choose a stage of the roadmap from GET /v1/directory/roadmaps, or leave it out.",
  },
  "unknown-territory": {
    status: 422,
    title: "The directory has no such territory",
    remedy: "Use a territory of GET /v1/directory/terms, or say that it is absent.",
  },
  "person-not-found": {
    status: 404,
    title: "No person of this id is known from your receipts or cases",
    remedy: "Use an id that a receipt of yours returned, or leave the id out for a new person.",
  },
  "referral-not-found": {
    status: 404,
    title: "There is no such referral for your institution",
    remedy: "Use the id as the receipt or the webhook gave it.",
  },
  "not-possible-now": {
    status: 409,
    title: "The referral does not take this act from your institution as it stands",
    remedy: "Make one of the acts in `may`, or read the referral to see what is expected of whom.",
  },
  "too-many-requests": {
    status: 429,
    title: "Your institution asks more often than it may",
    remedy: "Send the same request again, under the same webhook-id, after Retry-After.",
  },
  "fhir-not-taken": {
    status: 400,
    title: "The body is no FHIR resource that the door takes",
    remedy: "Send a Bundle of type transaction, message or collection, or one Task with what it contains.",
  },
  "fhir-invalid-element": {
    status: 400,
    title: "An element is missing or has a value that FHIR R4 does not allow there",
    remedy: "Correct the element and send the body under a new webhook-id.",
  },
  "fhir-unknown-code": {
    status: 422,
    title: "An element has no code that the door understands",
    remedy:
      "Use the codes of FHIR R4 and BSeR for statuses, and urn:ruta:service-type with a term of GET /v1/directory/terms for the service.",
  },
  "fhir-inconsistent": {
    status: 422,
    title: "An element contradicts another one",
    remedy: "Make the elements agree: status with businessStatus, Task with ServiceRequest, and each thing given once.",
  },
  "fhir-dangling": {
    status: 422,
    title: "A reference leads to nothing in the body that it could mean",
    remedy:
      "Send what it refers to in the same body, or name it by an identifier of urn:ruta:institution, urn:ruta:service or urn:ruta:referral.",
  },
  "fhir-unsupported": {
    status: 422,
    title: "An element says what the door cannot pass on",
    remedy: "Leave it out, or say it otherwise: one service a referral, no attachments, no modifier extensions.",
  },
  "fhir-unidentified": {
    status: 422,
    title: "A Task answers a referral and does not say which, or its number stands for several",
    remedy: "Give Task.identifier of system urn:ruta:referral, or your own number as type PLAC or FILL.",
  },
  "fhir-too-many": {
    status: 422,
    title: "The body holds more than 20 acts or 500 entries",
    remedy: "Send them in several bodies, each under a webhook-id of its own.",
  },
  "not-acceptable": {
    status: 406,
    title: "A referral is not given out in that media type",
    remedy: "Accept application/json, or application/fhir+json for FHIR R4.",
  },
  "still-running": {
    status: 409,
    title: "A request with this webhook-id is still being taken",
    remedy: "Send the same request again after Retry-After.",
  },
  "number-reused": {
    status: 409,
    title: "Your number already stands for another referral",
    remedy:
      "Give each referral a number of its own; to add to what you sent or to correct it, send ruta.referral.supplement.",
  },
  "webhook-id-reused": {
    status: 422,
    title: "This webhook-id was used for another request",
    remedy: "Use a new webhook-id for each act, and the same one only to repeat it.",
  },
  "claim-erased": {
    status: 410,
    title: "This request was taken, and its content has since been erased",
    remedy: "Do not repeat it; send a new referral if there is a new need.",
  },
  "content-erased": {
    status: 410,
    title: "What was known of this case has been erased, and nothing can be added to it",
    remedy: "Do not repeat it; send a new referral if there is a new need.",
  },
  "not-caught-up": {
    status: 503,
    title: "The hub is still reading what was sent to it",
    remedy: "Ask again after Retry-After.",
  },
  "log-unavailable": {
    status: 503,
    title: "The hub cannot record anything for the moment",
    remedy: "Send the same request again, under the same webhook-id, after Retry-After.",
  },
} as const satisfies Record<string, ProblemKind>;

/** Code of a refusal of the door. */
export type ProblemCode = keyof typeof PROBLEMS;

/** A refusal as a value: a code, the field it speaks of, and when it is worth asking again (seconds). */
export interface Refusal {
  readonly code: ProblemCode;
  readonly field?: string;
  readonly retryAfterS?: number;
  /** The acts that are possible instead. */
  readonly may?: readonly string[];
}

/** The part of docs/errors.md that lists these codes. */
export function errorsPage(): string {
  const rows = Object.entries<ProblemKind>(PROBLEMS).map(
    ([code, { status, title, remedy }]) => `| \`${code}\` | ${status} | ${title}. | ${remedy} |`,
  );
  return ["| code | status | meaning | what to do |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
