// The words in which webhooks speak of statuses, urgencies and classes: those of the schemas, in kebab case.
import { BusinessStatus, Confidentiality, Priority, Status } from "@ruta/events";

/** The name of a value of an enum, whose generated object leads from names to numbers only. */
function word(values: Readonly<Record<string, string | number>>, value: number): string {
  const name = value === 0 ? undefined : Object.keys(values).find((key) => values[key] === value);
  return name?.toLowerCase().replaceAll("_", "-") ?? "unknown";
}

/** Status in words, such as `in-progress`; `unknown` for one that this version does not know. */
export const statusWord = (status: Status): string => word(Status, status);

/** Urgency in words: emergency, urgent, normal. */
export const priorityWord = (priority: Priority): string => word(Priority, priority);

/** Clearance class by its letter in HL7 v3 Confidentiality. What is not known is treated as very restricted. */
export function classLetter(confidentiality: Confidentiality): "U" | "N" | "R" | "V" {
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

/** Business status with its BSeR code, as `GET /v1/referrals/{id}` shows it. */
export function businessStatus(status: BusinessStatus): { code: string; text: string } {
  return { code: BSER[status] ?? "", text: word(BusinessStatus, status) };
}
