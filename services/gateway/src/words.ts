// The words in which the door speaks of statuses, urgencies, classes and facts; the same as in the schemas, in kebab case.
import { BusinessStatus, Priority, Status } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";

/** Every status word, as `GET /v1/referrals?state=` takes them. */
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

function kebab(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

/** The name of an enum's value in kebab case; "unknown" when it is none. */
export function nameOf(values: Readonly<Record<string, number | string>>, value: number): string {
  const found = Object.entries(values).find(([, number]) => number === value)?.[0] ?? "UNSPECIFIED";
  return found === "UNSPECIFIED" ? "unknown" : kebab(found);
}

/** Status in words; "unknown" when it is none. */
export const statusWord = (status: Status): string => nameOf(Status, status);

/** The status of a word. */
export function statusOf(word: StatusWord): Status {
  return Status[word.toUpperCase().replaceAll("-", "_") as keyof typeof Status];
}

/** Urgency in words. */
export const priorityWord = (priority: Priority): string => nameOf(Priority, priority);

/** Codes of HL7 BSeR's business status. */
const BSER: Readonly<Record<number, string>> = {
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

/** What an event tells, such as `requested` or `entered-in-error`. */
export function factWord(event: ReferralEvent): string {
  const name = event.fact.case ?? "unknown";
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
