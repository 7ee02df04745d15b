// What may be wrong with FHIR that came in: one code for each kind, and the element as a FHIRPath expression.

/** Codes of what the mapping refuses; the gateway publishes them with status, title and remedy. */
export type FaultCode =
  | "fhir-not-taken"
  | "fhir-invalid-element"
  | "fhir-dangling"
  | "fhir-inconsistent"
  | "fhir-unknown-code"
  | "fhir-unsupported"
  | "fhir-unidentified"
  | "fhir-too-many";

/** One thing that is wrong. Nothing of the content is in it. */
export interface Fault {
  readonly code: FaultCode;
  /** Such as Bundle.entry[0].resource.status. */
  readonly expression: string;
}

/** A resource that was left alone, and why. */
export interface Left {
  readonly expression: string;
  readonly reason: LeftReason;
}

/** Why a resource was left alone. */
export type LeftReason = "no-referral" | "not-an-order" | "not-sent-yet" | "says-nothing-new" | "not-used";

/** Reasons in words, for the answer. */
export const LEFT: Readonly<Record<LeftReason, string>> = {
  "no-referral": "Left alone: only a Task of code fulfill is a referral",
  "not-an-order": "Left alone: only a Task of intent order is a referral",
  "not-sent-yet": "Left alone: a draft has not been sent yet",
  "says-nothing-new":
    "Left alone: the referral is known, and requested again without a new consent it says nothing new",
  "not-used": "Left alone: no referral of this body reads it; it is kept, sealed, with the rest of the body",
};

/** The path of an issue as FHIRPath writes it. */
export function pathOf(at: string, path: readonly PropertyKey[]): string {
  // A name may be anything that the sender wrote: only one of plain letters is repeated.
  return path.reduce<string>(
    (text, key) =>
      typeof key === "number"
        ? `${text}[${key}]`
        : `${text}.${/^_?[A-Za-z]{1,40}$/.test(String(key)) ? String(key) : "?"}`,
    at,
  );
}
