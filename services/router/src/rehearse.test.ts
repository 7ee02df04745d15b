// Rehearsals from the request to the end: chosen like real referrals, answered by the counterpart, and closed to everybody else.
import { ACTS, COUNTERPART, Channel, SectionKind } from "@ruta/events";
import type { ReferralCommand, ReferralEvent } from "@ruta/events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCase, encodeCase } from "./case-codec.ts";
import type { Decision } from "./decide.ts";
import { rehearse } from "./rehearse.ts";
import { ANYONE, CASE, PERSON, Story, asks, directoryOf, resultOf, sealed, usual } from "./scenario.ts";
import type { DirectorySketch } from "./scenario.ts";

const SECOND = `${CASE}-2`;
/** More answers than any way through the lifecycle has: a counterpart that goes on and on is found out. */
const BOUND = 12;

type Fields = Parameters<typeof asks>[0];

/** Tells the request, then every answer of the counterpart to its end. */
function rehearsed(rehearsal: string, fields: Fields = {}, story = new Story()): Story {
  const { events } = story.tell(asks({ rehearsal, ...fields }));
  return answered(story, events);
}

function answered(story: Story, events: readonly ReferralEvent[]): Story {
  const waiting = events.flatMap((event) => rehearse(event) ?? []);
  for (let n = 0; waiting.length > 0; n += 1) {
    expect(n).toBeLessThan(BOUND);
    const { $typeName: _, act, ...rest } = waiting.shift()!;
    waiting.push(...story.tell(act, rest).events.flatMap((event) => rehearse(event) ?? []));
  }
  return story;
}

const lastSay = ({ events }: Story, name: string) => events.findLast(({ fact }) => fact.case === name);

