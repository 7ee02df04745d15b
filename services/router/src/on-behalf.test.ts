// Stories of what was told to an operator: recorded for the institution, marked so for ever, disputed by it alone, and taken away.
import { Channel, eventId } from "@ruta/events";
import type { ActorSchema } from "@ruta/events";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { RECORDABLE } from "./acts.ts";
import { ANYONE, CASE, FIRST, HOUR, Story, asks, factsOf, usual } from "./scenario.ts";

const SECOND = `${CASE}-2`;

/** An operator to whom an institution told something by telephone. */
const told = (onBehalfOf: string): { actor: MessageInitShape<typeof ActorSchema> } => ({
  actor: { institution: "hub", worker: "op-1", channel: Channel.PHONE, onBehalfOf },
});

/** A referral that house-a has, whose acceptance an operator recorded. */
function acceptedByPhone(): { story: Story; event: string } {
  const story = new Story();
  story.tell(asks());
  story.tell(usual("accept", 0), told("house-a"));
  return { story, event: eventId("command-2", 0) };
}
const dispute = (event: string, reasonCode = "not-said") => ({
  case: "dispute" as const,
  value: { eventId: event, reasonCode },
});

describe("an act recorded on behalf of an institution", () => {
  it("counts as that institution's, and its event says for ever who recorded it and how it was told", () => {
    const { story } = acceptedByPhone();
    expect(story.referral()).toMatchObject({ phase: "accepted", performer: "house-a" });
    expect(story.events.at(-1)).toMatchObject({
      fact: { case: "accepted" },
      actor: { institution: "hub", worker: "op-1", channel: Channel.PHONE, onBehalfOf: "house-a" },
    });
  });

  it.each([
    ["accept", "sender", "only-performer"],
    ["cancel", "house-a", "only-requester"],
    ["accept", "stranger", "not-a-party"],
    ["mark-in-error", "sender", "own-act-only"],
    ["acknowledge", "sender", "own-act-only"],
    ["dispute", "house-a", "own-act-only"],
    ["reroute", "house-a", "own-act-only"],
  ] as const)("is held to the same rules: %s for %s is refused as %s", (act, institution, code) => {
    const story = new Story();
    story.tell(asks());
    expect(story.tell(usual(act, story.now), told(institution)).refusal).toBe(code);
  });

  it("is never a request, and never a notice of delivery", () => {
    expect(new Story().tell(asks(), told("sender")).refusal).toBe("own-act-only");
    const { story } = acceptedByPhone();
    expect(RECORDABLE).not.toContain("request");
    expect(story.tell(usual("record-delivered", 0), { by: "house-a" }).refusal).toBe("only-hub");
  });

  it("is not believed of an institution that says that it speaks for another", () => {
    const story = new Story();
    story.tell(asks());
    const actor = { institution: "stranger", worker: "w-1", channel: Channel.WEBHOOK, onBehalfOf: "house-a" };
    expect(story.tell(usual("accept", 0), { actor }).refusal).toBe("not-a-party");
    expect(story.tell(usual("accept", 0), { actor: { ...actor, institution: "hub" } }).refusal).toBe("not-a-party");
  });

  it("sends a returned referral on under the basis that stands, and takes no new one by telephone", () => {
    const story = new Story();
    story.tell(asks({ performer: "stranger" }));
    expect(story.referral().phase).toBe("returned");
    const consent = { ...ANYONE, recipientClass: "", recipients: ["nobody"] };
    const { events } = story.tell({ case: "redirect", value: { performer: "house-b", consent } }, told("sender"));
    expect(events[0]).toMatchObject({ performer: "house-b", actor: { onBehalfOf: "sender" } });
    expect(events[0]?.fact.value).toMatchObject({ chosenBy: "chosen-by-requester" });
    expect(events[0]?.fact.value).not.toHaveProperty("consent");
    expect(story.referral().consent.recipientClass).toBe("any");
  });
});

