// Closed lists of codes that more than one service reads.

/** Age bands; one band is as much age as choosing an institution needs (inter-agency form, domain §3). */
export const AGE_BANDS = ["0-4", "5-11", "12-17", "18-59", "60+"] as const;

/** Sexes (FHIR R4 administrative-gender). */
export const SEXES = ["male", "female", "other", "unknown"] as const;
