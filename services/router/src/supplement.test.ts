// Stories of corrections: what is superseded, who is told of it and takes note, and what each party may do next.
import { ConsentBasis, Priority, SectionKind, eventId, referralId } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { decodeCase, encodeCase } from "./case-codec.ts";
import { parseRouting } from "./routing.ts";
import { CASE, FIRST, HOUR, PERSON, Story, asks, directoryOf, factsOf, resultOf, sealed, usual } from "./scenario.ts";

const SECOND = referralId(CASE, 2);
const IDENTITY = sealed("s-identity", PERSON, SectionKind.IDENTITY);
const NOTE = sealed("s-note", CASE, SectionKind.NARRATIVE);
const correction = (...supersedes: string[]) => ({ case: "supplement" as const, value: { supersedes } });
const noted = (id: string) => ({ case: "acknowledgeSupplement" as const, value: { eventId: id } });

/** A request with an identity and a note. */
function asked(): Story {
  const story = new Story();
  story.tell(asks(), { sections: [IDENTITY, NOTE, sealed("s-raw", CASE, SectionKind.RAW)] });
  return story;
}

/** The same, accepted by the first house, and its identity corrected by the fourth command of the story. */
function corrected(): Story {
  const story = asked();
  story.tell(usual("accept", 0), { by: "house-a" });
  story.tell(usual("start", 0), { by: "house-a" });
  const { refusal } = story.tell(correction("s-identity"), {
    sections: [sealed("s-better", PERSON, SectionKind.IDENTITY)],
    commandId: "fourth",
  });
  expect(refusal).toBeUndefined();
  return story;
}

