// Rehearsals: referrals that only try the hub out, answered by a simulated counterpart under an institution id that nobody can have.

/** What the simulated counterpart does with a rehearsal: serve, reject so that the next candidate serves, or never answer. */
export const REHEARSALS = ["complete", "reject", "silent"] as const;

/** The simulated counterpart: the performer of every rehearsal, and of no real referral. */
export const COUNTERPART = "rehearsal";

/** Ids that the hub acts under itself: no institution of the directory can have one. */
export const RESERVED_INSTITUTIONS: ReadonlySet<string> = new Set(["hub", COUNTERPART]);