describe("a dispute", () => {
  it("is recorded with its reason and undoes nothing", () => {
    const { story, event } = acceptedByPhone();
    const { events } = story.tell(dispute(event), { by: "house-a" });
    expect(factsOf(events)).toEqual(["disputed"]);
    expect(events[0]?.fact.value).toMatchObject({ eventId: event, reasonCode: "not-said" });
    expect(story.referral().phase).toBe("accepted");
    expect(story.tell(dispute(event), { by: "house-a" }).refusal).toBe("already-recorded");
    expect(story.tell(dispute(event, "other"), { by: "house-a" }).refusal).toBe("contradicts-recorded");
  });

  it("is for the institution on whose behalf it was recorded, and for such an event alone", () => {
    const { story, event } = acceptedByPhone();
    expect(story.tell(dispute(event), { by: "sender" }).refusal).toBe("not-on-behalf");
    expect(story.tell(dispute(event), { by: "stranger" }).refusal).toBe("not-a-party");
    expect(story.tell(dispute(eventId("command-1", 0)), { by: "house-a" }).refusal).toBe("not-on-behalf");
    expect(story.tell(dispute(event, ""), { by: "house-a" }).refusal).toBe("reason-required");
  });

  it("outlives the end of the referral", () => {
    const { story } = acceptedByPhone();
    story.tell(usual("complete", 0), told("house-a"));
    expect(story.tell(dispute(eventId("command-3", 0)), { by: "house-a" }).refusal).toBeUndefined();
    expect(story.referral().phase).toBe("completed");
  });
});

describe("a referral that an operator takes away", () => {
  it("ends as cancelled, and its successor goes to the next candidate", () => {
    const story = new Story();
    story.tell(asks());
    const { events } = story.tell(usual("reroute", 0), { by: "hub" });
    expect(factsOf(events)).toEqual(["cancelled", "requested", "addressed"]);
    expect(events[0]?.fact.value).toMatchObject({ reasonCode: "rerouted" });
    expect(events[2]?.fact.value).toMatchObject({ chosenBy: "chosen-by-hub" });
    expect(story.referral(1)).toMatchObject({ phase: "cancelled", replacedBy: SECOND });
    expect(story.referral(2)).toMatchObject({ phase: "requested", performer: "house-b", requester: "sender" });
    expect(story.tell(usual("accept", 0), { by: "house-a" }).refusal).toBe("ended");
  });

  it("goes to the institution that the operator names, who is on record", () => {
    const story = new Story();
    story.tell(asks());
    const actor = { institution: "hub", worker: "op-1", channel: Channel.STAFF };
    const value = { performer: "house-c", reasonCode: "closed" };
    const { events } = story.tell({ case: "reroute", value }, { actor });
    expect(events[2]).toMatchObject({ performer: "house-c", actor: { worker: "op-1", channel: Channel.STAFF } });
    expect(events[2]?.fact.value).toMatchObject({ chosenBy: "chosen-by-operator" });
  });

  it("comes back to the requester where the basis covers nobody else", () => {
    const story = new Story();
    story.tell(asks({ consent: { ...ANYONE, recipientClass: "", recipients: ["house-a"] } }));
    const { events } = story.tell(usual("reroute", 0), { by: "hub" });
    expect(factsOf(events)).toEqual(["cancelled", "requested", "returned"]);
    expect(events[2]?.expectation).toMatchObject({ institution: "sender" });
    const other = new Story();
    other.tell(asks({ consent: { ...ANYONE, recipientClass: "", recipients: ["house-a"] } }));
    const named = { case: "reroute" as const, value: { performer: "house-b", reasonCode: "closed" } };
    expect(factsOf(other.tell(named, { by: "hub" }).events)).toEqual(["cancelled", "requested", "returned"]);
  });

  it("needs a reason, and an operator of the hub", () => {
    const story = new Story();
    story.tell(asks());
    expect(story.tell({ case: "reroute", value: {} }, { by: "hub" }).refusal).toBe("reason-required");
    expect(story.tell(usual("reroute", 0), { by: "sender" }).refusal).toBe("only-hub");
  });

  it("leaves an accepted one, unless the acceptance was recorded on behalf of its performer and is disputed", () => {
    const { story, event } = acceptedByPhone();
    expect(story.tell(usual("reroute", 0), { by: "hub" }).refusal).toBe("already-accepted");
    story.tell(dispute(event), { by: "house-a", at: story.now + HOUR });
    const { events } = story.tell(usual("reroute", 0), { by: "hub" });
    expect(factsOf(events)).toEqual(["cancelled", "requested", "addressed"]);
    expect(events[0]).toMatchObject({ referralId: FIRST, performer: "house-a" });
  });
});

describe("a record that was given up", () => {
  it("is an event of its case, also where the case has no other", () => {
    const story = new Story();
    const { events } = story.tell(usual("record-set-aside", 0), { by: "hub" });
    expect(events[0]).toMatchObject({ version: 1n, requester: "", fact: { case: "setAside" } });
    expect(events[0]?.fact.value).toMatchObject({ staff: ["one", "two"], institution: "house-a" });
    expect(story.tell(asks()).refusal).toBeUndefined();
  });
});
