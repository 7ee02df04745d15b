// A person confirms (I10): the hub proposes with its reasons, the requester's worker chooses; declined, the next is proposed.
import { ActorSchema, Channel, ConsentBasis, Decision, RoadmapSchema, create } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { ANYONE, QUITO, Story, asks, directoryOf, factsOf, usual } from "./scenario.ts";

const PROPOSE = asks({ decision: "propose" });
const chooses = (performer: string) => ({ case: "choose", value: { performer, reasonCode: "closer" } }) as const;

describe("a request that asks for proposals", () => {
  it("is proposed with every candidate's criteria, and goes where the worker chooses", () => {
    // Given a request that lets the hub propose
    const story = new Story();
    const asked = story.tell(PROPOSE);
    // Then nobody is addressed, and the requester has the candidates in ranked order
    expect(factsOf(asked.events)).toEqual(["requested", "returned"]);
    const proposal = asked.events[1]!;
    expect(proposal).toMatchObject({
      performer: "",
      expectation: { institution: "sender", acts: ["choose", "cancel"] },
    });
    const { candidates } = proposal.fact.value as { candidates: { institution: string; criteria: unknown[] }[] };
    expect(candidates.map(({ institution }) => institution)).toEqual(["house-a", "house-b", "house-c"]);
    expect(candidates.every(({ criteria }) => criteria.length > 8)).toBe(true);
    expect(proposal.requesterMay).toContain("choose");
    // When its worker chooses the second, with a reason
    const chosen = story.tell(chooses("house-b"));
    expect(chosen.events[0]).toMatchObject({
      performer: "house-b",
      actor: { institution: "sender", worker: "op-7" },
      fact: { case: "addressed", value: { chosenBy: "chosen-by-requester", reasonCode: "closer" } },
    });
    expect(chosen.events[0]!.requesterMay).not.toContain("choose");
  });

  it("that is declined is proposed again, without the one that declined", () => {
    const story = new Story();
    story.tell(PROPOSE);
    story.tell(chooses("house-a"));
    const declined = story.tell(usual("reject", story.now), { by: "house-a" });
    expect(factsOf(declined.events)).toEqual(["rejected", "requested", "returned"]);
    expect(story.referral(2)).toMatchObject({ proposed: true, phase: "returned" });
    // The sender may answer for the first referral: it means the one that goes on.
    story.tell(chooses("house-b"));
    expect(story.referral(2).performer).toBe("house-b");
  });

  it("is on the worklist where there is nobody to propose, never silent", () => {
    const story = new Story(directoryOf({ institutions: [{ id: "sender" }], services: [] }));
    expect(factsOf(story.tell(PROPOSE).events)).toEqual(["requested", "worklisted"]);
  });

  it("needs a reason and a worker; whom it does not fit is not addressed", () => {
    const story = new Story();
    story.tell(PROPOSE);
    expect(story.tell({ case: "choose", value: { performer: "house-a" } }).refusal).toBe("reason-required");
    const nameless = { actor: create(ActorSchema, { institution: "sender", channel: Channel.WEBHOOK }) };
    expect(story.tell(chooses("house-a"), nameless).refusal).toBe("worker-required");
    expect(story.tell(chooses("house-a"), { by: "stranger" }).refusal).toBe("not-a-party");
    const unfit = story.tell(chooses("stranger"));
    expect(unfit.events[0]?.fact).toMatchObject({ case: "returned", value: { reasonCode: "addressed-not-usable" } });
    expect(story.tell(chooses("house-a")).refusal).toBe("nothing-proposed");
  });
});

describe("a stage of a roadmap", () => {
  const city = (decision: Decision) =>
    directoryOf({
      institutions: [{ id: "sender" }, { id: "house-a" }],
      services: [{ id: "beds-a", institution: "house-a" }],
      roadmaps: [
        create(RoadmapSchema, {
          id: "R99",
          version: 1,
          stages: [
            {
              id: "R99.1",
              order: 1,
              serviceTypes: ["ALO-FAM"],
              mandatory: true,
              bases: [ConsentBasis.EXPLICIT],
              decision,
            },
          ],
        }),
      ],
    });

  it.each([
    ["proposes unless it says otherwise", Decision.PROPOSE, "", "returned"],
    ["proposes even where the sender would not", Decision.PROPOSE, "automatic", "returned"],
    ["that gives a reason for it lets the hub choose", Decision.AUTOMATIC, "", "addressed"],
    ["that lets the hub choose proposes where the sender wants it", Decision.AUTOMATIC, "propose", "returned"],
  ] as const)("%s", (_name, decision, asked, fact) => {
    const story = new Story(city(decision));
    story.tell(asks({ roadmapId: "R99", decision: asked }));
    expect(story.facts()).toContain(fact);
  });

  it("asks nobody where the sender names the institution itself", () => {
    const story = new Story(city(Decision.PROPOSE));
    story.tell(asks({ roadmapId: "R99", performer: "house-a" }));
    expect(story.referral().performer).toBe("house-a");
  });
});

it("without a roadmap and without a word of the sender the hub chooses, as ever", () => {
  const story = new Story(QUITO);
  story.tell(asks({ consent: ANYONE as never }));
  expect(story.referral().performer).toBe("house-a");
});
