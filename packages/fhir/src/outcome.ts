// Refusals and answers in FHIR: OperationOutcome, and the Parameters that answer what was taken. Pure.
import { LEFT } from "./faults.ts";
import type { Left } from "./faults.ts";
import { RUTA } from "./systems.ts";
import type { Json } from "./write.ts";

/** One issue to tell: a code of the published list with its words, and the element. */
export interface Issue {
  readonly code: string;
  /** HTTP status of the refusal, by which FHIR's own kind of issue is chosen. */
  readonly status: number;
  readonly title: string;
  readonly remedy?: string;
  /** FHIRPath of the element. */
  readonly expression?: string;
}

/** Kinds of issues (http://hl7.org/fhir/issue-type) by HTTP status. */
const KINDS: Readonly<Record<number, string>> = {
  400: "invalid",
  401: "security",
  404: "not-found",
  405: "not-supported",
  406: "not-supported",
  409: "conflict",
  410: "deleted",
  413: "too-long",
  415: "not-supported",
  422: "business-rule",
  503: "transient",
};

/** An OperationOutcome of errors. */
export function outcomeOf(issues: readonly Issue[]): Json {
  return {
    resourceType: "OperationOutcome",
    issue: issues.map(({ code, status, title, remedy, expression }) => ({
      severity: "error",
      code: KINDS[status] ?? (status >= 500 ? "exception" : "processing"),
      details: { coding: [{ system: RUTA.refusal, code }], text: title },
      ...(remedy === undefined ? {} : { diagnostics: remedy }),
      ...(expression === undefined ? {} : { expression: [expression] }),
    })),
  };
}

/** An act that was taken. */
export interface Taken {
  /** The Task that it came from. */
  readonly expression: string;
  readonly act: string;
  readonly referral: string;
  readonly case: string;
  readonly person?: string;
  readonly members?: readonly string[];
  /** The webhook-id under which it stands. */
  readonly webhookId: string;
  /** The signed receipt, as JSON. */
  readonly receipt: string;
}

/** What answers a body: each act with its receipt, and what was left alone. */
export function takenOf(acts: readonly Taken[], left: readonly Left[]): Json {
  const identifier = (name: string, system: string, value: string) => ({ name, valueIdentifier: { system, value } });
  return {
    resourceType: "Parameters",
    parameter: [
      ...acts.map((one) => ({
        name: "act",
        part: [
          { name: "expression", valueString: one.expression },
          { name: "act", valueCode: one.act },
          identifier("referral", RUTA.referral, one.referral),
          identifier("case", RUTA.case, one.case),
          ...[one.person, ...(one.members ?? [])].flatMap((id, index) =>
            id === undefined ? [] : [identifier(index === 0 ? "person" : "member", RUTA.person, id)],
          ),
          { name: "webhook-id", valueString: one.webhookId },
          { name: "receipt", valueString: one.receipt },
        ],
      })),
      ...(left.length === 0 ? [] : [{ name: "left-alone", resource: leftOf(left) }]),
    ],
  };
}

function leftOf(left: readonly Left[]): Json {
  return {
    resourceType: "OperationOutcome",
    issue: left.map(({ expression, reason }) => ({
      severity: "information",
      code: "informational",
      details: { coding: [{ system: RUTA.refusal, code: reason }], text: LEFT[reason] },
      expression: [expression],
    })),
  };
}