describe("a supplement", () => {
  it("takes the place of what its sender sent, is told to the other party, and changes nothing of where the referral stands", () => {
    const story = corrected();
    const [event] = story.events.slice(-1);
    expect(event).toMatchObject({
      referralId: FIRST,
      fact: { case: "supplemented", value: { supersedes: ["s-identity"] } },
      sections: [{ sectionId: "s-better" }],
      expectation: { institution: "house-a", acts: ["schedule", "complete"] },
    });
    expect(Object.keys(story.state.sections).sort()).toEqual(["s-better", "s-note"]);
    expect(story.referral().phase).toBe("in-progress");
    expect(story.referral().supplements).toEqual({ [eventId("fourth", 0)]: { to: "house-a", acknowledged: false } });
  });

  it("is taken note of once, by whom it was told to, and by nobody else", () => {
    const story = corrected();
    const id = eventId("fourth", 0);
    expect(story.tell(noted(id)).refusal).toBe("supplement-not-found");
    expect(story.tell(noted("toString"), { by: "house-a" }).refusal).toBe("supplement-not-found");
    const { events } = story.tell(noted(id), { by: "house-a" });
    expect(events).toMatchObject([{ fact: { case: "supplementAcknowledged", value: { eventId: id } } }]);
    expect(story.referral().supplements[id]?.acknowledged).toBe(true);
    expect(story.tell(noted(id), { by: "house-a" }).refusal).toBe("already-recorded");
  });

  it("may be taken note of after the end, but not sent any more", () => {
    const story = corrected();
    story.tell(usual("complete", 0), { by: "house-a" });
    expect(story.tell(correction("s-better")).refusal).toBe("ended");
    expect(story.tell(noted(eventId("fourth", 0)), { by: "house-a" }).refusal).toBeUndefined();
  });

  it("of what another sent, of what is superseded, of evidence, and of a second identity is refused", () => {
    const story = corrected();
    expect(story.tell(correction("s-note"), { by: "house-a" }).refusal).toBe("section-not-yours");
    expect(story.tell(correction("s-identity")).refusal).toBe("section-not-found");
    expect(story.tell(correction("s-raw")).refusal).toBe("section-not-found");
    const second = [sealed("s-third", PERSON, SectionKind.IDENTITY)];
    expect(story.tell(correction(), { sections: second }).refusal).toBe("section-exists");
    const twice = [...second, sealed("s-fourth", PERSON, SectionKind.IDENTITY)];
    expect(story.tell(correction("s-better"), { sections: twice }).refusal).toBe("section-exists");
  });

  it("may only take back, without anything in its place", () => {
    const story = asked();
    expect(factsOf(story.tell(correction("s-identity", "s-identity")).events)).toEqual(["supplemented"]);
    expect(Object.keys(story.state.sections)).toEqual(["s-note"]);
    expect(story.events.at(-1)?.fact.value).toMatchObject({ supersedes: ["s-identity"] });
  });

  it("of the performer adds narratives and replaces its own notes", () => {
    const story = asked();
    const own = [sealed("s-own", CASE, SectionKind.NARRATIVE)];
    story.tell(usual("accept", 0), { by: "house-a", sections: own });
    const better = [sealed("s-own-2", CASE, SectionKind.NARRATIVE), sealed("s-told", PERSON, SectionKind.NARRATIVE)];
    story.tell(correction("s-own"), { by: "house-a", sections: better, commandId: "own" });
    expect(Object.keys(story.state.sections).sort()).toEqual(["s-identity", "s-note", "s-own-2", "s-told"]);
    expect(story.referral().supplements[eventId("own", 0)]?.to).toBe("sender");
    expect(story.tell(noted(eventId("own", 0))).refusal).toBeUndefined();
  });

  it("is told to nobody while nobody has the referral", () => {
    const story = new Story();
    story.tell(asks({ serviceType: "DOC-REF" }), { sections: [IDENTITY] });
    story.tell(correction("s-identity"), { commandId: "alone" });
    expect(story.referral().supplements[eventId("alone", 0)]?.to).toBe("");
    expect(story.events.at(-1)?.requesterMay).not.toContain("acknowledge-supplement");
  });

  it("belongs to the requester too when it came with a choice that the hub then could not follow", () => {
    const story = new Story();
    story.tell(asks({ consent: { basis: ConsentBasis.EXPLICIT, recipients: ["elsewhere"] } }));
    const consent = { basis: ConsentBasis.EXPLICIT, recipients: ["nowhere"] };
    story.tell({ case: "redirect", value: { consent } }, { sections: [NOTE] });
    expect(story.events.at(-1)).toMatchObject({ fact: { case: "returned" }, actor: { institution: "hub" } });
    expect(story.tell(correction("s-note")).refusal).toBeUndefined();
  });
});

describe("a correction after the referral went on to another institution", () => {
  it("reaches the successor, and each institution that served before and held what is superseded", () => {
    const story = asked();
    story.tell(usual("accept", 0), { by: "house-a" });
    story.tell(usual("fail", 0), { by: "house-a" });
    // The requester may still name the first referral.
    const better = [sealed("s-better", PERSON, SectionKind.IDENTITY)];
    const { events } = story.tell(correction("s-identity"), { sections: better, commandId: "both" });
    expect(events.map((e) => [e.referralId, e.performer, e.sections.length])).toEqual([
      [SECOND, "house-b", 1],
      [FIRST, "house-a", 0],
    ]);
    expect(story.referral(2).supplements).toEqual({ [eventId("both", 0)]: { to: "house-b", acknowledged: false } });
    expect(story.referral(1).supplements).toEqual({ [eventId("both", 1)]: { to: "house-a", acknowledged: false } });
    expect(story.tell(noted(eventId("both", 1)), { by: "house-a" }).refusal).toBeUndefined();
    // What the first house never had is no news to it.
    const third = story.tell(correction("s-better"));
    expect(third.events.map((e) => e.referralId)).toEqual([SECOND]);
  });

  it("is no news to an institution that never accepted", () => {
    const story = asked();
    story.tell(usual("reject", 0), { by: "house-a" });
    expect(story.tell(correction("s-identity")).events.map((e) => e.referralId)).toEqual([SECOND]);
  });

  it("is not for an institution whose part has ended", () => {
    const story = asked();
    story.tell(usual("accept", 0), { by: "house-a", sections: [sealed("s-own", CASE, SectionKind.NARRATIVE)] });
    story.tell(usual("fail", 0), { by: "house-a" });
    expect(story.tell(correction("s-own"), { by: "house-a" }).refusal).toBe("ended");
  });
});

