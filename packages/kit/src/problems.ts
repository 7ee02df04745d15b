// Problems: refusals over HTTP by RFC 9457, from a registry of codes, with the field and the remedy and no content.

/** One kind of problem as it is published. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What the caller can do about it. */
  readonly remedy: string;
}

/** What may be said of one occurrence. Nothing in it may come from a body. */
export interface ProblemDetails {
  /** Path of the field, such as data.person.ageBand. */
  readonly field?: string;
  /** Fixed words that say more than the title. */
  readonly detail?: string;
  /** Response headers, such as Retry-After. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the answer: ids and codes. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A refusal to answer with; thrown in a route, or sent by a handler. */
export class Problem extends Error {
  readonly code: string;
  readonly kind: ProblemKind;
  readonly details: ProblemDetails;

  constructor(code: string, kind: ProblemKind, details: ProblemDetails = {}) {
    super(kind.title);
    this.name = "Problem";
    this.code = code;
    this.kind = kind;
    this.details = details;
  }
}

/** The media type of a problem. */
export const PROBLEM_TYPE = "application/problem+json";

/** Makes the function that builds problems of a registry, by code. */
export function problemsOf<const K extends Readonly<Record<string, ProblemKind>>>(
  kinds: K,
): (code: keyof K & string, details?: ProblemDetails) => Problem {
  return (code, details) => new Problem(code, kinds[code] as ProblemKind, details);
}

/** The body of a problem. `docs` is the address of the page of codes. */
export function problemBody({ code, kind, details }: Problem, docs = "/docs/errors"): Record<string, unknown> {
  return {
    type: `${docs}#${code}`,
    title: kind.title,
    status: kind.status,
    code,
    ...(details.field === undefined ? {} : { field: details.field }),
    ...(details.detail === undefined ? {} : { detail: details.detail }),
    remedy: kind.remedy,
    ...details.extra,
  };
}

/** What any HTTP service refuses by itself. */
export const HTTP_PROBLEMS = {
  "not-found": {
    status: 404,
    title: "There is nothing here",
    remedy: "Check the path and the method against the API description.",
  },
  "method-not-allowed": {
    status: 405,
    title: "The path does not take this method",
    remedy: "Use the method that the API description names.",
  },
  "body-too-large": {
    status: 413,
    title: "The body is too large",
    remedy: "Send less; the limit stands in the API description.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "The body's media type or encoding is not taken",
    remedy: "Send application/json or application/cloudevents+json without Content-Encoding.",
  },
  "invalid-json": { status: 400, title: "The body is not JSON", remedy: "Send one JSON object in UTF-8." },
  "invalid-request": { status: 400, title: "A field has a wrong value", remedy: "Correct the field that is named." },
  "malformed-request": {
    status: 400,
    title: "The request is not HTTP as it should be",
    remedy: "Check what frames the request: its length, its chunks and its headers.",
  },
  "expectation-failed": {
    status: 417,
    title: "What the request expects cannot be met",
    remedy: "Leave Expect out, or send 100-continue.",
  },
  "headers-too-large": {
    status: 431,
    title: "The headers are too large",
    remedy: "Send less than 16 KiB of headers.",
  },
  "request-timeout": {
    status: 408,
    title: "The request did not arrive whole in time",
    remedy: "Send the whole request within 15 seconds.",
  },
  unavailable: {
    status: 503,
    title: "The service cannot answer now",
    remedy: "Send the same request again after the time in Retry-After.",
  },
  internal: {
    status: 500,
    title: "The service failed",
    remedy: "Send the same request again; if it goes on, tell the operators the request-id.",
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

/** Builds one of the common problems. */
export const httpProblem = problemsOf(HTTP_PROBLEMS);
