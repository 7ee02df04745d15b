// Stories of who is referred: accused institutions are never chosen, and a household stays together.
import { ConsentBasis, InstitutionType, Priority } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { parseRouting } from "./routing.ts";
import { PERSON, Story, asks, directoryOf, resultOf } from "./scenario.ts";

const CHILD = "p-zzzzzzzzzzzzzzzzzzzzzzzzzz";

const facts = (fields: object) => parseRouting(Buffer.from(JSON.stringify(fields)));

describe("an accused institution", () => {
  const directory = directoryOf({
    institutions: [
      { id: "sender" },
      { id: "police" },
      { id: "police-unit", parent: "police" },
      { id: "house-b", type: InstitutionType.CIVIL_SOCIETY },
    ],
    services: [
      { id: "beds-unit", institution: "police-unit" },
      { id: "beds-b", institution: "house-b" },
    ],
  });

  it("is never chosen, nor is a unit of it", () => {
    const story = new Story(directory, new Map([[PERSON, facts({ accused: ["police"] })]]));
    story.tell(asks());
    expect(story.referral().performer).toBe("house-b");
    expect(resultOf(story, "police-unit", "accused")?.met).toBe(false);
  });

  it("is not even addressed when the sender names it", () => {
    const story = new Story(directory, new Map([[PERSON, facts({ accused: ["police-unit"] })]]));
    story.tell(
      asks({ performer: "police-unit", priority: Priority.EMERGENCY, consent: { basis: ConsentBasis.VITAL } }),
    );
    expect(story.referral()).toMatchObject({ phase: "returned", performer: "" });
  });

  it("of one member is kept from the whole household", () => {
    const story = new Story(directory, new Map([[CHILD, facts({ accused: ["police-unit"] })]]));
    story.tell(asks({ members: [{ personId: CHILD, relation: "CHILD", ageBand: "5-11" }] }));
    expect(story.referral().performer).toBe("house-b");
  });
});

describe("a household", () => {
  const directory = directoryOf({
    institutions: [
      { id: "sender" },
      { id: "women" },
      { id: "adults" },
      { id: "families", type: InstitutionType.PRIVATE },
    ],
    services: [
      { id: "beds-adults", institution: "adults", ageBands: ["18-59", "60+"] },
      { id: "beds-women", institution: "women", sexes: ["female"], ageBands: ["0-4", "5-11", "18-59"] },
      { id: "beds-families", institution: "families" },
    ],
  });
  const woman = facts({ sex: "female", ageBand: "18-59" });

  it("is offered only where all of them can go", () => {
    const story = new Story(directory, new Map([[PERSON, facts({ sex: "male" })]]));
    story.tell(asks({ members: [{ personId: CHILD, relation: "CHILD", ageBand: "0-4" }] }));
    expect(story.referral().performer).toBe("families");
    expect(resultOf(story, "adults", "age")?.met).toBe(false);
    expect(resultOf(story, "women", "sex")?.met).toBe(false);
  });

  it("may bring a small son into a house for women, but not a grown one", () => {
    const small = new Story(
      directory,
      new Map([
        [PERSON, woman],
        [CHILD, facts({ sex: "male", ageBand: "5-11" })],
      ]),
    );
    small.tell(asks({ members: [{ personId: CHILD, relation: "CHILD", ageBand: "5-11" }] }));
    expect(small.referral().performer).toBe("women");
    const grown = new Story(
      directory,
      new Map([
        [PERSON, woman],
        [CHILD, facts({ sex: "male", ageBand: "18-59" })],
      ]),
    );
    grown.tell(asks({ members: [{ personId: CHILD, relation: "CHILD", ageBand: "18-59" }] }));
    expect(grown.referral().performer).toBe("adults");
  });

  it("does not make a boy who comes alone one who accompanies a woman", () => {
    const story = new Story(directory, new Map([[PERSON, facts({ sex: "male", ageBand: "5-11" })]]));
    story.tell(asks({ ageBand: "5-11" }));
    expect(story.referral().performer).toBe("families");
  });

  it("whose sex nobody knows is excluded nowhere for it, and the event says that it was not known", () => {
    const story = new Story(directory);
    story.tell(asks({ ageBand: "not-asked" }));
    expect(resultOf(story, "women", "sex")).toMatchObject({ met: true, unknown: true });
    expect(resultOf(story, "adults", "age")).toMatchObject({ met: true, unknown: true });
  });
});
