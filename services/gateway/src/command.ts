// Turns a checked act into the command that the router decides. Pure: ids, times and sealed sections come in.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AcceptReferralSchema,
  AcknowledgeOutcomeSchema,
  AcknowledgeSupplementSchema,
  ActorSchema,
  CancelAppointmentSchema,
  CancelReferralSchema,
  Channel,
  ChooseReferralSchema,
  CloseCaseSchema,
  CompleteReferralSchema,
  Confidentiality,
  ConfirmCancellationSchema,
  ConsentSchema,
  DisputeActSchema,
  FailReferralSchema,
  HoldReferralSchema,
  MarkInErrorSchema,
  MemberSchema,
  OpenStageSchema,
  ReceiveReferralSchema,
  RecordStageSchema,
  RedirectReferralSchema,
  ReferralCommandSchema,
  RejectReferralSchema,
  ReportInterimSchema,
  ReportNoShowSchema,
  RequestReferralSchema,
  ResumeReferralSchema,
  ScheduleAppointmentSchema,
  StartServiceSchema,
  SupplementReferralSchema,
  create,
} from "@ruta/events";
import type { Consent, ReferralCommand, Section } from "@ruta/events";
import type { ActInput, ConsentInput, RequestData } from "./acts.ts";
import { BASES, CLASSES, PRIORITIES } from "./codes.ts";
import { keyIdOf } from "./content.ts";
import type { ActIds } from "./content.ts";
import { isAbsent } from "./person.ts";
import type { PersonInput } from "./person.ts";

/** What the door adds to an act. Times are milliseconds. */
export interface CommandFacts {
  readonly commandId: string;
  readonly institution: string;
  readonly webhookId: string;
  readonly occurredAt: number | undefined;
  readonly receivedAt: number;
  readonly directoryRevision: bigint;
  readonly sections: readonly Section[];
}

/** The command of an act. */
export function commandOf(input: ActInput, ids: ActIds, facts: CommandFacts): ReferralCommand {
  return create(ReferralCommandSchema, {
    commandId: facts.commandId,
    caseId: ids.caseId,
    referralId: ids.referralId,
    actor: create(ActorSchema, {
      institution: facts.institution,
      worker: input.data.worker ?? "",
      channel: Channel.WEBHOOK,
    }),
    ...(facts.occurredAt === undefined ? {} : { occurredAt: timestampFromMs(facts.occurredAt) }),
    receivedAt: timestampFromMs(facts.receivedAt),
    webhookId: facts.webhookId,
    directoryRevision: facts.directoryRevision,
    sections: [...facts.sections],
    act: actOf(input, ids),
  });
}

