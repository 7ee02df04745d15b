// Whom a service serves, in words of the field: what it says nothing of is not known, and every member of a household is asked.
import { NationalityRule, Priority, RegistrationRule } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { parseRouting } from "./routing.ts";
import { DAY, HOUR, MONDAY, PERSON, Story, asks, directoryOf, resultOf } from "./scenario.ts";

const CHILD = "p-zzzzzzzzzzzzzzzzzzzzzzzzzz";
const facts = (fields: object) => parseRouting(Buffer.from(JSON.stringify(fields)));

/** What a test says of a house. */
interface Said {
  readonly acceptsReferrals?: boolean;
  readonly nationalityRule?: NationalityRule;
  readonly registration?: RegistrationRule;
  readonly languages?: string[];
  readonly assuredDate?: string;
  readonly schedule?: { readonly days: string[]; readonly opensAt: string; readonly closesAt: string }[];
  readonly alwaysOpen?: boolean;
}

/** Two houses of one city, equal but for what a test says of each. */
function city(a: Said, b: Said = {}) {
  return directoryOf({
    institutions: [{ id: "sender" }, { id: "house-a" }, { id: "house-b" }],
    services: [
      { id: "beds-a", institution: "house-a", ...a },
      { id: "beds-b", institution: "house-b", ...b },
    ],
  });
}

function chosenFor(
  directory: ReturnType<typeof city>,
  person: object,
  request: Parameters<typeof asks>[0] = {},
): Story {
  const story = new Story(directory, new Map([[PERSON, facts(person)]]));
  story.tell(asks(request));
  return story;
}

describe("a service that says nothing of whom it serves", () => {
  it("is a candidate, recorded as not known, and ranks behind one that is known to fit", () => {
    // Given two houses, of which the second alone says that it takes every nationality
    const story = chosenFor(city({}, { nationalityRule: NationalityRule.ANY }), { nationality: ["VEN"] });
    // Then the second is chosen, and of the first it is on record that nothing is known
    expect(story.referral().performer).toBe("house-b");
    expect(resultOf(story, "house-a", "nationality")).toMatchObject({ met: true, unknown: true });
    expect(resultOf(story, "house-b", "nationality")).toMatchObject({ met: true, unknown: false });
    expect(story.events.at(-1)?.fact.value).toMatchObject({ ranking: "1", considered: 2 });
  });
});

describe("a service that says whom it serves", () => {
  it.each([
    [
      "nationals only, a family from abroad",
      { nationalityRule: NationalityRule.NATIONAL },
      { nationality: ["COL"] },
      "nationality",
      false,
    ],
    [
      "nationals only, somebody of two countries",
      { nationalityRule: NationalityRule.NATIONAL },
      { nationality: ["COL", "ECU"] },
      "nationality",
      true,
    ],
    [
      "foreigners, a stateless person",
      { nationalityRule: NationalityRule.FOREIGN },
      { nationality: ["XXA"] },
      "nationality",
      true,
    ],
    [
      "foreigners, a national",
      { nationalityRule: NationalityRule.FOREIGN },
      { nationality: ["ECU"] },
      "nationality",
      false,
    ],
    [
      "papers, and there are none",
      { registration: RegistrationRule.REQUIRED },
      { papers: "none" },
      "registration",
      false,
    ],
    [
      "papers, and they ran out",
      { registration: RegistrationRule.REQUIRED },
      { papers: "expired" },
      "registration",
      false,
    ],
    [
      "papers, and there is a visa",
      { registration: RegistrationRule.REQUIRED },
      { papers: "visa" },
      "registration",
      true,
    ],
    [
      "no papers, and there are none",
      { registration: RegistrationRule.NOT_REQUIRED },
      { papers: "none" },
      "registration",
      true,
    ],
  ])("%s", (_name, service, person, criterion, met) => {
    const story = chosenFor(city(service), person);
    expect(resultOf(story, "house-a", criterion)).toMatchObject({ met, unknown: false });
    // The other house says nothing: behind one that fits, and before one that does not.
    expect(story.referral().performer).toBe(met ? "house-a" : "house-b");
  });

  it("is asked for every member, and children go with whom they accompany", () => {
    const house = city({ nationalityRule: NationalityRule.FOREIGN });
    const family = (ageBand: string) => {
      const persons = [facts({ nationality: ["VEN"] }), facts({ nationality: ["ECU"], ageBand })] as const;
      const story = new Story(
        house,
        new Map([
          [PERSON, persons[0]],
          [CHILD, persons[1]],
        ]),
      );
      story.tell(asks({ members: [{ personId: CHILD, relation: "CHILD", ageBand }] }));
      return resultOf(story, "house-a", "nationality")?.met;
    };
    expect(family("0-4")).toBe(true);
    expect(family("18-59")).toBe(false);
  });
});

