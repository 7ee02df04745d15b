// The closed lists of codes that the door takes, and how they stand in messages.
import { Confidentiality, ConsentBasis, Priority } from "@ruta/events";

/** Prefix of the CloudEvents type of every act. */
export const TYPE_PREFIX = "ruta.referral.";

/** Urgency words of the door. */
export const PRIORITIES = { emergency: Priority.EMERGENCY, urgent: Priority.URGENT, normal: Priority.NORMAL } as const;

/** Clearance classes (HL7 v3 Confidentiality). */
export const CLASSES = {
  U: Confidentiality.UNRESTRICTED,
  N: Confidentiality.NORMAL,
  R: Confidentiality.RESTRICTED,
  V: Confidentiality.VERY_RESTRICTED,
} as const;

/** Bases of disclosure (inter-agency form; domain §4). */
export const BASES = {
  E: ConsentBasis.EXPLICIT,
  A: ConsentBasis.ASSENT,
  O: ConsentBasis.DUTY,
  V: ConsentBasis.VITAL,
  N: ConsentBasis.NO_PERSONAL_DATA,
} as const;

/** Classes of recipients that a basis may cover. */
export const RECIPIENT_CLASSES = [
  "any",
  "municipal",
  "public",
  "private",
  "civil-society",
  "international",
  "academia",
] as const;

/** State of a person's papers. */
export const PAPERS = [
  "none",
  "expired",
  "in-process",
  "valid",
  "identity-card",
  "passport",
  "visa",
  "asylum-certificate",
  "refugee-card",
  "other",
] as const;

/** Why a value is absent (FHIR data-absent-reason). */
export const ABSENT = ["unknown", "asked-declined", "not-asked"] as const;

/** Why a performer does not take a referral. */
export const REJECT_REASONS = [
  "no-capacity",
  "not-eligible",
  "out-of-territory",
  "wrong-service",
  "duplicate",
  "refused-by-status",
  "other",
] as const;

/** Why an accepted referral is given up. */
export const FAIL_REASONS = [...REJECT_REASONS, "person-unreachable"] as const;

/** Why a referral waits. */
export const HOLD_REASONS = ["waitlist", "documents", "person-request", "other"] as const;

/** Why a requester withdraws. */
export const CANCEL_REASONS = ["person-withdrew", "no-longer-needed", "served-elsewhere", "other"] as const;

/** Why an appointment is off. */
export const APPOINTMENT_REASONS = ["person-request", "institution", "other"] as const;

/** Why a referral should never have been. */
export const ERROR_REASONS = ["wrong-person", "duplicate", "test", "other"] as const;

/** How a referral ends. */
export const OUTCOMES = [
  "served",
  "partly-served",
  "referred-onward",
  "not-eligible",
  "no-capacity",
  "waitlisted",
  "person-declined",
  "no-show",
  "unreachable",
  "duplicate",
  "refused-by-status",
] as const;
