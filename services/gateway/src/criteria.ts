// What the criteria of a candidate came to, by their names: the same for a viewer of the referral and for whoever asks why.
import type { Candidate } from "@ruta/events";

/** Names of criteria: not met, not met but only ranked behind, and met though it was not known. */
export interface Results {
  readonly notMet: readonly string[];
  readonly behind: readonly string[];
  readonly unknown: readonly string[];
}

/** The results of a candidate's criteria, each group in their order. */
export function resultsOf({ criteria }: Pick<Candidate, "criteria">): Results {
  return {
    notMet: criteria.filter(({ met, preference }) => !met && !preference).map(({ name }) => name),
    behind: criteria.filter(({ met, preference }) => !met && preference).map(({ name }) => name),
    unknown: criteria.filter(({ met, unknown }) => met && unknown).map(({ name }) => name),
  };
}
