// Every phase × act × actor, through decide: what follows is written out here, apart from the table that decides it.
import { isDeepStrictEqual } from "node:util";
import { BusinessStatus, Channel, SectionKind, Status } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { ACTS, isCaseAct } from "@ruta/events";
import { STAFF_ACTS } from "./acts.ts";
import type { RunningAct } from "./acts.ts";
import { CASE, DAY, HOUR, Story, asks, factsOf, sealed, usual } from "./scenario.ts";

type Asked = RunningAct;
type StaffAct = (typeof STAFF_ACTS)[number];

/** The acts that lead to each phase, `by:act`, after a request; a request for DOC-REF finds nobody. */
const WAYS: Record<string, readonly `${string}:${Asked}`[]> = {
  returned: [],
  worklisted: [],
  requested: [],
  received: ["house-a:receive"],
  accepted: ["house-a:accept"],
  "in-progress": ["house-a:accept", "house-a:start"],
  scheduled: ["house-a:accept", "house-a:schedule"],
  "no-show": ["house-a:accept", "house-a:schedule", "house-a:no-show"],
  "appointment-cancelled": ["house-a:accept", "house-a:schedule", "house-a:cancel-appointment"],
  interim: ["house-a:accept", "house-a:report"],
  "on-hold": ["house-a:accept", "house-a:hold"],
  "cancellation-requested": ["house-a:accept", "sender:cancel"],
  rejected: ["house-a:reject"],
  cancelled: ["sender:cancel"],
  completed: ["house-a:accept", "house-a:complete"],
  failed: ["house-a:accept", "house-a:fail"],
  "entered-in-error": ["sender:mark-in-error"],
};

const SERVING = "in-progress scheduled no-show appointment-cancelled interim";
const TERMINAL = "rejected cancelled completed failed entered-in-error";
const WAITING = "returned worklisted";

