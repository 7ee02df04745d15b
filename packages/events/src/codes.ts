// Closed lists of codes that more than one service reads.

/** Age bands; one band is as much age as choosing an institution needs (inter-agency form, domain §3). */
export const AGE_BANDS = ["0-4", "5-11", "12-17", "18-59", "60+"] as const;

/** Sexes (FHIR R4 administrative-gender). */
export const SEXES = ["male", "female", "other", "unknown"] as const;

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

/** Why a person chose one of the institutions that the hub proposed. */
export const CHOICE_REASONS = ["first-proposed", "closer", "known-to-person", "person-prefers", "other"] as const;

/** How a stage of a roadmap ends that needed no referral. */
export const STAGE_OUTCOMES = [...OUTCOMES, "not-needed"] as const;

/** Why a case is ended although stages of its roadmap are not done. */
export const CLOSE_REASONS = ["person-withdrew", "left-territory", "unreachable", "served-elsewhere", "other"] as const;

/** Why what was recorded on behalf of an institution is disputed. */
export const DISPUTE_REASONS = ["not-said", "said-otherwise", "other"] as const;

/** Why an operator takes a referral away from a performer that has not decided. */
export const REROUTE_REASONS = ["no-response", "closed", "wrong-service", "other"] as const;

/** Why two members of staff give up a record that cannot be read or decided. */
export const SET_ASIDE_REASONS = ["unreadable", "undecidable", "obsolete", "other"] as const;
