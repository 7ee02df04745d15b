// Every refusal of the router: its code, what it says and what the sender can do. A code never changes its meaning.

/** One kind of refusal as it is published. */
export interface RefusalKind {
  readonly title: string;
  readonly remedy: string;
}

const FRESH = "send the act again under a new webhook-id";

/** Refusals by code. They reach the sender as an event of the case, after the 202. */
export const REFUSALS = {
  "unknown-referral": {
    title: "There is no such referral",
    remedy: "Take the referral's id from the receipt or from the event by which it was sent to you.",
  },
  "case-exists": {
    title: "The case has been opened already",
    remedy: "Nothing to do: the first request stands. A further need is a new request with basedOn.",
  },
  "not-a-party": {
    title: "You neither sent this referral nor is it addressed to you",
    remedy: "Answer only referrals that were sent to you; after a rejection the successor has an id of its own.",
  },
  "only-requester": {
    title: "Only the institution that sent the referral may do this",
    remedy: "Ask the requester, or answer with an act of the performer.",
  },
  "only-performer": {
    title: "Only the institution to which the referral is addressed may do this",
    remedy: "Wait for its answer, or cancel the referral.",
  },
  "only-hub": {
    title: "Only the hub itself records deliveries and takes a referral away",
    remedy: "Nothing to do: the hub sees for itself what was delivered; its operators send a referral elsewhere.",
  },
  "worker-required": {
    title: "An answer or decision must name the worker who gives it",
    remedy: `Add your own opaque reference of the worker, never a name, and ${FRESH}.`,
  },
  "consent-required": {
    title: "The basis of the disclosure is missing",
    remedy: `Add the basis, whom it covers, its date and evidence reference, and ${FRESH}.`,
  },
  "unknown-roadmap": {
    title: "There is no such roadmap that a case can begin with now",
    remedy: `Name a roadmap of the hub, or leave roadmap and stage out, and ${FRESH}.`,
  },
  "roadmap-not-for-case": {
    title: "The roadmap is not for such a case",
    remedy: `Look at whom the roadmap is for, name another or none, and ${FRESH}.`,
  },
  "stage-not-served": {
    title: "No such stage of the roadmap is served by this service type",
    remedy: `Look at the stages of the roadmap, ask for a service type of the stage, and ${FRESH}.`,
  },
  "basis-not-of-stage": {
    title: "The stage does not rest on this basis of disclosure",
    remedy: `Take one of the stage's bases, and ${FRESH}.`,
  },
  "nothing-proposed": {
    title: "The hub has proposed nobody for this referral",
    remedy: `Look at what is expected now; where it came back for another reason, send it elsewhere by redirect, and ${FRESH}.`,
  },
  "no-roadmap": {
    title: "The case runs no roadmap",
    remedy: "Nothing to do: it has the one referral and its successors. A further need is a new request with basedOn.",
  },
  "only-coordinator": {
    title: "Only the institution with whose request the case began may do this",
    remedy: "Ask the coordinator of the case.",
  },
  "unknown-stage": {
    title: "The roadmap of the case has no such stage",
    remedy: `Take a stage of the plan that GET of the referral shows, and ${FRESH}.`,
  },
  "stage-running": {
    title: "The stage has a referral that has not ended",
    remedy: "Wait for its end, or cancel it.",
  },
  "stage-ended": {
    title: "The stage has its outcome already",
    remedy: "Nothing to do; a further need is a new request with basedOn.",
  },
  "case-closed": {
    title: "The case is over",
    remedy: "Nothing to do; a further need is a new request with basedOn.",
  },
  "case-has-open-referrals": {
    title: "The case has referrals that have not ended",
    remedy: `Cancel them or wait for their end, then ${FRESH}.`,
  },
  "reason-required": {
    title: "This act needs a coded reason",
    remedy: `Add reasonCode and ${FRESH}.`,
  },
  "outcome-required": {
    title: "A referral is completed only with an outcome",
    remedy: `Add outcomeCode and ${FRESH}.`,
  },
  "already-recorded": {
    title: "The same act with the same content is recorded already",
    remedy: "Nothing to do: the first one stands.",
  },
  "contradicts-recorded": {
    title: "The same act is recorded already with other content",
    remedy:
      "The first one stands. If it was wrong, agree with the other institution; the requester can mark the referral in error.",
  },
  "not-accepted": {
    title: "The referral has not been accepted",
    remedy: "Accept or reject it first.",
  },
  "already-accepted": {
    title: "The referral has been accepted already",
    remedy: "Nothing to do; go on from its present state.",
  },
  "already-started": {
    title: "The service has begun already",
    remedy: "Report, schedule, hold or complete it.",
  },
  "on-hold": {
    title: "The referral is on hold",
    remedy: "Resume it first; completing, giving up and cancelling are possible from here.",
  },
  "not-on-hold": {
    title: "The referral is not on hold",
    remedy: "Nothing to do; go on from its present state.",
  },
  "no-appointment": {
    title: "There is no appointment to which this could refer",
    remedy: "Schedule an appointment first.",
  },
  "appointment-in-past": {
    title: "An appointment must lie in the future of the act",
    remedy: `Correct appointmentAt and ${FRESH}.`,
  },
  "appointment-not-reached": {
    title: "A no-show can be reported only after the time of the appointment",
    remedy: "Wait for the appointment, or cancel it.",
  },
  "report-not-possible": {
    title: "An interim result follows acceptance, an appointment or an earlier interim result",
    remedy: "Schedule an appointment and report then, or complete the referral with its outcome.",
  },
  "cancellation-requested": {
    title: "The requester has asked to cancel the referral",
    remedy: "Confirm the cancellation, or complete the referral if the outcome was reached before you were told.",
  },
  "no-cancellation-requested": {
    title: "Nobody asked to cancel the referral",
    remedy: "Give it up with fail, or complete it.",
  },
  "outcome-after-cancellation": {
    title: "The outcome was reached after you were told of the cancellation",
    remedy: "Confirm the cancellation; a service given after it is a matter for a new referral.",
  },
  "outcome-in-future": {
    title: "The outcome lies in the future",
    remedy: `Correct reachedAt and ${FRESH}.`,
  },
  "nothing-to-supplement": {
    title: "The supplement neither brings content nor supersedes any",
    remedy: `Add person, members, note or supersedes, and ${FRESH}.`,
  },
  "requester-content": {
    title: "Identity and what choosing needs are for the requester to say",
    remedy: "Send a note or a narrative; the requester can supersede its own sections when you tell it what is wrong.",
  },
  "person-not-in-case": {
    title: "The referral is not about this person",
    remedy: `Use the ids of person and members that the receipt or GET of the content shows, and ${FRESH}.`,
  },
  "section-not-found": {
    title: "No section of this id is in force in the case",
    remedy:
      "Take ids from GET of the content or from history; what was superseded or added by a refused act is not in force.",
  },
  "section-not-yours": {
    title: "The section was sent by another institution",
    remedy: "Supersede only what you sent; add a note that says what is wrong.",
  },
  "section-exists": {
    title: "The person has a section of this kind already",
    remedy: `Name the standing one in supersedes, send the new one whole, and ${FRESH}.`,
  },
  "supplement-not-found": {
    title: "You were told of no such supplement of this referral",
    remedy: "Send data.event as the id of the ruta.referral.supplement that you were told of, and its referral.",
  },
  "not-waiting": {
    title: "The referral is with an institution and does not wait for the requester's choice",
    remedy: "Cancel it and send a new one, or wait for the answer.",
  },
  "not-ended": {
    title: "There is no outcome to acknowledge yet",
    remedy: "Acknowledge the referral when it has ended.",
  },
  ended: {
    title: "The referral has ended and does not reopen",
    remedy: "Send a new referral that names this one in basedOn.",
  },
  "too-early": {
    title: "The hub may do this only after the time that the performer has for its answer",
    remedy: "Wait until the time has passed.",
  },
  "own-act-only": {
    title: "This act is never recorded on behalf of an institution",
    remedy: "It must come from the institution's own system.",
  },
  "not-on-behalf": {
    title: "No event of that id was recorded on your behalf for this referral",
    remedy: "Take the id from the event with data.onBehalf that told you of the act; your own acts are not disputed.",
  },
  "not-addressed": {
    title: "No institution has the referral, so it cannot be taken from one",
    remedy: "Choose an institution: the requester by redirect, an operator by `ruta worklist resolve`.",
  },
  "emergency-stays-open": {
    title: "An emergency is never cancelled for want of an answer",
    remedy: "Find an institution for it; only the requester cancels it.",
  },
} as const satisfies Record<string, RefusalKind>;

/** The code of a refusal. */
export type RefusalCode = keyof typeof REFUSALS;

/** The part of docs/errors.md that lists these codes. */
export function refusalsPage(): string {
  const rows = Object.entries<RefusalKind>(REFUSALS).map(
    ([code, { title, remedy }]) => `| \`${code}\` | ${title}. | ${remedy} |`,
  );
  return ["| code | meaning | what to do |", "| --- | --- | --- |", ...rows].join("\n");
}