/** What an act of the institution whose act it is leads to: phases on the left, status and BSeR code or refusal on the right. */
const OWN: Record<Exclude<Asked, StaffAct>, Record<string, string>> = {
  receive: {
    [WAITING]: "not-a-party",
    requested: "received 2.0",
    received: "already-recorded",
    [`accepted ${SERVING} on-hold`]: "already-accepted",
    "cancellation-requested": "cancellation-requested",
    [TERMINAL]: "ended",
  },
  accept: {
    [WAITING]: "not-a-party",
    "requested received": "accepted 3.0",
    accepted: "already-recorded",
    [`${SERVING} on-hold`]: "already-accepted",
    "cancellation-requested": "cancellation-requested",
    [TERMINAL]: "ended",
  },
  reject: {
    [WAITING]: "not-a-party",
    "requested received": "rejected 4.0",
    [`accepted ${SERVING} on-hold`]: "failed 4.0",
    "cancellation-requested": "cancellation-requested",
    "rejected failed": "already-recorded",
    "cancelled completed entered-in-error": "ended",
  },
  schedule: {
    [WAITING]: "not-a-party",
    "requested received": "not-accepted",
    [`accepted ${SERVING}`]: "in-progress 5.1.1",
    "on-hold": "on-hold",
    "cancellation-requested": "cancellation-requested",
    [TERMINAL]: "ended",
  },
  "no-show": {
    [WAITING]: "not-a-party",
    "requested received": "not-accepted",
    scheduled: "in-progress 5.1.2",
    "no-show": "already-recorded",
    "accepted in-progress appointment-cancelled interim": "no-appointment",
    "on-hold": "on-hold",
    "cancellation-requested": "cancellation-requested",
    [TERMINAL]: "ended",
  },
  "cancel-appointment": {
    [WAITING]: "not-a-party",
    "requested received": "not-accepted",
    "scheduled no-show interim": "in-progress 5.1.3",
    "appointment-cancelled": "already-recorded",
    "accepted in-progress": "no-appointment",
    "on-hold": "on-hold",
    "cancellation-requested": "cancellation-requested",
    [TERMINAL]: "ended",
  },
  report: {
    [WAITING]: "not-a-party",
    "requested received": "not-accepted",
    "accepted scheduled interim": "in-progress 5.1.4",
    "in-progress no-show appointment-cancelled": "report-not-possible",
    "on-hold": "on-hold",
    "cancellation-requested": "cancellation-requested",
    [TERMINAL]: "ended",
  },
  start: {
    [WAITING]: "not-a-party",
    "requested received": "not-accepted",
    accepted: "in-progress 5.1",
    "in-progress": "already-recorded",
    "scheduled no-show appointment-cancelled interim": "already-started",
    "on-hold": "on-hold",
    "cancellation-requested": "cancellation-requested",
    [TERMINAL]: "ended",
  },
  hold: {
    [WAITING]: "not-a-party",
    "requested received": "not-accepted",
    accepted: "on-hold 3.0",
    "in-progress": "on-hold 5.1",
    scheduled: "on-hold 5.1.1",
    "no-show": "on-hold 5.1.2",
    "appointment-cancelled": "on-hold 5.1.3",
    interim: "on-hold 5.1.4",
    "on-hold": "already-recorded",
    "cancellation-requested": "cancellation-requested",
    [TERMINAL]: "ended",
  },
  resume: {
    [WAITING]: "not-a-party",
    "requested received": "not-accepted",
    [`accepted ${SERVING}`]: "not-on-hold",
    "on-hold": "in-progress 5.1",
    "cancellation-requested": "cancellation-requested",
    [TERMINAL]: "ended",
  },
  cancel: {
    [`${WAITING} requested received`]: "cancelled 6.0",
    accepted: "accepted 5.2",
    [SERVING]: "in-progress 5.2",
    "on-hold": "on-hold 5.2",
    "cancellation-requested cancelled": "already-recorded",
    "rejected completed failed entered-in-error": "ended",
  },
  "confirm-cancellation": {
    [WAITING]: "not-a-party",
    "requested received": "not-accepted",
    [`accepted ${SERVING} on-hold`]: "no-cancellation-requested",
    "cancellation-requested": "cancelled 6.0",
    [TERMINAL]: "ended",
  },
  complete: {
    [WAITING]: "not-a-party",
    "requested received": "not-accepted",
    [`accepted ${SERVING} on-hold cancellation-requested`]: "completed 7.0",
    completed: "already-recorded",
    "rejected cancelled failed entered-in-error": "ended",
  },
  fail: {
    [WAITING]: "not-a-party",
    "requested received": "not-accepted",
    [`accepted ${SERVING} on-hold`]: "failed 4.0",
    "cancellation-requested": "cancellation-requested",
    "rejected failed": "already-recorded",
    "cancelled completed entered-in-error": "ended",
  },
  "mark-in-error": {
    [`${WAITING} requested received`]: "entered-in-error 2.0",
    "accepted on-hold": "entered-in-error 3.0",
    "in-progress": "entered-in-error 5.1",
    scheduled: "entered-in-error 5.1.1",
    "no-show": "entered-in-error 5.1.2",
    "appointment-cancelled": "entered-in-error 5.1.3",
    interim: "entered-in-error 5.1.4",
    "cancellation-requested": "entered-in-error 5.2",
    "rejected failed": "entered-in-error 4.0",
    cancelled: "entered-in-error 6.0",
    completed: "entered-in-error 7.0",
    "entered-in-error": "already-recorded",
  },
  redirect: {
    // The rejected one's successor already is with the second house, so nothing waits for a choice.
    [WAITING]: "requested 2.0",
    [`requested received accepted ${SERVING} on-hold cancellation-requested rejected failed`]: "not-waiting",
    "cancelled completed entered-in-error": "ended",
  },
  // What came back for another reason than a proposal has nobody to choose.
  choose: {
    returned: "nothing-proposed",
    [`worklisted requested received accepted ${SERVING} on-hold cancellation-requested rejected failed`]: "not-waiting",
    "cancelled completed entered-in-error": "ended",
  },
  acknowledge: {
    [`${WAITING} requested received accepted ${SERVING} on-hold cancellation-requested`]: "not-ended",
    rejected: "rejected 4.0",
    cancelled: "cancelled 6.0",
    completed: "completed 7.0",
    failed: "failed 4.0",
    "entered-in-error": "entered-in-error 2.0",
  },
  // A requester that corrects a rejected referral means the successor, which is with the second house.
  supplement: {
    [`${WAITING} requested rejected failed`]: "requested 2.0",
    received: "received 2.0",
    accepted: "accepted 3.0",
    "in-progress": "in-progress 5.1",
    scheduled: "in-progress 5.1.1",
    "no-show": "in-progress 5.1.2",
    "appointment-cancelled": "in-progress 5.1.3",
    interim: "in-progress 5.1.4",
    "on-hold": "on-hold 3.0",
    "cancellation-requested": "accepted 5.2",
    "cancelled completed entered-in-error": "ended",
  },
  "acknowledge-supplement": {
    [`${WAITING} requested received accepted ${SERVING} on-hold cancellation-requested ${TERMINAL}`]:
      "supplement-not-found",
  },
  // Of what an operator recorded for it a party disputes in every phase: see below.
  dispute: {
    [`${WAITING} requested received accepted ${SERVING} on-hold cancellation-requested ${TERMINAL}`]: "not-on-behalf",
  },
};