describe("a language", () => {
  it("that a house speaks brings it forward; one that it does not speak excludes nobody", () => {
    const both = city({ languages: ["spa"] }, { languages: ["spa", "hat"] });
    expect(chosenFor(both, { languages: ["hat"] }).referral().performer).toBe("house-b");
    const story = chosenFor(city({ languages: ["spa"] }, { acceptsReferrals: false }), { languages: ["hat"] });
    expect(story.referral().performer).toBe("house-a");
    expect(resultOf(story, "house-a", "language")).toMatchObject({ met: false, preference: true, points: 0 });
  });
});

describe("what was assured of a service", () => {
  const on = (at: number) => new Date(at).toISOString().slice(0, 10);

  it("counts half a year; older, it is not known any more", () => {
    const story = chosenFor(city({ assuredDate: on(MONDAY - 190 * DAY) }, { assuredDate: on(MONDAY - 150 * DAY) }), {});
    expect(story.referral().performer).toBe("house-b");
    expect(resultOf(story, "house-a", "assured")).toMatchObject({ unknown: true });
    expect(resultOf(story, "house-b", "assured")).toMatchObject({ unknown: false });
  });
});

describe("an emergency", () => {
  const day = { days: ["MO", "TU", "WE", "TH", "FR"], opensAt: "08:00", closesAt: "16:30" };
  const night = { days: ["MO"], opensAt: "18:00", closesAt: "08:00" };

  it.each([
    ["by day goes to the house that is open by day", MONDAY, "house-a"],
    ["at night to the one that is open at night", MONDAY + 10 * HOUR, "house-b"],
    ["after midnight too", MONDAY + 17 * HOUR, "house-b"],
  ])("%s", (_name, at, performer) => {
    const story = new Story(city({ schedule: [day] }, { schedule: [night] }));
    story.tell(asks({ priority: Priority.EMERGENCY }), { at });
    expect(story.referral().performer).toBe(performer);
  });

  it("goes to nobody who is closed, but onto the worklist; whoever names the house knows better", () => {
    const asleep = city({ schedule: [day] }, { acceptsReferrals: false });
    const story = new Story(asleep);
    story.tell(asks({ priority: Priority.EMERGENCY }), { at: MONDAY + 12 * HOUR });
    expect(story.facts()).toEqual(["requested", "worklisted"]);
    const named = new Story(asleep);
    named.tell(asks({ priority: Priority.EMERGENCY, performer: "house-a" }), { at: MONDAY + 12 * HOUR });
    expect(named.referral().performer).toBe("house-a");
  });

  it("always has a house that never closes; what can wait does not ask for hours", () => {
    const story = new Story(city({ schedule: [day] }, { schedule: [day], alwaysOpen: true }));
    story.tell(asks({ priority: Priority.EMERGENCY }), { at: MONDAY + 12 * HOUR });
    expect(story.referral().performer).toBe("house-b");
    const patient = new Story(city({ schedule: [day] }, { acceptsReferrals: false }));
    patient.tell(asks(), { at: MONDAY + 12 * HOUR });
    expect(patient.referral().performer).toBe("house-a");
  });
});

describe("the border", () => {
  const consulate = directoryOf({
    institutions: [{ id: "sender" }, { id: "state", country: "VEN" }, { id: "consulate", parent: "state" }],
    services: [{ id: "papers", institution: "consulate" }],
  });

  it.each([
    ["a national of that state", { nationality: ["VEN"] }, false],
    ["somebody of whom no nationality is known", {}, false],
    ["somebody of another", { nationality: ["COL"] }, true],
  ])("holds an institution of another state, and all its units, back from %s", (_name, person, met) => {
    // Even where the sender names it: nothing goes to the country that is feared.
    const story = chosenFor(consulate, person, { performer: "consulate" });
    expect(resultOf(story, "consulate", "border")?.met).toBe(met);
    expect(story.referral().performer).toBe(met ? "consulate" : "");
  });
});
