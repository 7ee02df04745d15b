// Stories of acts that cross: cancelling against completing, late deliveries, answers that come twice or contradict.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Priority, eventId } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { DAY, HOUR, Story, asks, factsOf, usual } from "./scenario.ts";

/** An accepted referral whose requester has asked to cancel it. */
function withdrawn(): Story {
  const story = new Story();
  story.tell(asks());
  story.tell(usual("accept", story.now), { by: "house-a" });
  story.tell(usual("cancel", story.now));
  return story;
}

/** Delivery says that the performer took the request to cancel, the third command of the story. */
function told(story: Story, at: number) {
  return story.tell(
    { case: "recordDelivered", value: { eventId: eventId("command-3", 0), institution: "house-a", attempts: 1 } },
    { by: "hub", at },
  );
}

describe("a cancellation", () => {
  it("takes effect at once before acceptance", () => {
    const story = new Story();
    story.tell(asks());
    const { events } = story.tell(usual("cancel", story.now));
    expect(factsOf(events)).toEqual(["cancelled"]);
    expect(events[0]?.expectation?.institution).toBe("");
  });

  it("is a request after acceptance, which the performer confirms within 48 hours", () => {
    const story = withdrawn();
    const asked = story.events.at(-1);
    expect(asked?.fact.case).toBe("cancellationRequested");
    expect(asked?.expectation).toMatchObject({ institution: "house-a", acts: ["confirm-cancellation", "complete"] });
    expect(Number(asked?.expectation?.until?.seconds) * 1000).toBe(story.now + 48 * HOUR);
    const { events } = story.tell(usual("confirm-cancellation", story.now), { by: "house-a" });
    expect(factsOf(events)).toEqual(["cancelled"]);
    expect(events[0]?.expectation).toMatchObject({ institution: "sender", acts: ["acknowledge"] });
  });

  it("loses against an outcome reached before the performer was told", () => {
    const story = withdrawn();
    const reachedAt = timestampFromMs(story.now);
    told(story, story.now + HOUR);
    const act = { case: "complete" as const, value: { outcomeCode: "served", reachedAt } };
    const { events } = story.tell(act, { by: "house-a", at: story.now + HOUR });
    expect(factsOf(events)).toEqual(["completed"]);
  });

  it("wins over an outcome reached after the performer was told", () => {
    const story = withdrawn();
    told(story, story.now + HOUR);
    const { refusal } = story.tell(usual("complete", story.now), { by: "house-a", at: story.now + HOUR });
    expect(refusal).toBe("outcome-after-cancellation");
    expect(story.referral().phase).toBe("cancellation-requested");
  });

  it("is not told to the performer by an event that another institution took", () => {
    const story = withdrawn();
    const value = { eventId: eventId("command-3", 0), institution: "sender", attempts: 1 };
    story.tell({ case: "recordDelivered", value }, { by: "hub" });
    expect(story.tell(usual("complete", story.now), { by: "house-a" }).refusal).toBeUndefined();
  });

  it("is confirmed by the hub only after 48 hours of silence", () => {
    const story = withdrawn();
    const asked = story.now;
    expect(story.tell(usual("confirm-cancellation", 0), { by: "hub", at: asked + 47 * HOUR }).refusal).toBe(
      "too-early",
    );
    expect(factsOf(story.tell(usual("confirm-cancellation", 0), { by: "hub", at: asked + 48 * HOUR }).events)).toEqual([
      "cancelled",
    ]);
  });

  it("for want of an answer comes from the hub alone, after the time for deciding, and never for an emergency", () => {
    const silence = { case: "cancel" as const, value: { reasonCode: "no-response" } };
    const urgent = new Story();
    urgent.tell(asks({ priority: Priority.URGENT }));
    const asked = urgent.now;
    expect(urgent.tell(silence, { by: "hub", at: asked + 71 * HOUR }).refusal).toBe("too-early");
    expect(factsOf(urgent.tell(silence, { by: "hub", at: asked + 72 * HOUR }).events)).toEqual(["cancelled"]);
    const emergency = new Story();
    emergency.tell(asks({ priority: Priority.EMERGENCY }));
    expect(emergency.tell(silence, { by: "hub", at: emergency.now + 30 * DAY }).refusal).toBe("emergency-stays-open");
  });
});

describe("delivery", () => {
  it("is recorded on the case and changes nothing of the referral but that it was reached", () => {
    const story = new Story();
    story.tell(asks());
    const before = story.referral();
    for (const notice of ["record-delivered", "record-undeliverable", "record-delivery-late"] as const)
      story.tell(usual(notice, 0), { by: "hub" });
    expect(story.facts().slice(2)).toEqual(["delivered", "undeliverable", "delivery-late"]);
    expect(story.referral()).toEqual({ ...before, reached: true });
    expect(story.events.at(-1)).toMatchObject({ performer: "house-a", expectation: { institution: "house-a" } });
  });

  it("never means that the performer has received: that is its own answer", () => {
    const story = new Story();
    story.tell(asks());
    story.tell(usual("record-delivered", 0), { by: "hub" });
    expect(story.referral().phase).toBe("requested");
  });
});

describe("an answer", () => {
  it("given twice under two ids is told that it was recorded", () => {
    const story = new Story();
    story.tell(asks());
    story.tell(usual("accept", story.now), { by: "house-a" });
    expect(story.tell(usual("accept", story.now), { by: "house-a" }).refusal).toBe("already-recorded");
  });

  it("given twice with other content is told that it contradicts", () => {
    const story = new Story();
    story.tell(asks());
    story.tell(usual("accept", story.now), { by: "house-a" });
    const other = { case: "accept" as const, value: { fillerNumber: "B-2" } };
    expect(story.tell(other, { by: "house-a" }).refusal).toBe("contradicts-recorded");
    expect(story.referral().recorded.accept).toContain("B-1");
  });

  it("that comes again under its own id decides nothing", () => {
    const story = new Story();
    story.tell(asks());
    const version = story.state.version;
    expect(story.tell(usual("accept", story.now), { by: "house-a", commandId: "command-1" }).events).toEqual([]);
    expect(story.state.version).toBe(version);
  });

  it("that reports reception after acceptance is told so and changes nothing", () => {
    const story = new Story();
    story.tell(asks());
    story.tell(usual("accept", story.now), { by: "house-a" });
    expect(story.tell(usual("receive", story.now), { by: "house-a" }).refusal).toBe("already-accepted");
  });

  it("to a rejected referral does not reopen it", () => {
    const story = new Story();
    story.tell(asks());
    story.tell(usual("reject", story.now), { by: "house-a" });
    expect(story.tell(usual("accept", story.now), { by: "house-a" }).refusal).toBe("ended");
  });
});
