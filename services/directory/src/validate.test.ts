// Validation: each kind of fault gives its own message at its own line, and all are told at once.
import { Directory } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { SAMPLE, commit, actOf, entriesOf, firstRevision, validOf, NOON } from "./sample.ts";
import { decide } from "./decide.ts";
import { validate } from "./validate.ts";

const RULES = { allowLoopback: false };

function problemsOf(text: string, current = new Directory(), rules = RULES): string[] {
  const validated = validate(entriesOf(text), current, rules);
  return validated.ok ? [] : validated.problems.map(String);
}

/** The sample with one piece of it replaced. */
function sampleWith(piece: string, replacement: string): string {
  expect(SAMPLE).toContain(piece);
  return SAMPLE.replace(piece, replacement);
}

describe("a directory without fault", () => {
  it("is valid", () => {
    expect(problemsOf(SAMPLE)).toEqual([]);
  });

  it("may lean on what stands already", () => {
    const fold = firstRevision();
    commit(fold, decide(actOf(validOf(SAMPLE, fold.current)), fold.current, NOON));
    expect(problemsOf("services:\n  - { id: s2, institution: casa, name: S, service_type: PSI, accepts_referrals: false }", fold.current)).toEqual([]);
  });
});

describe("a fault of shape", () => {
  it.each([
    ["a missing field", "    name: Rectora\n", "", "d.yaml:9 institution rectora, name: is missing; give text of 1 to 200 characters"],
    ["an empty name", "name: Otra", 'name: " "', 'd.yaml:19 institution otra, name: does not take " "; give text of 1 to 200 characters'],
    ["a null where text is due", "name: Otra", "name:", "d.yaml:19 institution otra, name: does not take null; give text of 1 to 200 characters"],
    ["a field nearly right", "    functions:", "    function:", "d.yaml:16 institution casa, function: is not a field here; did you mean functions?"],
    ["a field of no kind", "name: Otra,", "name: Otra, colour: red,", "d.yaml:19 institution otra, colour: is not a field here; fields here are id, name, type, parent, functions, competences, memberships, demonstration, from, until"],
    ["an inner field of no kind", "{ service_type: LEG,", "{ service_type: LEG, when: now,", "d.yaml:18 institution casa, competences.0.when: is not a field here; fields here are service_type, territories, legal_basis, from, until"],
    ["an id with a capital", "{ id: otra", "{ id: Otra", 'd.yaml:19 institution Otra, id: does not take "Otra"; give lower-case letters, digits and hyphens, at most 64, such as casa-de-la-mujer'],
    ["a term in small letters", "{ code: PSI", "{ code: psi", 'd.yaml:6 term psi, code: does not take "psi"; give capital letters and digits in groups joined by hyphens, at most 20, such as ALO-FAM'],
    ["an unknown type", "type: public", "type: state", 'd.yaml:19 institution otra, type: does not take "state"; give one of municipal, public, private, civil-society, international, academia'],
    ["an unknown function", "[execution]", "[execution, police]", 'd.yaml:16 institution casa, functions.1: does not take "police"; give one of formulation, lead, protection, execution, control'],
    ["yes for true", "accepts_referrals: true", "accepts_referrals: yes", 'd.yaml:29 service casa-legal, accepts_referrals: does not take "yes"; give true or false'],
    ["a number for a list", "territories: [north]", "territories: 3", "d.yaml:28 service casa-legal, territories: does not take 3; give a list of territory ids, at most 200, none of them twice"],
    ["something twice in a list", "places: [sede]", "places: [sede, sede]", 'd.yaml:30 service casa-legal, places: does not take ["sede","sede"]; give a list of place ids, at most 100, none of them twice'],
    ["an unknown age band", "    places: [sede]", '    age_bands: ["0-4", "18+"]', 'd.yaml:30 service casa-legal, age_bands.1: does not take "18+"; give one of 0-4, 5-11, 12-17, 18-59, 60+'],
    ["an unknown sex", "    places: [sede]", "    sexes: [mujer]", 'd.yaml:30 service casa-legal, sexes.0: does not take "mujer"; give one of female, male, other, unknown'],
    ["a day that never was", "    places: [sede]", "    assured_date: 2026-02-30", 'd.yaml:30 service casa-legal, assured_date: does not take "2026-02-30"; give a date that exists, in quotes, such as 2026-11-23'],
    ["a time without offset", "type: public", "type: public, from: 2026-11-23T10:00:00", 'd.yaml:19 institution otra, from: does not take "2026-11-23T10:00:00"; give a date (2026-11-23, midnight in Quito) or a time with its offset (2026-11-23T10:00:00-05:00)'],
    ["an unknown kind of territory", "kind: canton", "kind: city", 'd.yaml:2 territory canton, kind: does not take "city"; give one of parish, zonal-administration, canton, zone, district'],
    ["a code without scheme", "kind: canton }", "kind: canton, code: 1701 }", "d.yaml:2 territory canton, code: does not take 1701; give scheme:code, such as inec:170155"],
    ["an unknown taxonomy", "taxonomy: need", "taxonomy: needs", 'd.yaml:7 term SC, taxonomy: does not take "needs"; give one of service-type, need'],
    ["an address that is no text, unrepeated", "address: Calle 1", "address: [Calle 1]", "d.yaml:21 place sede, address: does not take this value; give text of 1 to 500 characters"],
  ])("%s", (_name, piece, replacement, problem) => {
    expect(problemsOf(sampleWith(piece, replacement))).toEqual([problem]);
  });
});