/** What differs when the performer does an act of both parties. */
const PERFORMERS: Partial<Record<Asked, Record<string, string>>> = {
  supplement: {
    ...OWN.supplement,
    [`${WAITING} requested rejected failed`]: "",
    requested: "requested 2.0",
    [WAITING]: "not-a-party",
    "rejected failed": "ended",
  },
  "acknowledge-supplement": {
    [WAITING]: "not-a-party",
    [`requested received accepted ${SERVING} on-hold cancellation-requested ${TERMINAL}`]: "supplement-not-found",
  },
  dispute: {
    [WAITING]: "not-a-party",
    [`requested received accepted ${SERVING} on-hold cancellation-requested ${TERMINAL}`]: "not-on-behalf",
  },
};

/** Whose act it is. */
const REQUESTERS: readonly Asked[] = [
  "cancel",
  "mark-in-error",
  "redirect",
  "choose",
  "acknowledge",
  "supplement",
  "acknowledge-supplement",
  "dispute",
];
const BOTH = Object.keys(PERFORMERS) as Asked[];

/** What the hub itself may do; all other acts are for the institution they belong to. */
const HUB: Partial<Record<Asked, Record<string, string>>> = {
  cancel: {
    [`${WAITING} requested received`]: "cancelled 6.0",
    [`accepted ${SERVING} on-hold cancellation-requested`]: "only-requester",
    cancelled: "already-recorded",
    "rejected completed failed entered-in-error": "ended",
  },
  "confirm-cancellation": {
    "cancellation-requested": "cancelled 6.0",
    [`${WAITING} requested received`]: "not-accepted",
    [`accepted ${SERVING} on-hold`]: "no-cancellation-requested",
    [TERMINAL]: "ended",
  },
  "mark-in-error": OWN["mark-in-error"],
  redirect: {
    worklisted: "worklisted stays",
    [`returned requested received accepted ${SERVING} on-hold cancellation-requested ${TERMINAL}`]: "only-requester",
  },
  reroute: {
    [WAITING]: "not-addressed",
    "requested received": "cancelled 6.0",
    [`accepted ${SERVING} on-hold`]: "already-accepted",
    "cancellation-requested": "cancellation-requested",
    [TERMINAL]: "ended",
  },
};

const BSER: Record<number, string> = {
  [BusinessStatus.CREATED]: "2.0",
  [BusinessStatus.ACCEPTED]: "3.0",
  [BusinessStatus.DECLINED]: "4.0",
  [BusinessStatus.IN_PROGRESS]: "5.1",
  [BusinessStatus.SCHEDULED]: "5.1.1",
  [BusinessStatus.NO_SHOW]: "5.1.2",
  [BusinessStatus.APPOINTMENT_CANCELLED]: "5.1.3",
  [BusinessStatus.INTERIM_RESULT]: "5.1.4",
  [BusinessStatus.CANCELLATION_REQUESTED]: "5.2",
  [BusinessStatus.CANCELLED]: "6.0",
  [BusinessStatus.COMPLETED]: "7.0",
};

const STATUS: Record<number, string> = {
  [Status.REQUESTED]: "requested",
  [Status.RECEIVED]: "received",
  [Status.ACCEPTED]: "accepted",
  [Status.REJECTED]: "rejected",
  [Status.IN_PROGRESS]: "in-progress",
  [Status.ON_HOLD]: "on-hold",
  [Status.CANCELLED]: "cancelled",
  [Status.COMPLETED]: "completed",
  [Status.FAILED]: "failed",
  [Status.ENTERED_IN_ERROR]: "entered-in-error",
};

/** A story that stands in a phase; with `behalf`, an operator recorded all that this institution did. */
function storyIn(phase: string, behalf?: string): Story {
  const story = new Story();
  if (phase === "returned") story.tell(asks({ consent: { basis: 1, recipients: ["elsewhere"] } }));
  else if (phase === "worklisted") story.tell(asks({ serviceType: "DOC-REF" }));
  else story.tell(asks());
  for (const step of WAYS[phase] ?? []) {
    const [by = "", act = ""] = step.split(":");
    const at = story.now + 2 * HOUR;
    const told = { institution: "hub", worker: "op-1", channel: Channel.PHONE, onBehalfOf: by };
    const { refusal } = story.tell(usual(act as Asked, at), { at, ...(by === behalf ? { actor: told } : { by }) });
    expect(refusal, `on the way to ${phase}`).toBeUndefined();
  }
  return story;
}

/** Does an act three days later and says what came of it, in the words of the tables above. */
function outcome(phase: string, act: Asked, by: string): string {
  const story = storyIn(phase);
  const at = story.now + 3 * DAY;
  const before = story.referral();
  const sections = act === "supplement" ? [sealed("s-note", CASE, SectionKind.NARRATIVE)] : [];
  const { events, refusal } = story.tell(usual(act, at), { by, at, sections });
  if (refusal) {
    const untouched = factsOf(events).join() === "refused" && isDeepStrictEqual(story.referral(), before);
    return untouched ? refusal : `${refusal}, but something changed`;
  }
  const [first] = events;
  if (!first) throw new Error("neither an event nor a refusal");
  if (first.fact.case === "worklisted") return "worklisted stays";
  return `${STATUS[first.status]} ${BSER[first.businessStatus]}`;
}

