// A whole counterpart on one's own machine: it receives, remembers and answers as its personality says.
export { createInstitution, today } from "./institution.ts";
export type { Institution, InstitutionOptions } from "./institution.ts";
export { memoryJournal, openJournal } from "./journal.ts";
export type { Entry, Journal } from "./journal.ts";
export { PERSONALITIES } from "./personality.ts";
export type { Answer, Personality } from "./personality.ts";
