// Ranking and eligibility of candidates, criterion by criterion.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ConsentBasis,
  ConsentSchema,
  InstitutionType,
  NationalityRule,
  Priority,
  RegistrationRule,
  create,
} from "@ruta/events";
import type { Directory } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { candidatesFor } from "./candidates.ts";
import type { Need } from "./candidates.ts";
import type { HouseholdMember } from "./fits.ts";
import { RANKING, resultOf } from "./ranking.ts";
import { MONDAY, directoryOf } from "./scenario.ts";
import type { DirectorySketch } from "./scenario.ts";

const NOBODY_KNOWN: HouseholdMember = {
  ageBand: undefined,
  sex: undefined,
  nationality: undefined,
  papers: undefined,
  territory: undefined,
  languages: undefined,
  accused: [],
  principal: true,
};

function need(fields: Partial<Need> = {}, person: Partial<HouseholdMember> = {}): Need {
  return {
    serviceType: "ALO-FAM",
    requester: "sender",
    priority: Priority.NORMAL,
    consent: create(ConsentSchema, { basis: ConsentBasis.EXPLICIT, recipientClass: "any" }),
    household: [{ ...NOBODY_KNOWN, ...person }],
    tried: new Set(),
    addressedTo: "",
    serviceId: "",
    ...fields,
  };
}

const order = (asked: Need, directory: Directory) => candidatesFor(asked, directory, MONDAY).map((c) => c.serviceId);

function unmet(asked: Need, sketch: DirectorySketch): string[] {
  const [candidate] = candidatesFor(asked, directoryOf(sketch), MONDAY);
  return (candidate?.criteria ?? []).filter(({ met, preference }) => !met && !preference).map(({ name }) => name);
}

const TERRITORIES = { "parish-calderon": ["az-calderon"], "az-calderon": ["dmq"], "parish-lloa": ["dmq"], dmq: [] };

describe("candidates are ranked", () => {
  const directory = directoryOf({
    institutions: [
      { id: "ngo", type: InstitutionType.CIVIL_SOCIETY },
      { id: "hotel", type: InstitutionType.PRIVATE },
      { id: "ministry", type: InstitutionType.PUBLIC },
      { id: "city" },
      { id: "city-too" },
      { id: "city-near" },
    ],
    services: [
      { id: "s1", institution: "hotel", assuredDate: "2026-11-22" },
      { id: "s2", institution: "ngo", assuredDate: "2026-11-22" },
      { id: "s3", institution: "ministry", assuredDate: "2026-01-01" },
      { id: "s4", institution: "city", assuredDate: "2026-11-01" },
      { id: "s5", institution: "city-too" },
      { id: "s6", institution: "city-near", territories: ["az-calderon"] },
      { id: "s7", institution: "city-near", serviceType: "ALIM" },
    ],
    territories: TERRITORIES,
  });

  it("by territory, then duty-holders before others and private last, then freshness, then id", () => {
    expect(order(need({}, { territory: "parish-calderon" }), directory)).toEqual(["s6", "s4", "s3", "s5", "s2", "s1"]);
  });

  it("each with its points, by the weights of the ranking that the event names", () => {
    const [best, next] = candidatesFor(need({}, { territory: "parish-calderon" }), directory, MONDAY);
    // Half for what the services leave open, all for what is known.
    const { territory, age, sex, nationality, registration, language, assured, nearby } = RANKING.weights;
    const fits = territory + (age + sex + nationality + registration + language) / 2;
    const standing = RANKING.weights["duty-holder"] + RANKING.weights["not-private"];
    expect(best).toMatchObject({ serviceId: "s6", points: fits + standing + nearby + assured / 2 });
    expect(next).toMatchObject({ serviceId: "s4", points: fits + standing + assured });
  });

  it("and no preference makes good what is not known of a fit", () => {
    const all = Object.keys(RANKING.weights).map((name) => resultOf(name, "yes"));
    const most = all.filter(({ preference }) => preference).reduce((sum, { points }) => sum + points, 0);
    expect(most).toBeGreaterThan(0);
    for (const fit of ["territory", "age", "sex", "nationality", "registration"])
      expect(resultOf(fit, "yes").points - resultOf(fit, "unknown").points).toBeGreaterThan(most);
  });

  it("with the addressed one first", () => {
    expect(order(need({ addressedTo: "hotel" }), directory)[0]).toBe("s1");
  });

  it("the same whatever the order of the directory", () => {
    const services = directory.all("service").toReversed();
    const reversed = directoryOf({
      institutions: [...directory.all("institution")],
      services,
      territories: TERRITORIES,
    });
    expect(order(need(), reversed)).toEqual(order(need(), directory));
  });

  it("with those that cannot take it last, though they would rank higher", () => {
    expect(order(need({ tried: new Set(["city"]) }), directory).at(-1)).toBe("s4");
  });
});

