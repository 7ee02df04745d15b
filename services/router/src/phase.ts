// The phases of a referral, and the status and business status in which each shows (FHIR R4 Task, HL7 BSeR).
import { BusinessStatus, Status } from "@ruta/events";

/**
 * Where a referral stands: its status together with what of the business status the lifecycle tells apart. `returned` and
 * `worklisted` are `requested` without a performer: the requester or an operator must choose.
 */
export const PHASES = [
  "returned",
  "worklisted",
  "requested",
  "received",
  "accepted",
  "in-progress",
  "scheduled",
  "no-show",
  "appointment-cancelled",
  "interim",
  "on-hold",
  "cancellation-requested",
  "rejected",
  "cancelled",
  "completed",
  "failed",
  "entered-in-error",
] as const;

/** Where a referral stands. */
export type Phase = (typeof PHASES)[number];

/** No performer: somebody must choose one. */
export const WAITING: readonly Phase[] = ["returned", "worklisted"];
/** Addressed, and not decided by the performer. */
export const UNDECIDED: readonly Phase[] = ["requested", "received"];
/** In progress, by business status. */
export const SERVED: readonly Phase[] = ["in-progress", "scheduled", "no-show", "appointment-cancelled", "interim"];
/** Accepted or in progress. */
export const ACTIVE: readonly Phase[] = ["accepted", ...SERVED];
/** Accepted, in progress or on hold. */
export const AFTER: readonly Phase[] = [...ACTIVE, "on-hold"];
/** Terminal: nothing but a mark in error can follow. */
export const ENDED: readonly Phase[] = ["rejected", "cancelled", "completed", "failed", "entered-in-error"];

/** Status and business status of a phase; what is left out stays as it was. */
export const STANDING: Readonly<Record<Phase, { readonly status?: Status; readonly business?: BusinessStatus }>> = {
  returned: { status: Status.REQUESTED, business: BusinessStatus.CREATED },
  worklisted: { status: Status.REQUESTED, business: BusinessStatus.CREATED },
  requested: { status: Status.REQUESTED, business: BusinessStatus.CREATED },
  received: { status: Status.RECEIVED, business: BusinessStatus.CREATED },
  accepted: { status: Status.ACCEPTED, business: BusinessStatus.ACCEPTED },
  "in-progress": { status: Status.IN_PROGRESS, business: BusinessStatus.IN_PROGRESS },
  scheduled: { status: Status.IN_PROGRESS, business: BusinessStatus.SCHEDULED },
  "no-show": { status: Status.IN_PROGRESS, business: BusinessStatus.NO_SHOW },
  "appointment-cancelled": { status: Status.IN_PROGRESS, business: BusinessStatus.APPOINTMENT_CANCELLED },
  interim: { status: Status.IN_PROGRESS, business: BusinessStatus.INTERIM_RESULT },
  "on-hold": { status: Status.ON_HOLD },
  "cancellation-requested": { business: BusinessStatus.CANCELLATION_REQUESTED },
  rejected: { status: Status.REJECTED, business: BusinessStatus.DECLINED },
  cancelled: { status: Status.CANCELLED, business: BusinessStatus.CANCELLED },
  completed: { status: Status.COMPLETED, business: BusinessStatus.COMPLETED },
  failed: { status: Status.FAILED, business: BusinessStatus.DECLINED },
  "entered-in-error": { status: Status.ENTERED_IN_ERROR },
};

/** The phase that a referral's standing says; `waiting` tells the two kinds of having no performer. */
export function phaseOf(status: Status, business: BusinessStatus, waiting?: "returned" | "worklisted"): Phase {
  const ended = ENDED.find((phase) => STANDING[phase].status === status);
  if (ended) return ended;
  if (business === BusinessStatus.CANCELLATION_REQUESTED) return "cancellation-requested";
  if (status === Status.ON_HOLD) return "on-hold";
  if (status === Status.REQUESTED && waiting) return waiting;
  const open = (["requested", "received", "accepted", ...SERVED] as const).find(
    (phase) => STANDING[phase].status === status && STANDING[phase].business === business,
  );
  if (!open) throw new Error(`no phase has status ${status} and business status ${business}`);
  return open;
}