describe("a rehearsal", () => {
  it("as `complete` is served to its end by the counterpart, and says to whom a real one would have gone", () => {
    // Given a request that lets the hub choose, marked; when the counterpart answers
    const story = rehearsed("complete", { placerNumber: "A-17" });
    // Then it goes the whole way
    expect(story.facts().join(" ")).toBe("requested addressed received accepted started completed");
    expect(story.events[1]).toMatchObject({
      performer: COUNTERPART,
      fact: { value: { rehearsedAs: "house-a", serviceId: "beds-a", chosenBy: "chosen-by-hub", considered: 3 } },
    });
    for (const { actor } of story.events.slice(2))
      expect(actor).toMatchObject({ institution: COUNTERPART, worker: "simulated", channel: Channel.HUB });
    expect(story.events.at(-1)?.fact.value).toMatchObject({ outcomeCode: "served" });
    // And the requester reads the outcome, as it would
    expect(story.events.at(-1)?.expectation).toMatchObject({ institution: "sender", acts: ["acknowledge"] });
    expect(story.tell(usual("acknowledge", story.now)).refusal).toBeUndefined();
  });

  it("as `reject` is rejected by the first, served by the second, and does not go to the same twice", () => {
    const story = rehearsed("reject");
    expect(story.facts().join(" ")).toBe(
      "requested addressed rejected requested addressed received accepted started completed",
    );
    expect(story.referral(1)).toMatchObject({ phase: "rejected", rehearsedAs: "house-a", replacedBy: SECOND });
    expect(story.referral(2)).toMatchObject({ phase: "completed", rehearsedAs: "house-b", performer: COUNTERPART });
    expect(resultOf(story, "house-a", "already-tried")?.met).toBe(false);
  });

  it("as `silent` is never answered, and its requester can withdraw it", () => {
    const story = rehearsed("silent");
    expect(story.facts()).toEqual(["requested", "addressed"]);
    expect(story.events[1]?.expectation).toMatchObject({ institution: COUNTERPART });
    expect(story.tell(usual("cancel", story.now)).events[0]?.fact.case).toBe("cancelled");
  });

  it("goes to whom its sender addressed, in name alone", () => {
    const story = rehearsed("complete", { performer: "house-c" });
    expect(story.referral()).toMatchObject({ performer: COUNTERPART, rehearsedAs: "house-c" });
    expect(story.events[1]?.fact.value).toMatchObject({ chosenBy: "addressed-by-sender" });
  });

  it("comes back to its requester where a real one would, and goes on when it is redirected", () => {
    const story = rehearsed("reject", { consent: { ...ANYONE, recipientClass: "", recipients: ["house-a"] } });
    expect(story.facts().join(" ")).toBe("requested addressed rejected requested returned");
    expect(story.events.at(-1)?.expectation).toMatchObject({ institution: "sender", acts: ["redirect", "cancel"] });
    const consent = { ...ANYONE, recipientClass: "", recipients: ["house-b"] };
    const { events } = story.tell({ case: "redirect", value: { performer: "house-b", consent } });
    expect(events[0]).toMatchObject({ referralId: SECOND, performer: COUNTERPART });
    answered(story, events);
    expect(story.referral(2)).toMatchObject({ phase: "completed", rehearsedAs: "house-b" });
  });

  it("with nobody to go to is told so, and nobody answers it", () => {
    const story = rehearsed("complete", { serviceType: "LEG" });
    expect(story.facts()).toEqual(["requested", "worklisted"]);
    expect(story.events[1]).toMatchObject({ performer: "", rehearsal: "complete" });
  });

  it("takes the same acts of its requester as a real one: a supplement, and a request to cancel", () => {
    const quiet = rehearsed("silent");
    const sections = [sealed("s-1", PERSON, SectionKind.IDENTITY)];
    const added = quiet.tell(usual("supplement", quiet.now), { sections });
    expect(added.events[0]).toMatchObject({ fact: { case: "supplemented" }, rehearsal: "silent" });
    expect(rehearse(added.events[0]!)).toBeUndefined();
    // A request to cancel that comes between two answers is confirmed, and what was on its way is refused.
    const story = new Story();
    story.tell(asks({ rehearsal: "complete" }));
    const { $typeName: _, act, ...rest } = rehearse(story.events.at(-1)!)!;
    const [received] = story.tell(act, rest).events;
    const { $typeName: __, act: accept, ...more } = rehearse(received!)!;
    const { events } = story.tell(accept, more);
    const cancelled = story.tell(usual("cancel", story.now)).events;
    answered(story, [...events, ...cancelled]);
    expect(story.facts().slice(-4)).toEqual(["accepted", "cancellation-requested", "refused", "cancelled"]);
    expect(lastSay(story, "refused")?.fact.value).toMatchObject({ code: "cancellation-requested" });
  });

  it("is marked in every event, also of what was refused, and in the case as it is stored", () => {
    const story = rehearsed("reject");
    story.tell(usual("accept", story.now), { by: "stranger" });
    const refused = new Story();
    refused.tell({ case: "request", value: { serviceType: "ALO-FAM", rehearsal: "silent" } });
    expect(refused.facts()).toEqual(["refused"]);
    expect(story.events.length).toBeGreaterThan(8);
    for (const event of story.events) expect(event.rehearsal).toBe("reject");
    for (const event of refused.events) expect(event.rehearsal).toBe("silent");
    expect(decodeCase(encodeCase(story.state)).rehearsal).toBe("reject");
  });

  it("of a word that this release does not know is a rehearsal all the same, and is not answered", () => {
    const story = rehearsed("hesitate");
    expect(story.facts()).toEqual(["requested", "addressed"]);
    expect(story.referral().performer).toBe(COUNTERPART);
  });

  it("cannot be made of a real case, nor a real case of it", () => {
    const real = new Story();
    real.tell(asks());
    expect(real.tell(asks({ rehearsal: "complete" })).refusal).toBe("case-exists");
    expect(real.events.map(({ rehearsal }) => rehearsal)).toEqual(["", "", ""]);
    const story = rehearsed("silent");
    expect(story.tell(asks()).refusal).toBe("case-exists");
    expect(story.state.rehearsal).toBe("silent");
  });
});

