// The lifecycle of a referral as data: from where, by whom, to where, or why not. Nothing else decides a transition.
import type { RunningAct } from "./acts.ts";
import type { RefusalCode } from "./errors.ts";
import { ACTIVE, AFTER, ENDED, PHASES, SERVED, UNDECIDED, WAITING } from "./phase.ts";
import type { Phase } from "./phase.ts";

/** What the actor is to the referral. */
export type Role = "requester" | "performer" | "hub" | "other";

/** What an act does in a phase: go on, be told that it was done before (else refused with `otherwise`), or be refused. */
export type Step =
  | { readonly kind: "to"; readonly phase: Phase }
  | { readonly kind: "repeat"; readonly otherwise: RefusalCode }
  | { readonly kind: "choose" }
  | { readonly kind: "acknowledge" }
  | { readonly kind: "supplement" }
  | { readonly kind: "acknowledge-supplement" }
  | { readonly kind: "dispute" }
  | { readonly kind: "reroute" }
  | { readonly kind: "refuse"; readonly code: RefusalCode };

type Row = readonly [from: readonly Phase[], step: Step];

const to = (phase: Phase): Step => ({ kind: "to", phase });
const no = (code: RefusalCode): Step => ({ kind: "refuse", code });
const again = (otherwise: RefusalCode): Step => ({ kind: "repeat", otherwise });

/** Where an answer that needs an acceptance stands on its way; a row above it in the same act goes first. */
const AFTER_ACCEPTANCE: readonly Row[] = [
  [[...WAITING, ...UNDECIDED], no("not-accepted")],
  [["cancellation-requested"], no("cancellation-requested")],
];

/** An act's roles and rows; the first row that names the phase counts, and an ended referral refuses what no row names. */
interface Rule {
  readonly by: readonly Exclude<Role, "other">[];
  readonly rows: readonly Row[];
}