function actOf(input: ActInput, ids: ActIds): ReferralCommand["act"] {
  const { act, data } = input;
  switch (act) {
    case "request":
      return { case: "request", value: requestOf(data, ids) };
    case "receive":
      return { case: "receive", value: create(ReceiveReferralSchema) };
    case "accept":
      return {
        case: "accept",
        value: create(AcceptReferralSchema, {
          fillerNumber: data.number ?? "",
          ...(data.expectedAt === undefined ? {} : { expectedAt: stamp(data.expectedAt) }),
        }),
      };
    case "reject":
      return { case: "reject", value: create(RejectReferralSchema, { reasonCode: data.reasonCode }) };
    case "schedule":
      return {
        case: "schedule",
        value: create(ScheduleAppointmentSchema, { appointmentAt: stamp(data.appointmentAt) }),
      };
    case "no-show":
      return { case: "noShow", value: create(ReportNoShowSchema) };
    case "cancel-appointment":
      return {
        case: "cancelAppointment",
        value: create(CancelAppointmentSchema, { reasonCode: data.reasonCode ?? "" }),
      };
    case "report":
      return { case: "report", value: create(ReportInterimSchema) };
    case "start":
      return { case: "start", value: create(StartServiceSchema) };
    case "hold":
      return { case: "hold", value: create(HoldReferralSchema, { reasonCode: data.reasonCode }) };
    case "resume":
      return { case: "resume", value: create(ResumeReferralSchema) };
    case "cancel":
      return { case: "cancel", value: create(CancelReferralSchema, { reasonCode: data.reasonCode }) };
    case "confirm-cancellation":
      return { case: "confirmCancellation", value: create(ConfirmCancellationSchema) };
    case "complete":
      return {
        case: "complete",
        value: create(CompleteReferralSchema, {
          outcomeCode: data.outcomeCode,
          ...(data.reachedAt === undefined ? {} : { reachedAt: stamp(data.reachedAt) }),
        }),
      };
    case "fail":
      return { case: "fail", value: create(FailReferralSchema, { reasonCode: data.reasonCode }) };
    case "mark-in-error":
      return { case: "markInError", value: create(MarkInErrorSchema, { reasonCode: data.reasonCode }) };
    case "redirect":
      return {
        case: "redirect",
        value: create(RedirectReferralSchema, { performer: data.performer ?? "", consent: consentOf(data.consent) }),
      };
    case "acknowledge":
      return { case: "acknowledge", value: create(AcknowledgeOutcomeSchema) };
    case "supplement":
      return { case: "supplement", value: create(SupplementReferralSchema, { supersedes: data.supersedes ?? [] }) };
    case "acknowledge-supplement":
      return { case: "acknowledgeSupplement", value: create(AcknowledgeSupplementSchema, { eventId: data.event }) };
    case "dispute":
      return {
        case: "dispute",
        value: create(DisputeActSchema, { eventId: data.event, reasonCode: data.reasonCode }),
      };
    case "choose": {
      const { performer, service: serviceId = "", reasonCode } = data;
      return { case: "choose", value: create(ChooseReferralSchema, { performer, serviceId, reasonCode }) };
    }
    case "open-stage": {
      const { stage: stageId, performer = "" } = data;
      const basis = data.consent === undefined ? {} : { consent: consentOf(data.consent) };
      return { case: "openStage", value: create(OpenStageSchema, { stageId, performer, ...basis }) };
    }
    case "record-stage": {
      const { stage: stageId, outcomeCode } = data;
      return { case: "recordStage", value: create(RecordStageSchema, { stageId, outcomeCode }) };
    }
    case "close-case":
      return { case: "closeCase", value: create(CloseCaseSchema, { reasonCode: data.reasonCode }) };
  }
}

function requestOf(data: RequestData, ids: ActIds) {
  return create(RequestReferralSchema, {
    personId: ids.personId ?? "",
    serviceType: data.serviceType,
    priority: PRIORITIES[data.priority],
    performer: data.performer ?? "",
    serviceId: data.service ?? "",
    consent: consentOf(data.consent),
    members: (data.members ?? []).map((member, i) =>
      create(MemberSchema, {
        personId: ids.memberIds?.[i] ?? "",
        relation: member.relation ?? "unknown",
        ageBand: ageBandOf(member),
      }),
    ),
    reasonCode: data.reasonCode ?? "",
    confidentiality: data.confidentiality === undefined ? Confidentiality.NORMAL : CLASSES[data.confidentiality],
    placerNumber: data.number ?? "",
    basedOn: data.basedOn ?? "",
    ageBand: ageBandOf(data.person ?? {}),
    caseKeyId: keyIdOf(ids.caseId),
    rehearsal: data.rehearsal ?? "",
    roadmapId: data.roadmap ?? "",
    stageId: data.stage ?? "",
    decision: data.decision ?? "",
  });
}

function consentOf(given: ConsentInput): Consent {
  return create(ConsentSchema, {
    basis: BASES[given.basis],
    recipients: given.recipients ?? [],
    recipientClass: given.recipientClass ?? "",
    givenOn: given.givenOn,
    evidence: given.evidence,
  });
}

function ageBandOf({ ageBand }: PersonInput): string {
  if (ageBand === undefined) return "not-asked";
  return isAbsent(ageBand) ? ageBand.absent : ageBand;
}

function stamp(instant: string) {
  return timestampFromMs(Date.parse(instant));
}
