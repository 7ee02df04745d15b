// What the hub sends: a thin CloudEvents 1.0 event of ids and codes, checked only as far as everything else relies on it.
import type { Status } from "./gen/acts.ts";

/** What an event says. Fields beyond these are codes and times: /openapi.json of the hub lists them. A new one may come at any time. */
export interface EventData {
  readonly referral?: string;
  readonly case?: string;
  readonly status?: Status;
  /** What is expected next, of whom, until when. */
  readonly expected?: { readonly institution: string; readonly acts: readonly string[]; readonly until?: string };
  /** Where the content is read. */
  readonly content?: string;
  /** Code of a refusal of an act of yours (`ruta.referral.refused`). */
  readonly code?: string;
  readonly [field: string]: unknown;
}

/** An event of the hub. `type` is `ruta.referral.` and what happened, or another word that is to be let pass. */
export interface HubEvent {
  readonly id: string;
  readonly type: string;
  readonly time?: string;
  readonly data: EventData;
  readonly [attribute: string]: unknown;
}

/** What is known of an event besides what it says. */
export interface Taken {
  /** The same whenever the hub sends it again; what was taken under it once is not handed over again. */
  readonly webhookId: string;
  /** Counts what you are told of a case: 1, 2, 3 … 0 where nothing is counted. */
  readonly sequence: number;
  /** A later one of the case was taken before: do not let this one undo what that one said. */
  readonly late: boolean;
  readonly contentType: string;
}

/** The type of the event by which the hub asks whether an endpoint is yours. */
export const CHALLENGE = "ruta.endpoint.challenge";

/** The event of a parsed body; undefined when it is none. */
export function eventOf(value: unknown): HubEvent | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { type, data } = value as { type?: unknown; data?: unknown };
  if (typeof type === "string" && typeof data === "object" && data !== null) return value as HubEvent;
  // A FHIR Bundle, for those who chose that form, is handed over as it is.
  const { resourceType } = value as { resourceType?: unknown };
  return typeof resourceType === "string"
    ? ({ ...value, type: `fhir.${resourceType}`, data: {} } as HubEvent)
    : undefined;
}

/** The event's place among those of its case; 0 when it has none. */
export function sequenceOf(event: HubEvent): number {
  const sequence = Number(event.sequence ?? 0);
  return Number.isSafeInteger(sequence) && sequence > 0 ? sequence : 0;
}
