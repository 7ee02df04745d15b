// The codes of choosing an institution in words that a social worker understands; the catalogue has them in Spanish.
import { translated } from "./language.ts";

/** How it was chosen (ReferralAddressed.chosen_by), or why nobody was (reason codes of returned and worklisted). */
const CHOICES: Readonly<Record<string, string>> = {
  "addressed-by-sender": "its sender named it",
  "chosen-by-hub": "the hub chose it, the first of those that can serve",
  "chosen-by-requester": "its requester chose it",
  "chosen-by-operator": "an operator chose it",
  "consent-does-not-cover": "some can serve, and the person's consent does not reach them",
  "addressed-not-usable": "the one that its sender named cannot take it",
  "no-candidate": "nobody in the directory can serve",
  "candidates-exhausted": "everybody who can serve has been asked",
  "content-gone": "what choosing needs was erased",
};

/** What speaks against an institution, by the criterion that it does not meet. */
const AGAINST: Readonly<Record<string, string>> = {
  "service-type": "gives no such service",
  validity: "is not in service at this time",
  "accepts-referrals": "takes no referrals for this service",
  reachable: "cannot be reached by the hub",
  "requester-itself": "is the one that asks",
  accused: "is accused in this case",
  "already-tried": "has been asked before",
  territory: "does not serve where the person is",
  age: "does not serve this age",
  sex: "does not serve this sex",
  consent: "is not covered by the consent",
};

/** What a criterion is about. */
const ABOUT: Readonly<Record<string, string>> = {
  territory: "where the person is",
  age: "the age",
  sex: "the sex",
};

/** How or why a choice was made, in words. */
export const choiceWords = (code: string): string => translated(CHOICES[code] ?? code);

/** Why an institution was not chosen, in words. */
export const againstWords = (criterion: string): string => translated(AGAINST[criterion] ?? criterion);

/** What is not known, in words. */
export const aboutWords = (criterion: string): string => translated(ABOUT[criterion] ?? criterion);

/** Every English text of this file, for the test that holds the catalogue complete. */
export const TEXTS = [CHOICES, AGAINST, ABOUT].flatMap((words) => Object.values(words));