/** Spreads a table's grouped phases; each phase must be named exactly once. */
function spread(table: Record<string, string>): [phase: string, expected: string][] {
  const cells = Object.entries(table).flatMap(([phases, expected]) =>
    expected === "" ? [] : phases.split(" ").map((phase): [string, string] => [phase, expected]),
  );
  expect(cells.map(([phase]) => phase).sort()).toEqual(Object.keys(WAYS).sort());
  return cells;
}

const asked = ACTS.filter((act): act is keyof typeof OWN => act !== "request" && !isCaseAct(act));
const every: readonly Asked[] = [...asked, ...STAFF_ACTS];

describe("the lifecycle", () => {
  it("names every act", () => {
    expect(Object.keys(OWN).sort()).toEqual([...asked].sort());
  });

  it.each(Object.keys(WAYS))("is understood in %s", (phase) => {
    expect(storyIn(phase).referral().phase).toBe(phase);
  });

  describe.each(asked)("%s by the institution whose act it is", (act) => {
    const by = REQUESTERS.includes(act) ? "sender" : "house-a";
    it.each(spread(OWN[act]).filter(([phase]) => !(act === "redirect" && phase === "worklisted")))(
      "in %s leads to %s",
      (phase, expected) => {
        expect(outcome(phase, act, by)).toBe(expected);
      },
    );
  });

  it("a redirection that finds nobody leaves the referral on the worklist", () => {
    const story = storyIn("worklisted");
    const events = story.tell({ case: "redirect", value: { consent: { basis: 1, recipientClass: "any" } } }).events;
    expect(factsOf(events)).toEqual(["worklisted"]);
  });

  describe.each(BOTH)("%s by the performer", (act) => {
    it.each(spread(PERFORMERS[act] ?? {}))("in %s leads to %s", (phase, expected) => {
      expect(outcome(phase, act, "house-a")).toBe(expected);
    });
  });

  describe.each(asked.filter((act) => !BOTH.includes(act)))("%s by the other side", (act) => {
    const by = REQUESTERS.includes(act) ? "house-a" : "sender";
    it.each(Object.keys(WAYS))("in %s is refused", (phase) => {
      const nobody = by === "house-a" && (phase === "returned" || phase === "worklisted");
      const expected = nobody ? "not-a-party" : by === "sender" ? "only-performer" : "only-requester";
      expect(outcome(phase, act, by)).toBe(expected);
    });
  });

  describe.each(["sender", "house-a"])("%s", (by) => {
    it.each(Object.keys(WAYS))("takes no referral from its performer in %s", (phase) => {
      const nobody = by === "house-a" && (phase === "returned" || phase === "worklisted");
      expect(outcome(phase, "reroute", by)).toBe(nobody ? "not-a-party" : "only-hub");
    });
  });

  it.each(
    Object.entries(WAYS).flatMap(([phase, steps]) => {
      const whose = ["sender", "house-a"].filter((by) => steps.some((step) => step.startsWith(by)));
      return whose.filter((by) => !(by === "sender" && phase === "entered-in-error")).map((by) => [phase, by] as const);
    }),
  )("in %s what an operator recorded for %s is disputed by it alone, once, and stays as it is", (phase, by) => {
    const story = storyIn(phase, by);
    const before = story.referral();
    const value = { eventId: before.onBehalf?.at(-1)?.eventId ?? "", reasonCode: "not-said" };
    const other = by === "sender" ? "house-a" : "sender";
    expect(story.tell({ case: "dispute", value }, { by: other }).refusal).toBe("not-on-behalf");
    expect(factsOf(story.tell({ case: "dispute", value }, { by }).events)).toEqual(["disputed"]);
    expect(story.referral()).toMatchObject({ phase, status: before.status, performer: before.performer });
    expect(story.tell({ case: "dispute", value }, { by }).refusal).toBe("already-recorded");
  });

  describe.each(every)("%s by an institution that has no part in it", (act) => {
    it.each(Object.keys(WAYS))("in %s is refused", (phase) => {
      expect(outcome(phase, act, "stranger")).toBe("not-a-party");
    });
  });

  describe.each(every)("%s by the hub", (act) => {
    const table = HUB[act] ?? {
      [Object.keys(WAYS).join(" ")]: BOTH.includes(act)
        ? "not-a-party"
        : REQUESTERS.includes(act)
          ? "only-requester"
          : "only-performer",
    };
    it.each(spread(table))("in %s leads to %s", (phase, expected) => {
      expect(outcome(phase, act, "hub")).toBe(expected);
    });
  });
});