describe("what choosing rests on, corrected", () => {
  it("counts alone from then on: the age that stands in clear with the request does not come back", () => {
    const facts = parseRouting(Buffer.from(JSON.stringify({ ageBand: { absent: "unknown" } })));
    const adults = { id: "beds-a", institution: "house-a", ageBands: ["18-59"] };
    const directory = directoryOf({ institutions: [{ id: "sender" }, { id: "house-a" }], services: [adults] });
    const story = new Story(directory, new Map([[PERSON, facts]]));
    story.tell(asks({ ageBand: "0-4" }));
    expect(resultOf(story, "house-a", "age")).toMatchObject({ met: true, unknown: true });
    expect(story.referral().performer).toBe("house-a");
  });
});

describe("a case that was stored before there were supplements", () => {
  it("is read, with nothing in force that could be superseded", () => {
    const { sections: _, ...stored } = JSON.parse(encodeCase(asked().state)) as Record<string, unknown>;
    const [{ supplements: __, ...referral } = {}] = stored.referrals as Record<string, unknown>[];
    const read = decodeCase(JSON.stringify({ ...stored, referrals: [referral] }));
    expect(read.sections).toEqual({});
    expect(read.referrals[FIRST]?.supplements).toEqual({});
  });
});

describe("what each party may do", () => {
  it("is said by every event that says where the referral stands", () => {
    const story = asked();
    const [requested, addressed] = story.events;
    expect(requested).toMatchObject({ requesterMay: [], performerMay: [] });
    expect(addressed?.requesterMay).toEqual(["cancel", "mark-in-error", "supplement"]);
    expect(addressed?.performerMay).toEqual(["receive", "accept", "reject", "supplement"]);
    story.tell(usual("accept", 0), { by: "house-a" });
    expect(story.events.at(-1)?.performerMay).toEqual(
      "reject schedule report start hold complete fail supplement".split(" "),
    );
    story.tell(usual("record-delivered", 0), { by: "hub" });
    expect(story.events.at(-1)?.performerMay).toContain("start");
  });

  it("has the acknowledgement of a supplement and of the outcome while they are due, and no longer", () => {
    const story = corrected();
    expect(story.events.at(-1)?.performerMay).toContain("acknowledge-supplement");
    expect(story.events.at(-1)?.requesterMay).not.toContain("acknowledge-supplement");
    story.tell(noted(eventId("fourth", 0)), { by: "house-a" });
    expect(story.events.at(-1)?.performerMay).not.toContain("acknowledge-supplement");
    story.tell(usual("complete", 0), { by: "house-a" });
    expect(story.events.at(-1)).toMatchObject({ requesterMay: ["mark-in-error", "acknowledge"], performerMay: [] });
    story.tell(usual("acknowledge", 0));
    expect(story.events.at(-1)?.requesterMay).toEqual(["mark-in-error"]);
  });

  it("is nothing for a performer that is not chosen, and nothing of a refusal to an outsider", () => {
    const story = new Story();
    story.tell(asks({ serviceType: "DOC-REF", priority: Priority.NORMAL }));
    expect(story.events.at(-1)).toMatchObject({
      requesterMay: ["cancel", "mark-in-error", "redirect", "supplement"],
      performerMay: [],
    });
    const { events } = story.tell(usual("accept", 0), { by: "stranger", at: story.now + HOUR });
    expect(events[0]).toMatchObject({ requesterMay: [], performerMay: [] });
  });
});
