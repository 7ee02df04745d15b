// Stories of routing: refusal, a second candidate, completion; consent that stops it; institutions that cannot be addressed.
import { ConsentBasis, Priority, SectionKind } from "@ruta/events";
import { describe, expect, it } from "vitest";
import {
  ANYONE,
  CASE,
  FIRST,
  MONDAY,
  PERSON,
  QUITO,
  Story,
  asks,
  directoryOf,
  factsOf,
  resultOf,
  usual,
} from "./scenario.ts";

const SECOND = `${CASE}-2`;

describe("a referral that is rejected", () => {
  it("goes to the next candidate that the consent covers, and is closed there", () => {
    // Given a request that lets the hub choose
    const story = new Story();
    story.tell(asks());
    expect(story.referral().performer).toBe("house-a");
    // When the first house has no place
    const { events } = story.tell(usual("reject", story.now), { by: "house-a" });
    // Then the same decision opens a successor and addresses the second house
    expect(factsOf(events)).toEqual(["rejected", "requested", "addressed"]);
    expect(events.map((e) => e.referralId)).toEqual([FIRST, SECOND, SECOND]);
    expect(events[1]?.fact.value).toMatchObject({
      replaces: FIRST,
      personId: PERSON,
      serviceType: "ALO-FAM",
      addressedTo: "",
    });
    expect(story.referral(1)).toMatchObject({ phase: "rejected", replacedBy: SECOND, performer: "house-a" });
    expect(story.referral(2)).toMatchObject({ phase: "requested", performer: "house-b", requester: "sender" });
    expect(resultOf(story, "house-a", "already-tried")?.met).toBe(false);
    // And when the second one serves, the requester is expected to read the outcome
    story.tell(usual("accept", story.now), { by: "house-b", referralId: SECOND });
    const done = story.tell(usual("complete", story.now), { by: "house-b", referralId: SECOND });
    expect(done.events[0]?.expectation).toMatchObject({ institution: "sender", acts: ["acknowledge"] });
    const read = story.tell(usual("acknowledge", story.now), { referralId: SECOND });
    expect(read.events[0]?.expectation?.institution).toBe("");
    expect(story.facts().join(" ")).toBe(
      "requested addressed rejected requested addressed accepted completed acknowledged",
    );
  });

  it("opens a successor too when it is given up after acceptance", () => {
    const story = new Story();
    story.tell(asks());
    story.tell(usual("accept", story.now), { by: "house-a" });
    const { events } = story.tell(usual("fail", story.now), { by: "house-a" });
    expect(factsOf(events)).toEqual(["failed", "requested", "addressed"]);
    expect(story.referral(2).performer).toBe("house-b");
  });

  it("waits for the requester when the consent covers none of those that are left", () => {
    // Given consent to the first house alone
    const story = new Story();
    story.tell(asks({ consent: { ...ANYONE, recipientClass: "", recipients: ["house-a"] } }));
    // When it rejects
    const { events } = story.tell(usual("reject", story.now), { by: "house-a" });
    // Then the successor comes back to the requester with the candidates to agree to
    expect(factsOf(events)).toEqual(["rejected", "requested", "returned"]);
    const returned = events[2];
    expect(returned?.fact.value).toMatchObject({ reasonCode: "consent-does-not-cover", considered: 3 });
    expect(returned).toMatchObject({
      performer: "",
      expectation: { institution: "sender", acts: ["redirect", "cancel"] },
    });
    expect(resultOf(story, "house-b", "consent")?.met).toBe(false);
    // And when the requester brings a basis that names the second house, naming the rejected referral or the successor
    const consent = { ...ANYONE, recipientClass: "", recipients: ["house-b"] };
    const sent = story.tell({ case: "redirect", value: { performer: "house-b", consent } }, { referralId: FIRST });
    expect(sent.events[0]).toMatchObject({ referralId: SECOND, performer: "house-b", actor: { worker: "op-7" } });
    expect(sent.events[0]?.fact.value).toMatchObject({ chosenBy: "chosen-by-requester", consent });
    expect(story.referral(2).consent.recipients).toEqual(["house-b"]);
  });

  it("needs a basis with every redirection, and every later choice rests on that one", () => {
    const story = new Story();
    story.tell(asks({ consent: { ...ANYONE, recipientClass: "", recipients: ["house-a"] } }));
    story.tell(usual("reject", story.now), { by: "house-a" });
    expect(story.tell({ case: "redirect", value: { performer: "house-b" } }).refusal).toBe("consent-required");
    // The new basis covers both that are left, so the second rejection needs nobody's leave.
    const consent = { ...ANYONE, recipientClass: "", recipients: ["house-b", "house-c"] };
    story.tell({ case: "redirect", value: { performer: "house-b", consent } });
    story.tell(usual("reject", story.now), { by: "house-b", referralId: SECOND });
    expect(story.referral(3)).toMatchObject({ performer: "house-c", consent });
    expect(story.events.findLast(({ fact }) => fact.case === "requested")?.fact.value).toMatchObject({ consent });
  });

  it("goes to the worklist of the operators when nobody is left, never to a silent end", () => {
    const story = new Story();
    story.tell(asks());
    for (const [i, house] of ["house-a", "house-b", "house-c"].entries())
      story.tell(usual("reject", story.now), { by: house, referralId: `${CASE}-${i + 1}` });
    expect(story.events.at(-1)?.fact).toMatchObject({
      case: "worklisted",
      value: { reasonCode: "candidates-exhausted", considered: 3 },
    });
    expect(story.events.at(-1)?.expectation).toMatchObject({ institution: "hub", acts: ["redirect"] });
    // And an operator may try again, under the basis that stands and a worker's reference.
    const again = story.tell(
      { case: "redirect", value: { performer: "house-a" } },
      { by: "hub", referralId: `${CASE}-4` },
    );
    expect(again.events[0]).toMatchObject({
      performer: "house-a",
      fact: { value: { chosenBy: "chosen-by-operator" } },
    });
  });

  it("is not sent on once what choosing needs was erased", () => {
    const story = new Story(QUITO, "gone");
    story.tell(asks());
    expect(story.events.at(-1)?.fact).toMatchObject({ case: "worklisted", value: { reasonCode: "content-gone" } });
  });
});

