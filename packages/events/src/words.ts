// The words in which the outside speaks of acts, statuses, urgencies, classes and facts: those of the schemas, in kebab case.
import { BusinessStatus, Confidentiality, Priority, Status } from "./gen/ruta/referral/v1/common_pb.ts";

/** What institutions may ask of a referral: the last word of `ruta.referral.<act>`. */
export const ACTS = [
  "request",
  "receive",
  "accept",
  "reject",
  "schedule",
  "no-show",
  "cancel-appointment",
  "report",
  "start",
  "hold",
  "resume",
  "cancel",
  "confirm-cancellation",
  "complete",
  "fail",
  "mark-in-error",
  "redirect",
  "acknowledge",
  "supplement",
  "acknowledge-supplement",
  "dispute",
  "choose",
  "open-stage",
  "record-stage",
  "close-case",
] as const;

/** Those that are about the case as a whole: its coordinator's, whichever referral of the case they name. */
export const CASE_ACTS = ["open-stage", "record-stage", "close-case"] as const satisfies readonly Act[];

/** An act of a case. */
export type CaseAct = (typeof CASE_ACTS)[number];

/** Whether an act is about the case, whichever referral of it is named. */
export function isCaseAct(act: string): act is CaseAct {
  return CASE_ACTS.some((one) => one === act);
}

/** An act of a referral. */
export type Act = (typeof ACTS)[number];

/** Every status in words (FHIR R4 Task.status, as far as the lifecycle has them). */
export const STATUS_WORDS = [
  "requested",
  "received",
  "accepted",
  "rejected",
  "in-progress",
  "on-hold",
  "cancelled",
  "completed",
  "failed",
  "entered-in-error",
] as const;

/** A status in words. */
export type StatusWord = (typeof STATUS_WORDS)[number];

/** A message's name for an act or a fact in words: `markInError` is `mark-in-error`. */
export function wordOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The name of an enum's value in words; "unknown" for 0 and for one that this version does not know. */
export function nameOf(values: Readonly<Record<string, number | string>>, value: number): string {
  const name = value === 0 ? undefined : Object.keys(values).find((key) => values[key] === value);
  return name?.toLowerCase().replaceAll("_", "-") ?? "unknown";
}

/** Status in words, such as `in-progress`. */
export const statusWord = (status: Status): string => nameOf(Status, status);

/** The status of a word. */
export function statusOf(word: StatusWord): Status {
  return Status[word.toUpperCase().replaceAll("-", "_") as keyof typeof Status];
}

/** Urgency in words: emergency, urgent, normal. */
export const priorityWord = (priority: Priority): string => nameOf(Priority, priority);

/** A clearance class by its letter in HL7 v3 Confidentiality. */
export type Class = "U" | "N" | "R" | "V";

/** The letter of a clearance class; what is not known counts as the most restricted. */
export function classOf(confidentiality: Confidentiality): Class {
  switch (confidentiality) {
    case Confidentiality.UNRESTRICTED:
      return "U";
    case Confidentiality.NORMAL:
      return "N";
    case Confidentiality.RESTRICTED:
      return "R";
    default:
      return "V";
  }
}

/** Codes of HL7 BSeR's business status. */
const BSER: Readonly<Record<BusinessStatus, string>> = {
  [BusinessStatus.UNSPECIFIED]: "",
  [BusinessStatus.CREATED]: "2.0",
  [BusinessStatus.ACCEPTED]: "3.0",
  [BusinessStatus.DECLINED]: "4.0",
  [BusinessStatus.IN_PROGRESS]: "5.1",
  [BusinessStatus.SCHEDULED]: "5.1.1",
  [BusinessStatus.NO_SHOW]: "5.1.2",
  [BusinessStatus.APPOINTMENT_CANCELLED]: "5.1.3",
  [BusinessStatus.INTERIM_RESULT]: "5.1.4",
  [BusinessStatus.CANCELLATION_REQUESTED]: "5.2",
  [BusinessStatus.CANCELLED]: "6.0",
  [BusinessStatus.COMPLETED]: "7.0",
};

/** Business status with its BSeR code; no code when it is none of them. */
export function businessStatus(status: BusinessStatus): { code: string; text: string } {
  return { code: BSER[status] ?? "", text: nameOf(BusinessStatus, status) };
}
