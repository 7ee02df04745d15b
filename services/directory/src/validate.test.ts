// Validation of the whole: each kind of fault gives its own message at its own line, and all are told at once.
import { PayloadFormat } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { decide } from "./decide.ts";
import { fromEntry } from "./form.ts";
import { NOON, SAMPLE, actOf, commit, firstRevision, problemsOf, sampleWith, validOf } from "./sample.ts";

describe("a directory without fault", () => {
  it("is valid", () => {
    expect(problemsOf(SAMPLE)).toEqual([]);
  });

  it("may say that an institution takes FHIR, and shows it in the same word", () => {
    const written = `${SAMPLE}endpoints:\n  - { institution: casa, url: "https://casa.example/", scheme: v1a, format: fhir }\n`;
    const endpoint = validOf(written, firstRevision().current).find((entry) => entry.case === "endpoint");
    expect(endpoint?.value).toMatchObject({ format: PayloadFormat.FHIR });
    expect(fromEntry(endpoint!)).toMatchObject({ format: "fhir", scheme: "v1a" });
    expect(problemsOf(written.replace("format: fhir", "format: xml"))).toEqual([
      'd.yaml:32 endpoint casa, format: does not take "xml"; give one of cloudevents, fhir',
    ]);
  });

  it("says of a service whom it serves, and when, and shows it as it was written", () => {
    const said = {
      languages: ["spa", "hat"],
      schedule: [{ days: ["MO", "SU"], opens_at: "18:00", closes_at: "08:00" }],
      always_open: true,
      nationality_rule: "foreign",
      registration: "not-required",
    };
    const written = Object.entries(said).map(([field, value]) => `    ${field}: ${JSON.stringify(value)}`);
    const entries = validOf(sampleWith("    places: [sede]", written.join("\n")), firstRevision().current);
    expect(fromEntry(entries.find(({ case: kind }) => kind === "service")!)).toMatchObject(said);
  });

  it("may lean on what stands already", () => {
    const fold = firstRevision();
    commit(fold, decide(actOf(validOf(SAMPLE, fold.current)), fold.current, NOON));
    expect(
      problemsOf(
        "services:\n  - { id: s2, institution: casa, name: S, service_type: PSI, accepts_referrals: false }",
        fold.current,
      ),
    ).toEqual([]);
  });
});