describe("an institution that the sender addressed", () => {
  it("gets the referral before any that would rank higher", () => {
    const story = new Story();
    const { events } = story.tell(asks({ performer: "house-c" }));
    expect(events[1]).toMatchObject({ performer: "house-c", actor: { institution: "sender" } });
    expect(events[1]?.fact.value).toMatchObject({ serviceId: "beds-c", chosenBy: "addressed-by-sender" });
  });

  it("is known by the service alone", () => {
    const story = new Story();
    story.tell(asks({ serviceId: "beds-b" }));
    expect(story.referral().performer).toBe("house-b");
  });

  it.each([
    [
      "does not take referrals",
      directoryOf({
        institutions: [{ id: "sender" }, { id: "house-a" }, { id: "house-b" }],
        services: [
          { id: "beds-a", institution: "house-a", acceptsReferrals: false },
          { id: "beds-b", institution: "house-b" },
        ],
      }),
      "accepts-referrals",
    ],
    [
      "cannot be reached",
      directoryOf({
        institutions: [{ id: "sender" }, { id: "house-a" }, { id: "house-b" }],
        services: [
          { id: "beds-a", institution: "house-a" },
          { id: "beds-b", institution: "house-b" },
        ],
        unreachable: ["house-a"],
      }),
      "reachable",
    ],
    [
      "has no such service",
      directoryOf({
        institutions: [{ id: "sender" }, { id: "house-a" }, { id: "house-b" }],
        services: [{ id: "beds-b", institution: "house-b" }],
      }),
      "service-type",
    ],
  ])("and that %s makes the referral come back, with the criterion that was not met", (_, directory, criterion) => {
    const story = new Story(directory);
    const { events } = story.tell(asks({ performer: "house-a" }));
    expect(events[1]?.fact).toMatchObject({ case: "returned", value: { reasonCode: "addressed-not-usable" } });
    expect(resultOf(story, "house-a", criterion)?.met).toBe(false);
    expect(resultOf(story, "house-b", "consent")?.met).toBe(true);
  });

  it("never is the sender itself", () => {
    const directory = directoryOf({
      institutions: [{ id: "sender" }],
      services: [{ id: "own-beds", institution: "sender" }],
    });
    const story = new Story(directory);
    story.tell(asks({ performer: "sender" }));
    expect(story.referral().phase).toBe("returned");
    expect(resultOf(story, "sender", "requester-itself")?.met).toBe(false);
  });
});

