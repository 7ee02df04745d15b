// Clocks: who is reminded when, what is escalated, and what silence leads to; the same ring twice, late, or for what has moved on.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ConsentBasis, ConsentSchema, Priority, create } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import { shippedRoadmaps } from "@ruta/roadmap/shipped";
import { describe, expect, it } from "vitest";
import { dueRings, nextRingAt } from "./clocks.ts";
import { ANYONE, DAY, FIRST, HOUR, MONDAY, Story, asks, directoryOf, factsOf, usual } from "./scenario.ts";

/** Rings whatever is due at a moment, as the router does; answers the events. */
function ringAt(story: Story, at: number): readonly ReferralEvent[] {
  return dueRings(story.state, at).flatMap(({ referral, clock, percent }) => {
    const value = { clock: clock.id, startedAt: timestampFromMs(clock.startedAt), percent };
    return story.tell({ case: "ringClock", value }, { by: "hub", at, referralId: referral.id }).events;
  });
}
const rungs = (events: readonly ReferralEvent[]): string[] =>
  events.flatMap(({ fact }) =>
    fact.case === "clockRang" ? [`${fact.value.clock} ${fact.value.percent} ${fact.value.told.join("+")}`] : [],
  );
/** The performer has taken the request. */
function reached(story: Story, institution = "house-a"): void {
  story.tell({ case: "recordDelivered", value: { eventId: "e", institution, attempts: 1 } }, { by: "hub" });
}

describe("a request that nobody answers", () => {
  it("is reminded of at 50 and 80 %, escalated at the end, and goes elsewhere after the last call", () => {
    // Given an urgent request, addressed at ten: four hours to acknowledge, 72 to decide
    const story = new Story();
    story.tell(asks(), { at: MONDAY });
    reached(story);
    expect(nextRingAt(story.state)).toBe(MONDAY + 2 * HOUR);
    // Then its performer is reminded
    expect(rungs(ringAt(story, MONDAY + 2 * HOUR))).toEqual(["acknowledge 50 house-a"]);
    expect(rungs(ringAt(story, MONDAY + 3.2 * HOUR))).toEqual(["acknowledge 80 house-a"]);
    // and at the end the requester is told too
    expect(rungs(ringAt(story, MONDAY + 4 * HOUR))).toEqual(["acknowledge 100 house-a+sender"]);
    expect(rungs(ringAt(story, MONDAY + 36 * HOUR))).toEqual(["decide 50 house-a"]);
    expect(rungs(ringAt(story, MONDAY + 58 * HOUR))).toEqual(["decide 80 house-a"]);
    expect(rungs(ringAt(story, MONDAY + 72 * HOUR))).toEqual(["decide 100 house-a+sender"]);
    expect(story.referral().phase).toBe("requested");
    // When the last call has passed, the successor comes first, then the silent one is cancelled
    const last = ringAt(story, MONDAY + 108 * HOUR);
    expect(factsOf(last)).toEqual(["clock-rang", "requested", "addressed", "cancelled"]);
    expect(last.at(-1)?.fact.value).toMatchObject({ reasonCode: "no-response" });
    expect(story.referral(1)).toMatchObject({ phase: "cancelled", replacedBy: story.referral(2).id });
    expect(story.referral(2)).toMatchObject({ phase: "requested", performer: "house-b" });
    // and the new one has windows of its own
    expect(nextRingAt(story.state)).toBe(MONDAY + 110 * HOUR);
  });

  it("is never taken away where it is an emergency", () => {
    const story = new Story();
    story.tell(asks({ priority: Priority.EMERGENCY }), { at: MONDAY });
    reached(story);
    const all = ringAt(story, MONDAY + 10 * DAY);
    expect(rungs(all)).toEqual(["acknowledge 100 house-a+sender", "decide 150 house-a+sender"]);
    expect(story.referral().phase).toBe("requested");
    expect(nextRingAt(story.state)).toBeUndefined();
  });

  it("is on the worklist when nobody else is left", () => {
    const story = new Story();
    story.tell(
      asks({ performer: "house-c", consent: { basis: ConsentBasis.EXPLICIT, recipients: ["house-c"] } as never }),
      {
        at: MONDAY,
      },
    );
    const last = ringAt(story, MONDAY + 10 * DAY);
    expect(factsOf(last)).toEqual(["clock-rang", "clock-rang", "requested", "returned", "cancelled"]);
  });

  it("whose performer has not got it yet is no reminder to it; the requester is told at the end", () => {
    const story = new Story();
    story.tell(asks(), { at: MONDAY });
    expect(rungs(ringAt(story, MONDAY + 2 * HOUR))).toEqual(["acknowledge 50 "]);
    expect(rungs(ringAt(story, MONDAY + 4 * HOUR))).toEqual(["acknowledge 100 sender"]);
  });
});