describe("a candidate must meet every criterion", () => {
  const institutions = [{ id: "house" }];
  const service = { id: "beds", institution: "house" };
  const past = { until: timestampFromMs(MONDAY) };

  it("and is eligible when it does", () => {
    expect(unmet(need(), { institutions, services: [service] })).toEqual([]);
  });

  it.each<[string, Partial<Need>, Partial<HouseholdMember>, DirectorySketch]>([
    ["validity", {}, {}, { institutions, services: [{ ...service, validity: past }] }],
    ["accepts-referrals", {}, {}, { institutions, services: [{ ...service, acceptsReferrals: false }] }],
    ["reachable", {}, {}, { institutions, services: [service], unreachable: ["house"] }],
    ["requester-itself", { requester: "house" }, {}, { institutions, services: [service] }],
    ["accused", {}, { accused: ["house"] }, { institutions, services: [service] }],
    ["already-tried", { tried: new Set(["house"]) }, {}, { institutions, services: [service] }],
    [
      "territory",
      {},
      { territory: "parish-lloa" },
      { institutions, services: [{ ...service, territories: ["az-calderon"] }], territories: TERRITORIES },
    ],
    ["age", {}, { ageBand: "60+" }, { institutions, services: [{ ...service, ageBands: ["18-59"] }] }],
    ["sex", {}, { sex: "male" }, { institutions, services: [{ ...service, sexes: ["female"] }] }],
    ["consent", { consent: create(ConsentSchema, { basis: 1 }) }, {}, { institutions, services: [service] }],
  ])("%s", (name, fields, person, sketch) => {
    expect(unmet(need(fields, person), sketch)).toEqual([name]);
  });

  it("an institution that no longer counts covers nothing", () => {
    const sketch = { institutions: [{ id: "house", validity: past }], services: [service] };
    expect(unmet(need(), sketch)).toEqual(["validity", "consent"]);
  });

  it("and what is not known excludes nowhere", () => {
    const services = [{ ...service, ageBands: ["18-59"], sexes: ["female"], territories: ["az-calderon"] }];
    const [candidate] = candidatesFor(need({}, { sex: "unknown" }), directoryOf({ institutions, services }), MONDAY);
    expect(candidate?.eligible).toBe(true);
    expect(candidate?.criteria.filter((c) => c.unknown).map((c) => c.name)).toEqual([
      "territory",
      "age",
      "sex",
      "nationality",
      "registration",
      "language",
      "assured",
    ]);
  });

  it("and no value of a person stands in what is recorded", () => {
    const rules = { registration: RegistrationRule.REQUIRED, nationalityRule: NationalityRule.FOREIGN };
    const services = [{ ...service, ...rules, sexes: ["female"], languages: ["hat"] }];
    const person = {
      languages: ["hat"],
      sex: "female",
      ageBand: "18-59",
      territory: "parish-lloa",
      nationality: ["VEN"],
      papers: "none",
    };
    const recorded = candidatesFor(
      need({}, person),
      directoryOf({ institutions, services, territories: TERRITORIES }),
      MONDAY,
    );
    expect(JSON.stringify(recorded)).not.toMatch(/female|18-59|lloa|VEN|none|hat/);
  });
});
