// A refusal for nationality, status or papers is told to who watches over rights, with codes alone (domain §4, rule 7).
import { InstitutionType, SystemFunction } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { Story, asks, directoryOf, factsOf, usual } from "./scenario.ts";

const REFUSED = "refused-by-status";
const WATCHER = { id: "defensoria", type: InstitutionType.PUBLIC, functions: [SystemFunction.CONTROL] };

const city = (...more: ({ id: string } & Partial<typeof WATCHER>)[]) =>
  directoryOf({
    institutions: [{ id: "sender" }, { id: "house-a" }, { id: "house-b" }, ...more],
    services: [
      { id: "beds-a", institution: "house-a" },
      { id: "beds-b", institution: "house-b" },
    ],
    unreachable: ["asleep"],
  });

describe("a refusal by status", () => {
  it("of a decline raises the alert, and the next institution is asked as ever", () => {
    // Given a house that has the referral, and an institution that watches over rights
    const story = new Story(city(WATCHER, { ...WATCHER, id: "asleep" }));
    story.tell(asks());
    // When the house declines for the person's status
    const { events } = story.tell({ case: "reject", value: { reasonCode: REFUSED } }, { by: "house-a" });
    // Then the watcher that can be reached is told by whom, and the person goes on
    expect(factsOf(events)).toEqual(["rejected", "rights-alert", "requested", "addressed"]);
    expect(events[1]?.fact.value).toMatchObject({ reasonCode: REFUSED, institution: "house-a", told: ["defensoria"] });
    expect(story.referral(2).performer).toBe("house-b");
  });

  it.each([
    ["given up after acceptance", { case: "fail", value: { reasonCode: REFUSED } }],
    ["as the outcome", { case: "complete", value: { outcomeCode: REFUSED } }],
  ] as const)("%s raises it too", (_name, act) => {
    const story = new Story(city(WATCHER));
    story.tell(asks());
    story.tell(usual("accept", story.now), { by: "house-a" });
    expect(factsOf(story.tell(act, { by: "house-a" }).events)).toContain("rights-alert");
  });

  it("is on record where nobody watches, and tells none of the parties", () => {
    const lone = new Story(city());
    lone.tell(asks());
    const { events } = lone.tell({ case: "reject", value: { reasonCode: REFUSED } }, { by: "house-a" });
    expect(events[1]?.fact.value).toMatchObject({ told: [] });
    const own = new Story(city({ id: "house-a", functions: [SystemFunction.CONTROL] }));
    own.tell(asks({ performer: "house-a" }));
    const refused = own.tell({ case: "reject", value: { reasonCode: REFUSED } }, { by: "house-a" });
    expect(refused.events[1]?.fact.value).toMatchObject({ told: [] });
  });

  it("of another reason raises nothing", () => {
    const story = new Story(city(WATCHER));
    story.tell(asks());
    expect(factsOf(story.tell(usual("reject", story.now), { by: "house-a" }).events)).not.toContain("rights-alert");
  });
});