describe("a ring", () => {
  it("of a hub that was down comes once, late, and says so", () => {
    const story = new Story();
    story.tell(asks(), { at: MONDAY });
    const events = ringAt(story, MONDAY + 3.9 * HOUR);
    expect(rungs(events)).toEqual(["acknowledge 80 "]);
    expect(events[0]?.fact.value).toMatchObject({ late: true, escalation: 0 });
    expect(ringAt(story, MONDAY + 3.9 * HOUR + 1)).toEqual([]);
  });

  it("that comes again, or for what has moved on, changes nothing", () => {
    const story = new Story();
    story.tell(asks(), { at: MONDAY });
    const [first] = dueRings(story.state, MONDAY + 2 * HOUR);
    const value = { clock: "acknowledge", startedAt: timestampFromMs(first!.clock.startedAt), percent: 50 };
    const tell = (at: number) => story.tell({ case: "ringClock", value }, { by: "hub", at, referralId: FIRST }).events;
    expect(tell(MONDAY + 2 * HOUR)).toHaveLength(1);
    expect(tell(MONDAY + 2 * HOUR)).toEqual([]);
    const other = new Story();
    other.tell(asks(), { at: MONDAY });
    other.tell(usual("accept", MONDAY), { by: "house-a", at: MONDAY + HOUR });
    expect(other.tell({ case: "ringClock", value }, { by: "hub", referralId: FIRST }).events).toEqual([]);
    expect(other.tell({ case: "ringClock", value }, { by: "hub", referralId: `${FIRST}7` }).events).toEqual([]);
  });

  it("is the hub's alone", () => {
    const story = new Story();
    story.tell(asks());
    expect(story.tell({ case: "ringClock", value: { clock: "decide", percent: 50 } }).refusal).toBe("only-hub");
  });

  it("of a rehearsal there is none", () => {
    const story = new Story();
    story.tell(asks({ rehearsal: "silent" }), { at: MONDAY });
    expect([nextRingAt(story.state), dueRings(story.state, MONDAY + 30 * DAY)]).toEqual([undefined, []]);
  });
});

it("who accepted and does not serve is reminded, and the requester told; waiting does not stop it, the first service does", () => {
  const story = new Story();
  story.tell(asks(), { at: MONDAY });
  reached(story);
  story.tell(usual("accept", MONDAY), { by: "house-a", at: MONDAY + HOUR });
  story.tell(usual("hold", MONDAY), { by: "house-a", at: MONDAY + 2 * HOUR });
  expect(rungs(ringAt(story, MONDAY + 37 * HOUR))).toEqual(["serve 50 house-a"]);
  expect(rungs(ringAt(story, MONDAY + 73 * HOUR))).toEqual(["serve 100 house-a+sender"]);
  story.tell(usual("complete", MONDAY), { by: "house-a", at: MONDAY + 74 * HOUR });
  expect(nextRingAt(story.state)).toBeUndefined();
});

it("a cancellation that the performer does not confirm in 48 hours is confirmed by the hub", () => {
  const story = new Story();
  story.tell(asks(), { at: MONDAY });
  story.tell(usual("accept", MONDAY), { by: "house-a", at: MONDAY + HOUR });
  story.tell(usual("cancel", MONDAY), { at: MONDAY + 2 * HOUR });
  const confirmed = ringAt(story, MONDAY + 50 * HOUR);
  expect(factsOf(confirmed)).toEqual(["clock-rang", "cancelled"]);
  expect(story.referral().phase).toBe("cancelled");
});