describe("a fault of the whole", () => {
  it.each([
    [
      "an id twice",
      "{ id: otra",
      "{ id: casa",
      "d.yaml:19 institution casa, id: was written at d.yaml:12 already; leave one of the two out",
    ],
    [
      "an unknown parent",
      "parent: rectora",
      "parent: nadie",
      "d.yaml:15 institution casa, parent: names no institution: nadie; add the institution nadie, or name one that exists",
    ],
    [
      "an unknown institution",
      "    institution: casa",
      "    institution: nadie",
      "d.yaml:25 service casa-legal, institution: names no institution: nadie; add the institution nadie, or name one that exists",
    ],
    [
      "an unknown service type",
      "    service_type: LEG",
      "    service_type: DEF",
      "d.yaml:27 service casa-legal, service_type: names no term: DEF; add the service-type term DEF, or name one that exists",
    ],
    [
      "a need as service type",
      "    service_type: LEG",
      "    service_type: SC",
      "d.yaml:27 service casa-legal, service_type: names SC, a term of need; name a term of service-type",
    ],
    [
      "an unknown territory",
      "territories: [canton]",
      "territories: [canton, luna]",
      "d.yaml:18 institution casa, competences.0.territories.1: names no territory: luna; add the territory luna, or name one that exists",
    ],
    [
      "an unknown place",
      "places: [sede]",
      "places: [cueva]",
      "d.yaml:30 service casa-legal, places.0: names no place: cueva; add the place cueva, or name one that exists",
    ],
    [
      "a place of another institution",
      "institution: casa, name: Sede",
      "institution: otra, name: Sede",
      "d.yaml:30 service casa-legal, places.0: names place sede of institution otra; name a place of the service's own institution",
    ],
    [
      "a territory around it that is not there",
      "within: [canton]",
      "within: [pais]",
      "d.yaml:3 territory north, within.0: names no territory: pais; add the territory pais, or name one that exists",
    ],
    [
      "a broader term of another taxonomy",
      "name: Psicología }",
      "name: Psicología, parent: SC }",
      "d.yaml:6 term PSI, parent: names SC, a term of need; name a term of service-type",
    ],
    [
      "an institution within itself",
      "    type: municipal",
      "    type: municipal\n    parent: casa",
      "d.yaml:12 institution rectora, parent: makes a circle: rectora → casa → rectora; take one of these steps out",
    ],
    [
      "a territory within itself",
      "kind: canton }",
      "kind: canton, within: [north] }",
      "d.yaml:2 territory canton, within: makes a circle: canton → north → canton; take one of these steps out",
    ],
    [
      "a term within itself",
      "name: Legal }",
      "name: Legal, parent: LEG }",
      "d.yaml:5 term LEG, parent: makes a circle: LEG → LEG; take one of these steps out",
    ],
    [
      "an end before the beginning",
      "type: public",
      'type: public, from: "2026-02-01", until: "2026-01-01"',
      "d.yaml:19 institution otra, until: is not after from; give an end that is after the beginning",
    ],
    [
      "the same competence twice at once",
      "      - { service_type: LEG, territories: [canton] }",
      "      - { service_type: LEG, territories: [canton], until: 2027-01-01 }\n      - { service_type: LEG, territories: [north, canton], from: 2026-12-31 }",
      "d.yaml:19 institution casa, competences.1: says LEG in canton for a time that competences.0 covers too; end the earlier one first, or leave one out",
    ],
    [
      "a competence everywhere beside one somewhere",
      "      - { service_type: LEG, territories: [canton] }",
      "      - { service_type: LEG }\n      - { service_type: LEG, territories: [canton] }",
      "d.yaml:19 institution casa, competences.1: says LEG everywhere for a time that competences.0 covers too; end the earlier one first, or leave one out",
    ],
    [
      "a membership twice at once",
      "type: public",
      "type: public, memberships: [{ network: mesa }, { network: mesa, from: 2026-01-01 }]",
      "d.yaml:19 institution otra, memberships.1: says mesa for a time that memberships.0 covers too; end the earlier one first, or leave one out",
    ],
    [
      "a service that outlives its institution",
      "    type: civil-society",
      '    type: civil-society\n    until: "2027-01-01"',
      "d.yaml:25 service casa-legal, until: goes on after institution casa ends at 2027-01-01T05:00:00.000Z; end it no later",
    ],
    [
      "a secret place with an address",
      "confidential: true",
      "confidential: true, address: Calle 9",
      "d.yaml:22 place refugio, address: stands on a confidential place; take the address out, here and from the file's history",
    ],
  ])("%s", (_name, piece, replacement, problem) => {
    expect(problemsOf(sampleWith(piece, replacement))).toContain(problem);
  });

  it("never repeats a secret address", () => {
    const text = sampleWith("confidential: true", "confidential: true, address: Calle 9");
    expect(problemsOf(text).join()).not.toContain("Calle 9");
  });

  it("lets competences follow one another without overlap", () => {
    const text = sampleWith(
      "      - { service_type: LEG, territories: [canton] }",
      '      - { service_type: LEG, territories: [canton], until: "2027-01-01" }\n      - { service_type: LEG, from: "2027-01-01" }',
    );
    expect(problemsOf(text)).toEqual([]);
  });

  it("is one that would not fit a record of the log", () => {
    const ids = Array.from({ length: 200 }, (_, index) => `territory-of-a-long-name-${index}`);
    const territories = ids.map((id) => `  - { id: ${id}, name: T, kind: parish }`).join("\n");
    const terms = Array.from(
      { length: 15 },
      (_, index) => `  - { code: T${index}, taxonomy: service-type, name: T }`,
    ).join("\n");
    const competences = Array.from(
      { length: 15 },
      (_, index) => `{ service_type: T${index}, territories: [${ids.join(", ")}] }`,
    ).join(", ");
    const text = `territories:\n${territories}\nterms:\n${terms}\ninstitutions:\n  - { id: a, name: A, type: public, competences: [${competences}] }\n`;
    expect(problemsOf(text).map((each) => each.replace(/\d{5}/, "n"))).toEqual([
      "d.yaml:219 institution a: is n bytes long, more than a record holds; name larger territories instead of many small ones",
    ]);
  });

  it("tells them all at once, in the order of the lines", () => {
    const text = SAMPLE.replace("kind: canton }", "kind: city }")
      .replace("parent: rectora", "parent: nadie")
      .replace("confidential: true", "confidential: true, address: Calle 9")
      .replace("places: [sede]", "places: [cueva]");
    expect(problemsOf(text).map((each) => each.split(" ")[0])).toEqual([
      "d.yaml:2",
      "d.yaml:15",
      "d.yaml:22",
      "d.yaml:30",
    ]);
  });

  it("does not blame what refers to an entry whose own shape is wrong", () => {
    expect(problemsOf(sampleWith("    type: municipal", "    type: city"))).toHaveLength(1);
  });

  it("sees what an entry would do to those that stand", () => {
    const fold = firstRevision();
    commit(fold, decide(actOf(validOf(SAMPLE, fold.current)), fold.current, NOON));
    const ended = 'institutions:\n  - { id: casa, name: Casa, type: civil-society, until: "2027-01-01" }';
    expect(problemsOf(ended, fold.current)).toContain(
      "revision 2 service casa-legal, until: goes on after institution casa ends at 2027-01-01T05:00:00.000Z; end it no later",
    );
  });
});