describe("an emergency", () => {
  it("needs nobody's consent when life is at risk, and must be acknowledged within the hour", () => {
    const story = new Story();
    const { events } = story.tell(
      asks({
        priority: Priority.EMERGENCY,
        consent: { basis: ConsentBasis.VITAL, givenOn: "2026-11-23", evidence: "V-1" },
      }),
      { at: MONDAY },
    );
    expect(story.referral().performer).toBe("house-a");
    expect(Number(events[1]?.expectation?.until?.seconds)).toBe(MONDAY / 1000 + 3600);
  });
});

describe("every event", () => {
  it("carries what sent it, under which directory, and the sealed sections of the act unchanged", () => {
    const section = {
      sectionId: "s-1",
      subject: PERSON,
      kind: SectionKind.ROUTING,
      keyId: "k",
      ciphertext: Buffer.from([1, 2]),
    };
    const story = new Story();
    const { events } = story.tell(asks(), { sections: [section], at: MONDAY });
    expect(events.map((e) => Number(e.version))).toEqual([1, 2]);
    for (const event of events) {
      expect(event.directoryRevision).toBe(7n);
      expect(event.cause).toMatchObject({ partition: 3, offset: 1n, commandId: "command-1" });
      expect(event).toMatchObject({ requester: "sender", priority: Priority.URGENT, caseId: CASE });
      expect(Number(event.recordedAt?.seconds) * 1000).toBe(MONDAY);
    }
    expect(events[0]?.sections).toMatchObject([section]);
    expect(events[1]?.sections).toEqual([]);
  });

  it("of a refusal keeps the body as it came, and nothing that it tells of a person", () => {
    const sections = [SectionKind.RAW, SectionKind.NARRATIVE].map((kind) => ({
      sectionId: `s-${kind}`,
      subject: CASE,
      kind,
    }));
    const story = new Story();
    story.tell(asks());
    const { events } = story.tell(usual("complete", story.now), { by: "house-a", sections });
    expect(events[0]?.sections).toMatchObject([{ kind: SectionKind.RAW }]);
    const accepted = story.tell(usual("accept", story.now), { by: "house-a", sections });
    expect(accepted.events[0]?.sections).toMatchObject(sections);
  });

  it("of a choice records the first 25 candidates and says how many there were", () => {
    const houses = Array.from({ length: 40 }, (_, i) => `house-${String(i).padStart(2, "0")}`);
    const directory = directoryOf({
      institutions: houses.map((id) => ({ id })),
      services: houses.map((institution) => ({ id: `beds-${institution}`, institution })),
    });
    const story = new Story(directory);
    const value = story.tell(asks()).events[1]?.fact.value;
    expect(value).toMatchObject({ considered: 40 });
    expect((value as { candidates: unknown[] }).candidates).toHaveLength(25);
  });

  it("is never earlier than the one before it, whatever the log's clock said", () => {
    const story = new Story();
    story.tell(asks(), { at: MONDAY });
    const { events } = story.tell(usual("receive", MONDAY), { by: "house-a", at: MONDAY - 5000 });
    expect(Number(events[0]?.recordedAt?.seconds) * 1000).toBe(MONDAY);
  });
});