it("a requester to whom a referral came back is reminded to choose", () => {
  const story = new Story();
  story.tell(asks({ consent: { basis: ConsentBasis.EXPLICIT, recipients: ["elsewhere"] } as never }), { at: MONDAY });
  expect(story.referral().phase).toBe("returned");
  expect(rungs(ringAt(story, MONDAY + 36 * HOUR))).toEqual(["choose 50 sender"]);
  expect(rungs(ringAt(story, MONDAY + 72 * HOUR))).toEqual(["choose 100 sender"]);
});

it("silence in a stage that leaves it to an operator ends on the worklist, though another could take it", () => {
  const R05 = shippedRoadmaps().find(({ id }) => id === "R05")!;
  const houses = ["house-a", "house-b"];
  const services = houses.map((institution) => ({ id: `s-${institution}`, institution, serviceType: "DOC-REF" }));
  const institutions = ["sender", ...houses].map((id) => ({ id }));
  const story = new Story(directoryOf({ institutions, services, roadmaps: [R05] }));
  const asked = { roadmapId: "R05", stageId: "R05.2", serviceType: "DOC-REF", performer: "house-a" };
  story.tell(asks(asked), { at: MONDAY });
  expect(story.referral().performer).toBe("house-a");
  const last = ringAt(story, MONDAY + 10 * DAY);
  expect(factsOf(last)).toEqual(expect.arrayContaining(["worklisted", "cancelled"]));
  const worklisted = last.find(({ fact }) => fact.case === "worklisted");
  expect(worklisted?.fact.value).toMatchObject({ reasonCode: "stage-rule", considered: 2 });
});

it("the clock of a stage reminds the coordinator, by working days where the roadmap says so, until the stage ends", () => {
  const R04 = shippedRoadmaps().find(({ id }) => id === "R04")!;
  const services = ["PROT-NNA", "SAL-PRI", "TINF", "TS"].map((type) => ({
    id: type.toLowerCase(),
    institution: "house-a",
    serviceType: type,
  }));
  const institutions = [{ id: "sender" }, { id: "house-a" }];
  const story = new Story(directoryOf({ institutions, services, roadmaps: [R04] }));
  const consent = create(ConsentSchema, { ...ANYONE, basis: ConsentBasis.DUTY });
  const asked = { roadmapId: "R04", serviceType: "PROT-NNA", performer: "house-a", ageBand: "5-11", consent };
  story.tell(asks({ ...asked, priority: Priority.EMERGENCY }), { at: MONDAY });
  // The board has 48 hours to take it up.
  expect(story.state.run?.stages["R04.2a"]?.clock).toEqual({ startedAt: MONDAY, dueAt: MONDAY + 48 * HOUR });
  expect(rungs(ringAt(story, MONDAY + 24 * HOUR)).at(-1)).toBe("stage R04.2a 50 sender");
  story.tell(usual("accept", MONDAY), { by: "house-a", at: MONDAY + 25 * HOUR });
  story.tell(usual("complete", MONDAY), { by: "house-a", at: MONDAY + 26 * HOUR });
  for (const ordinal of [2, 3]) {
    const { id: referralId } = story.referral(ordinal);
    const at = MONDAY + (24 + ordinal) * HOUR;
    // Care rests on the child's assent, not on the duty to report.
    const assent = create(ConsentSchema, { ...ANYONE, basis: ConsentBasis.ASSENT });
    story.tell({ case: "redirect", value: { performer: "house-a", consent: assent } }, { referralId, at });
    story.tell(usual("accept", MONDAY), { by: "house-a", referralId, at });
    story.tell(usual("complete", MONDAY), { by: "house-a", referralId, at });
  }
  // Thirty working days for the family's plan: the foundation of Quito, Christmas and New Year do not count.
  expect(story.state.run?.stages["R04.5"]?.clock?.dueAt).toBe(Date.parse("2027-01-08T13:00:00-05:00"));
});
