// The closed lists of codes that the door takes, and how they stand in messages.
import { Confidentiality, ConsentBasis, Priority } from "@ruta/events";

export {
  APPOINTMENT_REASONS,
  CANCEL_REASONS,
  CHOICE_REASONS,
  CLOSE_REASONS,
  DISPUTE_REASONS,
  ERROR_REASONS,
  FAIL_REASONS,
  HOLD_REASONS,
  OUTCOMES,
  REJECT_REASONS,
  STAGE_OUTCOMES,
} from "@ruta/events";

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
