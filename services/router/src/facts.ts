// The fact that an allowed act becomes, with the codes and times it brought.
import {
  AppointmentCancelledSchema,
  AppointmentMissedSchema,
  AppointmentScheduledSchema,
  CancellationRequestedSchema,
  EventDeliveredSchema,
  EventDeliveryLateSchema,
  EventUndeliverableSchema,
  InterimReportedSchema,
  OutcomeAcknowledgedSchema,
  RecordGivenUpSchema,
  ReferralAcceptedSchema,
  ReferralCancelledSchema,
  ReferralCompletedSchema,
  ReferralEnteredInErrorSchema,
  ReferralFailedSchema,
  ReferralHeldSchema,
  ReferralReceivedSchema,
  ReferralRejectedSchema,
  ReferralResumedSchema,
  ServiceStartedSchema,
  create,
} from "@ruta/events";
import type { ReferralCommand, ReferralEvent } from "@ruta/events";
import type { Phase } from "./phase.ts";

type Fact = ReferralEvent["fact"];

/** The fact of an act that leads to `phase`. Throws for acts that are no single step: request, redirect, notices. */
export function factOf({ act }: ReferralCommand, phase: Phase): Fact {
  switch (act.case) {
    case "receive":
      return { case: "received", value: create(ReferralReceivedSchema) };
    case "accept": {
      const { fillerNumber, expectedAt } = act.value;
      const value = create(ReferralAcceptedSchema, { fillerNumber, ...(expectedAt ? { expectedAt } : {}) });
      return { case: "accepted", value };
    }
    case "reject":
    case "fail": {
      const { reasonCode } = act.value;
      return phase === "rejected"
        ? { case: "rejected", value: create(ReferralRejectedSchema, { reasonCode }) }
        : { case: "failed", value: create(ReferralFailedSchema, { reasonCode }) };
    }
    case "schedule": {
      const { appointmentAt } = act.value;
      return { case: "scheduled", value: create(AppointmentScheduledSchema, appointmentAt ? { appointmentAt } : {}) };
    }
    case "noShow":
      return { case: "missed", value: create(AppointmentMissedSchema) };
    case "cancelAppointment": {
      const { reasonCode } = act.value;
      return { case: "appointmentCancelled", value: create(AppointmentCancelledSchema, { reasonCode }) };
    }
    case "report":
      return { case: "reported", value: create(InterimReportedSchema) };
    case "start":
      return { case: "started", value: create(ServiceStartedSchema) };
    case "hold":
      return { case: "held", value: create(ReferralHeldSchema, { reasonCode: act.value.reasonCode }) };
    case "resume":
      return { case: "resumed", value: create(ReferralResumedSchema) };
    case "cancel": {
      const { reasonCode } = act.value;
      return phase === "cancelled"
        ? { case: "cancelled", value: create(ReferralCancelledSchema, { reasonCode }) }
        : { case: "cancellationRequested", value: create(CancellationRequestedSchema, { reasonCode }) };
    }
    case "confirmCancellation":
      return { case: "cancelled", value: create(ReferralCancelledSchema) };
    case "complete": {
      const { outcomeCode, reachedAt } = act.value;
      const value = create(ReferralCompletedSchema, { outcomeCode, ...(reachedAt ? { reachedAt } : {}) });
      return { case: "completed", value };
    }
    case "markInError":
      return {
        case: "enteredInError",
        value: create(ReferralEnteredInErrorSchema, { reasonCode: act.value.reasonCode }),
      };
    case "acknowledge":
      return { case: "acknowledged", value: create(OutcomeAcknowledgedSchema) };
    default:
      throw new Error("this act is no single step of the lifecycle");
  }
}

/** The fact of a notice of the hub; undefined for every other act. */
export function noticeOf({ act }: ReferralCommand): Fact | undefined {
  switch (act.case) {
    case "recordDelivered": {
      const { eventId, institution, attempts } = act.value;
      return { case: "delivered", value: create(EventDeliveredSchema, { eventId, institution, attempts }) };
    }
    case "recordUndeliverable": {
      const { eventId, institution, attempts, reasonCode } = act.value;
      const value = create(EventUndeliverableSchema, { eventId, institution, attempts, reasonCode });
      return { case: "undeliverable", value };
    }
    case "recordDeliveryLate": {
      const { eventId, institution, attempts } = act.value;
      return { case: "deliveryLate", value: create(EventDeliveryLateSchema, { eventId, institution, attempts }) };
    }
    case "recordSetAside": {
      const { topic, partition, offset, commandId, staff, reasonCode, institution } = act.value;
      const where = { topic, partition, offset, commandId };
      return {
        case: "setAside",
        value: create(RecordGivenUpSchema, { ...where, staff: [...staff], reasonCode, institution }),
      };
    }
    default:
      return undefined;
  }
}
