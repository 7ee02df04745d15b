// What a service says of whom it serves, held against a household: age, sex, nationality, papers, language, territory. Pure.
import { NationalityRule, RegistrationRule } from "@ruta/events";
import type { Directory, Service } from "@ruta/events";
import type { Answer } from "./ranking.ts";
import type { RoutingFacts } from "./routing.ts";

/** One person of a household as choosing sees it. */
export interface HouseholdMember extends RoutingFacts {
  /** True for the one whom the referral is about. */
  readonly principal: boolean;
}

type Household = readonly HouseholdMember[];

/** Children of these bands go with whom they accompany, whatever sex or nationality a house is for (domain §2, I08). */
const ACCOMPANYING_BANDS: ReadonlySet<string> = new Set(["0-4", "5-11"]);

/** ISO 3166-1 of Ecuador. */
const NATIONAL = "ECU";

/** States of papers with which nobody can show that they are registered. */
export const WITHOUT_PAPERS: ReadonlySet<string> = new Set(["none", "expired"]);

/** Papers of which it is not known whether a service takes them. */
const OPEN_PAPERS: ReadonlySet<string> = new Set(["in-process", "other"]);

/** One answer for a household: all must pass. */
function eachOf(household: Household, ask: (person: HouseholdMember) => Answer): Answer {
  const answers = household.map(ask);
  return answers.includes("no") ? "no" : answers.includes("unknown") ? "unknown" : "yes";
}

function accompanies({ principal, ageBand }: HouseholdMember): boolean {
  return !principal && ageBand !== undefined && ACCOMPANYING_BANDS.has(ageBand);
}

/** A service that says nothing is not known to serve, and neither is a person of whom nothing is known. */
function among(served: readonly string[], value: string | undefined): Answer {
  if (served.length === 0 || value === undefined) return "unknown";
  return served.includes(value) ? "yes" : "no";
}

/** Whether it serves these ages. */
export function ageFits({ ageBands }: Service, household: Household): Answer {
  return eachOf(household, ({ ageBand }) => among(ageBands, ageBand));
}

/** Whether it serves these sexes. */
export function sexFits({ sexes }: Service, household: Household): Answer {
  return eachOf(household, (person) =>
    accompanies(person) ? "yes" : among(sexes, person.sex === "unknown" ? undefined : person.sex),
  );
}

/** Whether it serves these nationalities. */
export function nationalityFits({ nationalityRule: rule }: Service, household: Household): Answer {
  if (rule === NationalityRule.ANY) return "yes";
  return eachOf(household, (person) => {
    if (accompanies(person)) return "yes";
    if (rule === NationalityRule.UNSPECIFIED || person.nationality === undefined) return "unknown";
    const fits = rule === NationalityRule.NATIONAL ? person.nationality.includes(NATIONAL) : isForeign(person);
    return fits ? "yes" : "no";
  });
}

function isForeign({ nationality = [] }: HouseholdMember): boolean {
  return !nationality.includes(NATIONAL);
}

/** Whether their papers are enough; children go with whom they accompany. */
export function registrationFits({ registration: rule }: Service, household: Household): Answer {
  if (rule === RegistrationRule.NOT_REQUIRED) return "yes";
  return eachOf(household, (person) => {
    const { papers } = person;
    if (accompanies(person)) return "yes";
    if (rule === RegistrationRule.UNSPECIFIED || papers === undefined || OPEN_PAPERS.has(papers)) return "unknown";
    return WITHOUT_PAPERS.has(papers) ? "no" : "yes";
  });
}

/** Whether somebody there speaks a language of each. */
export function languageFits({ languages }: Service, household: Household): Answer {
  return eachOf(household, ({ languages: own }) => {
    if (languages.length === 0 || own === undefined) return "unknown";
    return own.some((one) => languages.includes(one)) ? "yes" : "no";
  });
}

/** Whether it serves where the person is; a service without territories serves everywhere. */
export function territoryFits({ territories }: Service, household: Household, directory: Directory): Answer {
  const where = household[0]?.territory;
  if (territories.length === 0) return "yes";
  if (where === undefined) return "unknown";
  const around = directory.territoriesAround(where);
  return territories.some((id) => around.has(id)) ? "yes" : "no";
}