describe("a fault of the whole", () => {
  it.each([
    ["an id twice", "{ id: otra", "{ id: casa", "d.yaml:19 institution casa, id: was written at d.yaml:12 already; leave one of the two out"],
    ["an unknown parent", "parent: rectora", "parent: nadie", "d.yaml:15 institution casa, parent: names no institution: nadie; add the institution nadie, or name one that exists"],
    ["an unknown institution", "    institution: casa", "    institution: nadie", "d.yaml:25 service casa-legal, institution: names no institution: nadie; add the institution nadie, or name one that exists"],
    ["an unknown service type", "    service_type: LEG", "    service_type: DEF", "d.yaml:27 service casa-legal, service_type: names no term: DEF; add the service-type term DEF, or name one that exists"],
    ["a need as service type", "    service_type: LEG", "    service_type: SC", "d.yaml:27 service casa-legal, service_type: names SC, a term of need; name a term of service-type"],
    ["an unknown territory", "territories: [canton]", "territories: [canton, luna]", "d.yaml:18 institution casa, competences.0.territories.1: names no territory: luna; add the territory luna, or name one that exists"],
    ["an unknown place", "places: [sede]", "places: [cueva]", "d.yaml:30 service casa-legal, places.0: names no place: cueva; add the place cueva, or name one that exists"],
    ["a place of another institution", "institution: casa, name: Sede", "institution: otra, name: Sede", "d.yaml:30 service casa-legal, places.0: names place sede of institution otra; name a place of the service's own institution"],
    ["a territory around it that is not there", "within: [canton]", "within: [pais]", "d.yaml:3 territory north, within.0: names no territory: pais; add the territory pais, or name one that exists"],
    ["a broader term of another taxonomy", "name: Psicología }", "name: Psicología, parent: SC }", "d.yaml:6 term PSI, parent: names SC, a term of need; name a term of service-type"],
    ["an institution within itself", "    type: municipal", "    type: municipal\n    parent: casa", "d.yaml:12 institution rectora, parent: makes a circle: rectora → casa → rectora; take one of these steps out"],
    ["a territory within itself", "kind: canton }", "kind: canton, within: [north] }", "d.yaml:2 territory canton, within: makes a circle: canton → north → canton; take one of these steps out"],
    ["a term within itself", "name: Legal }", "name: Legal, parent: LEG }", "d.yaml:5 term LEG, parent: makes a circle: LEG → LEG; take one of these steps out"],
    ["an end before the beginning", "type: public", 'type: public, from: "2026-02-01", until: "2026-01-01"', "d.yaml:19 institution otra, until: is not after from; give an end that is after the beginning"],
    ["the same competence twice at once", "      - { service_type: LEG, territories: [canton] }", "      - { service_type: LEG, territories: [canton], until: 2027-01-01 }\n      - { service_type: LEG, territories: [north, canton], from: 2026-12-31 }", "d.yaml:19 institution casa, competences.1: says LEG in canton for a time that competences.0 covers too; end the earlier one first, or leave one out"],
    ["a competence everywhere beside one somewhere", "      - { service_type: LEG, territories: [canton] }", "      - { service_type: LEG }\n      - { service_type: LEG, territories: [canton] }", "d.yaml:19 institution casa, competences.1: says LEG everywhere for a time that competences.0 covers too; end the earlier one first, or leave one out"],
    ["a membership twice at once", "type: public", "type: public, memberships: [{ network: mesa }, { network: mesa, from: 2026-01-01 }]", "d.yaml:19 institution otra, memberships.1: says mesa for a time that memberships.0 covers too; end the earlier one first, or leave one out"],
    ["a service that outlives its institution", "    type: civil-society", '    type: civil-society\n    until: "2027-01-01"', "d.yaml:25 service casa-legal, until: goes on after institution casa ends at 2027-01-01T05:00:00.000Z; end it no later"],
    ["a secret place with an address", "confidential: true", "confidential: true, address: Calle 9", "d.yaml:22 place refugio, address: stands on a confidential place; take the address out, here and from the file's history"],
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

  it("tells them all at once, in the order of the lines", () => {
    const text = SAMPLE.replace("kind: canton }", "kind: city }")
      .replace("parent: rectora", "parent: nadie")
      .replace("confidential: true", "confidential: true, address: Calle 9")
      .replace("places: [sede]", "places: [cueva]");
    expect(problemsOf(text).map((each) => each.split(" ")[0])).toEqual(["d.yaml:2", "d.yaml:15", "d.yaml:22", "d.yaml:30"]);
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

describe("an endpoint", () => {
  const withUrl = (url: string): string => `${SAMPLE}endpoints:\n  - { institution: casa, url: "${url}", scheme: v1a }\n`;

  it.each([
    ["https://casa.example/hook?x=1", undefined],
    ["casa.example", "is not a URL"],
    ["http://casa.example/", "is not https"],
    ["ftp://casa.example/", "is not https"],
    ["https://u:p@casa.example/", "carries user info"],
    ["https://casa.example/#a", "carries a fragment"],
    ["https://casa.example/#", "carries a fragment"],
    ["https://localhost/", "points at this machine"],
    ["https://127.0.0.1:8000/", "points at this machine"],
    ["https://2130706433/", "points at this machine"],
    ["https://[::1]/", "points at this machine"],
  ])("at %s: %s", (url, message) => {
    const expected = message === undefined ? [] : [`d.yaml:32 endpoint casa, url: ${message}; give an https URL that the institution serves to the internet`];
    expect(problemsOf(withUrl(url))).toEqual(expected);
  });

  it("may be on this machine only where the hub allows it", () => {
    expect(problemsOf(withUrl("http://127.0.0.1:8000/"), new Directory(), { allowLoopback: true })).toEqual([]);
    expect(problemsOf(withUrl("http://casa.example/"), new Directory(), { allowLoopback: true })).toHaveLength(1);
  });

  it("is one an institution, and cannot be v1 without the secret that only the admin route makes", () => {
    const two = `${withUrl("https://a.example/")}  - { institution: casa, url: "https://b.example/", scheme: v1a }\n`;
    expect(problemsOf(two)).toEqual(["d.yaml:33 endpoint casa, institution: was written at d.yaml:32 already; leave one of the two out"]);
    expect(problemsOf(withUrl("https://a.example/").replace("v1a", "v1"))).toEqual([
      "d.yaml:32 endpoint casa, scheme: is v1 without a shared secret; use v1a here, or register it by the admin route, which makes the secret",
    ]);
  });
});