describe("the counterpart", () => {
  const channels = [Channel.HUB, Channel.WEBHOOK, Channel.STAFF, Channel.PHONE];
  const acts = ACTS.filter((act) => act !== "request");
  const as = (institution: string, channel: Channel, onBehalfOf = "") => ({
    actor: { institution, channel, onBehalfOf, worker: "simulated" },
  });

  it("names its commands by what they answer: the same event is answered once", () => {
    const story = rehearsed("complete");
    const ids = story.events.flatMap((event) => rehearse(event)?.commandId ?? []);
    expect(new Set(ids).size).toBe(4);
    expect(story.events.flatMap((event) => rehearse(event)?.commandId ?? [])).toEqual(ids);
  });

  it("has nothing to say to any event of a real case", () => {
    const story = new Story();
    story.tell(asks());
    for (const act of ["receive", "accept", "start", "complete"] as const)
      story.tell(usual(act, story.now), { by: "house-a" });
    expect(story.events).toHaveLength(6);
    for (const event of story.events) {
      expect(rehearse(event)).toBeUndefined();
      // Not even where an institution of that id had got into a directory.
      expect(rehearse({ ...event, performer: COUNTERPART })).toBeUndefined();
    }
  });

  it("comes to an end whatever the requester does between its answers, and leaves no real institution a part", () => {
    const kind = fc.constantFrom("complete", "reject", "silent");
    const steps = fc.array(fc.option(fc.constantFrom(...acts)), { maxLength: 12 });
    fc.assert(
      fc.property(kind, steps, (rehearsal, between) => {
        const story = new Story();
        const waiting: ReferralCommand[] = [];
        const tell = (decision: Decision) => {
          waiting.push(...decision.events.flatMap((event) => rehearse(event) ?? []));
        };
        const answer = () => {
          const { $typeName: _, act, ...rest } = waiting.shift()!;
          tell(story.tell(act, rest));
        };
        tell(story.tell(asks({ rehearsal })));
        for (const act of between)
          if (act !== null) tell(story.tell(usual(act, story.now)));
          else if (waiting.length > 0) answer();
        for (let n = 0; waiting.length > 0; n += 1) {
          expect(n).toBeLessThan(BOUND * (1 + between.length));
          answer();
        }
        for (const { performer } of Object.values(story.state.referrals))
          expect([COUNTERPART, ""]).toContain(performer);
        for (const event of story.events) expect(event.rehearsal).toBe(rehearsal);
      }),
      { numRuns: 300 },
    );
  });

  it("is never heard on a real case, in whatever state, by whatever act and channel", () => {
    const act = fc.constantFrom(...acts);
    const by = fc.constantFrom("sender", "house-a", "house-b", "hub");
    const walk = fc.array(fc.tuple(act, by), { maxLength: 8 });
    const pretended = fc.tuple(act, fc.constantFrom(...channels), fc.boolean());
    fc.assert(
      fc.property(walk, pretended, (steps, [said, channel, forAnother]) => {
        const story = new Story();
        story.tell(asks());
        for (const [step, who] of steps) story.tell(usual(step, story.now), { by: who });
        const before = story.state.referrals;
        const actor = forAnother ? as("hub", channel, COUNTERPART) : as(COUNTERPART, channel);
        expect(story.tell(usual(said, story.now), actor).refusal).toBe("not-a-party");
        expect(story.state.referrals).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it("is never heard on a real case even where a directory holds an institution of its id", () => {
    const sketch: DirectorySketch = {
      institutions: [{ id: "sender" }, { id: COUNTERPART }],
      services: [{ id: "beds", institution: COUNTERPART }],
    };
    const story = new Story(directoryOf(sketch));
    story.tell(asks());
    for (const channel of channels)
      expect(story.tell(usual("accept", story.now), as(COUNTERPART, channel)).refusal).toBe("not-a-party");
    const asking = new Story(directoryOf(sketch));
    expect(asking.tell(asks(), { by: COUNTERPART }).refusal).toBe("not-a-party");
  });

  it("is nobody else: no institution answers for it, neither the one it stands for nor one that takes its id", () => {
    for (const act of acts) {
      const story = rehearsed("silent");
      const before = story.state.referrals;
      for (const [by, channel] of [
        ["house-a", Channel.WEBHOOK],
        ["stranger", Channel.WEBHOOK],
        [COUNTERPART, Channel.WEBHOOK],
        [COUNTERPART, Channel.STAFF],
      ] as const)
        expect(story.tell(usual(act, story.now), as(by, channel)).refusal, `${act} by ${by}`).toBe("not-a-party");
      expect(story.state.referrals).toEqual(before);
    }
  });
});
