// The codes of choosing an institution in words that a social worker understands; the catalogue has them in Spanish.
import { translated } from "./language.ts";

/** How it was chosen (ReferralAddressed.chosen_by), or why nobody was (reason codes of returned and worklisted). */
const CHOICES: Readonly<Record<string, string>> = {
  proposal: "nothing is wrong: a person chooses",
  "addressed-by-sender": "its sender named it",
  "chosen-by-hub": "the hub chose it, the first of those that can serve",
  "chosen-by-requester": "its requester chose it",
  "chosen-by-operator": "an operator chose it",
  "consent-does-not-cover": "some can serve, and the person's consent does not reach them",
  "addressed-not-usable": "the one that its sender named cannot take it",
  "no-candidate": "nobody in the directory can serve",
  "candidates-exhausted": "everybody who can serve has been asked",
  "stage-rule": "its roadmap leaves what follows to a person",
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
  border: "belongs to a state from which the person may need protection",
  open: "is closed at this hour, and it is an emergency",
  nationality: "does not serve this nationality",
  registration: "asks for papers that are missing",
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
  nationality: "the nationality",
  registration: "the papers",
  open: "the hours",
  language: "the language",
  assured: "whether its data still hold",
};

/** What happened to a case, by the fact of its event. */
export const FACTS: Readonly<Record<string, string>> = {
  requested: "A referral was requested",
  addressed: "It was sent to an institution",
  received: "The institution said that it has it",
  accepted: "The institution accepted",
  rejected: "The institution does not take it",
  scheduled: "An appointment was set",
  missed: "The person did not come to the appointment",
  "appointment-cancelled": "The appointment was cancelled",
  reported: "An interim result was reported",
  started: "The service began",
  held: "It was put on hold",
  resumed: "It went on",
  "cancellation-requested": "Its withdrawal was asked for",
  cancelled: "It was withdrawn",
  completed: "It ended with an outcome",
  failed: "It was given up after acceptance",
  "entered-in-error": "It should never have been",
  acknowledged: "The requester read the outcome",
  returned: "It went back to its requester, to choose",
  worklisted: "Nobody was left to send it to: worklist",
  refused: "An act was refused",
  delivered: "A notice was taken",
  undeliverable: "A notice could not be delivered",
  "delivery-late": "A notice is late",
  supplemented: "Content was added or corrected",
  "supplement-acknowledged": "The correction was taken note of",
  disputed: "An institution disputes it",
  "set-aside": "A record was given up",
  "case-opened": "The case began to follow a roadmap",
  "stage-opened": "A stage began",
  "stage-offered": "A stage was offered",
  "stage-ended": "A stage ended",
  "stage-skipped": "A stage was not needed",
  "case-closed": "The case was closed",
  "screening-raised": "Another roadmap is to be looked at for this person",
  "clock-rang": "A time limit rang",
  "rights-alert": "A refusal for nationality, status or papers was told to who watches over rights",
};

/** What happened, in words. */
export const factWords = (code: string): string => translated(FACTS[code] ?? code);

/** What ranks an institution behind, by the wish that it does not meet. */
const BEHIND: Readonly<Record<string, string>> = {
  nearby: "is not of where the person is in particular",
  language: "speaks none of the person's languages",
  "duty-holder": "is not bound by law to serve",
  "not-private": "is private",
};

/** Why an institution ranks behind, in words. */
export const behindWords = (criterion: string): string => translated(BEHIND[criterion] ?? criterion);

/** How or why a choice was made, in words. */
export const choiceWords = (code: string): string => translated(CHOICES[code] ?? code);

/** Why an institution was not chosen, in words. */
export const againstWords = (criterion: string): string => translated(AGAINST[criterion] ?? criterion);

/** What is not known, in words. */
export const aboutWords = (criterion: string): string => translated(ABOUT[criterion] ?? criterion);

/** Every English text of this file, for the test that holds the catalogue complete. */
export const TEXTS = [CHOICES, AGAINST, ABOUT, BEHIND, FACTS].flatMap((words) => Object.values(words));
