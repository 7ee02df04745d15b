// Shape: what does not fit a schema is told in plain words, with what would fit.
import { describe, expect, it } from "vitest";
import { problemsOf, sampleWith } from "./sample.ts";

describe("a fault of shape", () => {
  it.each([
    [
      "a missing field",
      "    name: Rectora\n",
      "",
      "d.yaml:9 institution rectora, name: is missing; give text of 1 to 200 characters",
    ],
    [
      "an empty name",
      "name: Otra",
      'name: " "',
      'd.yaml:19 institution otra, name: does not take " "; give text of 1 to 200 characters',
    ],
    [
      "a null where text is due",
      "name: Otra",
      "name:",
      "d.yaml:19 institution otra, name: does not take null; give text of 1 to 200 characters",
    ],
    [
      "a field nearly right",
      "    functions:",
      "    function:",
      "d.yaml:16 institution casa, function: is not a field here; did you mean functions?",
    ],
    [
      "a field of no kind",
      "name: Otra,",
      "name: Otra, colour: red,",
      "d.yaml:19 institution otra, colour: is not a field here; fields here are id, name, type, parent, functions, competences, memberships, country, demonstration, from, until",
    ],
    [
      "an inner field of no kind",
      "{ service_type: LEG,",
      "{ service_type: LEG, when: now,",
      "d.yaml:18 institution casa, competences.0.when: is not a field here; fields here are service_type, territories, legal_basis, from, until",
    ],
    [
      "an id with a capital",
      "{ id: otra",
      "{ id: Otra",
      'd.yaml:19 institution Otra, id: does not take "Otra"; give lower-case letters, digits and hyphens, at most 64, such as casa-de-la-mujer',
    ],
    [
      "a term in small letters",
      "{ code: PSI",
      "{ code: psi",
      'd.yaml:6 term psi, code: does not take "psi"; give capital letters and digits in groups joined by hyphens, at most 20, such as ALO-FAM',
    ],
    [
      "an unknown type",
      "type: public",
      "type: state",
      'd.yaml:19 institution otra, type: does not take "state"; give one of municipal, public, private, civil-society, international, academia',
    ],
    [
      "an unknown function",
      "[execution]",
      "[execution, police]",
      'd.yaml:16 institution casa, functions.1: does not take "police"; give one of formulation, lead, protection, execution, control',
    ],
    [
      "yes for true",
      "accepts_referrals: true",
      "accepts_referrals: yes",
      'd.yaml:29 service casa-legal, accepts_referrals: does not take "yes"; give true or false',
    ],
    [
      "a number for a list",
      "territories: [north]",
      "territories: 3",
      "d.yaml:28 service casa-legal, territories: does not take 3; give a list of territory ids, at most 200, none of them twice",
    ],
    [
      "something twice in a list",
      "places: [sede]",
      "places: [sede, sede]",
      'd.yaml:30 service casa-legal, places: does not take ["sede","sede"]; give a list of place ids, at most 100, none of them twice',
    ],
    [
      "an unknown age band",
      "    places: [sede]",
      '    age_bands: ["0-4", "18+"]',
      'd.yaml:30 service casa-legal, age_bands.1: does not take "18+"; give one of 0-4, 5-11, 12-17, 18-59, 60+',
    ],
    [
      "an unknown sex",
      "    places: [sede]",
      "    sexes: [mujer]",
      'd.yaml:30 service casa-legal, sexes.0: does not take "mujer"; give one of male, female, other, unknown',
    ],
    [
      "an hour that never was",
      "    places: [sede]",
      '    schedule: [{ days: [MO], opens_at: "08:00", closes_at: "24:30" }]',
      'd.yaml:30 service casa-legal, schedule.0.closes_at: does not take "24:30"; give a time of day in quotes, from 00:00 to 23:59',
    ],
    [
      "the home country as another state",
      "name: Otra,",
      "name: Otra, country: ECU,",
      'd.yaml:19 institution otra, country: does not take "ECU"; give three capital letters of another country than ECU, such as COL',
    ],
    [
      "a day that never was",
      "    places: [sede]",
      "    assured_date: 2026-02-30",
      'd.yaml:30 service casa-legal, assured_date: does not take "2026-02-30"; give a date that exists, in quotes, such as 2026-11-23',
    ],
    [
      "a time without offset",
      "type: public",
      "type: public, from: 2026-11-23T10:00:00",
      'd.yaml:19 institution otra, from: does not take "2026-11-23T10:00:00"; give a date (2026-11-23, midnight in Quito) or a time with its offset (2026-11-23T10:00:00-05:00)',
    ],
    [
      "an unknown kind of territory",
      "kind: canton",
      "kind: city",
      'd.yaml:2 territory canton, kind: does not take "city"; give one of parish, zonal-administration, canton, zone, district',
    ],
    [
      "a code without scheme",
      "kind: canton }",
      "kind: canton, code: 1701 }",
      "d.yaml:2 territory canton, code: does not take 1701; give scheme:code, such as inec:170155",
    ],
    [
      "an unknown taxonomy",
      "taxonomy: need",
      "taxonomy: needs",
      'd.yaml:7 term SC, taxonomy: does not take "needs"; give one of service-type, need',
    ],
    [
      "an address that is no text, unrepeated",
      "address: Calle 1",
      "address: [Calle 1]",
      "d.yaml:21 place sede, address: does not take this value; give text of 1 to 500 characters",
    ],
  ])("%s", (_name, piece, replacement, problem) => {
    expect(problemsOf(sampleWith(piece, replacement))).toEqual([problem]);
  });
});