/** Every act of a running referral: the rows of the lifecycle (domain §8), then why the rest is refused. */
const RULES: Readonly<Record<RunningAct, Rule>> = {
  receive: {
    by: ["performer"],
    rows: [
      [["requested"], to("received")],
      [["received"], again("already-recorded")],
      [AFTER, no("already-accepted")],
      ...AFTER_ACCEPTANCE,
    ],
  },
  accept: {
    by: ["performer"],
    rows: [
      [UNDECIDED, to("accepted")],
      [["accepted"], again("already-accepted")],
      [AFTER, no("already-accepted")],
      ...AFTER_ACCEPTANCE,
    ],
  },
  reject: {
    by: ["performer"],
    rows: [
      [UNDECIDED, to("rejected")],
      // A late decline is a failure: the person was already taken on.
      [AFTER, to("failed")],
      [["rejected", "failed"], again("ended")],
      ...AFTER_ACCEPTANCE,
    ],
  },
  schedule: {
    by: ["performer"],
    rows: [[ACTIVE, to("scheduled")], [["on-hold"], no("on-hold")], ...AFTER_ACCEPTANCE],
  },
  "no-show": {
    by: ["performer"],
    rows: [
      [["scheduled"], to("no-show")],
      [["no-show"], again("no-appointment")],
      [ACTIVE, no("no-appointment")],
      [["on-hold"], no("on-hold")],
      ...AFTER_ACCEPTANCE,
    ],
  },
  "cancel-appointment": {
    by: ["performer"],
    rows: [
      [["scheduled", "no-show", "interim"], to("appointment-cancelled")],
      [["appointment-cancelled"], again("no-appointment")],
      [ACTIVE, no("no-appointment")],
      [["on-hold"], no("on-hold")],
      ...AFTER_ACCEPTANCE,
    ],
  },
  report: {
    by: ["performer"],
    rows: [
      [["accepted", "scheduled", "interim"], to("interim")],
      [ACTIVE, no("report-not-possible")],
      [["on-hold"], no("on-hold")],
      ...AFTER_ACCEPTANCE,
    ],
  },
  start: {
    by: ["performer"],
    rows: [
      [["accepted"], to("in-progress")],
      [["in-progress"], again("already-started")],
      [SERVED, no("already-started")],
      [["on-hold"], no("on-hold")],
      ...AFTER_ACCEPTANCE,
    ],
  },
  hold: {
    by: ["performer"],
    rows: [[ACTIVE, to("on-hold")], [["on-hold"], again("on-hold")], ...AFTER_ACCEPTANCE],
  },
  resume: {
    by: ["performer"],
    rows: [
      [["on-hold"], to("in-progress")],
      [["in-progress"], again("not-on-hold")],
      [ACTIVE, no("not-on-hold")],
      ...AFTER_ACCEPTANCE,
    ],
  },
  cancel: {
    by: ["requester", "hub"],
    rows: [
      [[...WAITING, ...UNDECIDED], to("cancelled")],
      [AFTER, to("cancellation-requested")],
      [["cancellation-requested"], again("cancellation-requested")],
      [["cancelled"], again("ended")],
    ],
  },
  "confirm-cancellation": {
    by: ["performer", "hub"],
    rows: [
      [["cancellation-requested"], to("cancelled")],
      [["cancelled"], again("ended")],
      [AFTER, no("no-cancellation-requested")],
      ...AFTER_ACCEPTANCE,
    ],
  },
  complete: {
    by: ["performer"],
    rows: [
      [[...AFTER, "cancellation-requested"], to("completed")],
      [["completed"], again("ended")],
      ...AFTER_ACCEPTANCE,
    ],
  },
  fail: {
    by: ["performer"],
    rows: [[AFTER, to("failed")], [["rejected", "failed"], again("ended")], ...AFTER_ACCEPTANCE],
  },
  "mark-in-error": {
    by: ["requester", "hub"],
    rows: [
      [["entered-in-error"], again("ended")],
      [PHASES, to("entered-in-error")],
    ],
  },
  redirect: {
    by: ["requester", "hub"],
    rows: [
      [WAITING, { kind: "choose" }],
      [[...UNDECIDED, ...AFTER, "cancellation-requested", "rejected", "failed"], no("not-waiting")],
    ],
  },
  choose: {
    by: ["requester"],
    rows: [
      [["returned"], { kind: "choose" }],
      [["worklisted", ...UNDECIDED, ...AFTER, "cancellation-requested", "rejected", "failed"], no("not-waiting")],
    ],
  },
  acknowledge: {
    by: ["requester"],
    rows: [
      [ENDED, { kind: "acknowledge" }],
      [PHASES, no("not-ended")],
    ],
  },
  supplement: {
    by: ["requester", "performer"],
    rows: [[[...WAITING, ...UNDECIDED, ...AFTER, "cancellation-requested"], { kind: "supplement" }]],
  },
  // What was told before the end may be taken note of after it.
  "acknowledge-supplement": {
    by: ["requester", "performer"],
    rows: [[PHASES, { kind: "acknowledge-supplement" }]],
  },
  dispute: {
    by: ["requester", "performer"],
    rows: [[PHASES, { kind: "dispute" }]],
  },
  reroute: {
    by: ["hub"],
    rows: [
      [WAITING, no("not-addressed")],
      // After an acceptance only where it was recorded on behalf of the performer, and the performer disputes it: its guard says so.
      [[...UNDECIDED, ...AFTER], { kind: "reroute" }],
      [["cancellation-requested"], no("cancellation-requested")],
    ],
  },
};

/** Why a role that an act is not for is refused; what both parties may do, nobody else may. */
function roleRefusal({ by }: Rule): RefusalCode {
  const [isRequesters, isPerformers] = [by.includes("requester"), by.includes("performer")];
  if (isRequesters && isPerformers) return "not-a-party";
  if (isPerformers) return "only-performer";
  return isRequesters ? "only-requester" : "only-hub";
}

/** Acts of the hub that only staff or clocks reach, and where: in its own name it never answers for an institution. */
const HUB_ONLY_FROM: Partial<Record<RunningAct, readonly Phase[]>> = {
  cancel: [...WAITING, ...UNDECIDED, ...ENDED],
  redirect: ["worklisted"],
};

/** What an act of a role does to a referral in a phase. The request has no phase to start from and is not asked here. */
export function stepOf(phase: Phase, act: RunningAct, role: Role): Step {
  if (role === "other") return no("not-a-party");
  const rule = RULES[act];
  if (!rule.by.includes(role)) return no(roleRefusal(rule));
  const onlyFrom = role === "hub" ? HUB_ONLY_FROM[act] : undefined;
  if (onlyFrom && !onlyFrom.includes(phase)) return no("only-requester");
  const row = rule.rows.find(([from]) => from.includes(phase));
  return row ? row[1] : no("ended");
}
