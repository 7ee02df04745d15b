// Who could take a referral: every service of the type asked for, each criterion's result, in ranked order. Pure.
import { CandidateSchema, CriterionSchema, InstitutionType, create, isValid } from "@ruta/events";
import type { Candidate, Consent, Criterion, Directory, Institution, Priority, Service } from "@ruta/events";
import { covers, isDutyHolder } from "./consent.ts";
import { indexOf } from "./directory-index.ts";
import type { RoutingFacts } from "./routing.ts";

/** One person of a household as choosing sees it. */
export interface HouseholdMember extends RoutingFacts {
  /** True for the one whom the referral is about. */
  readonly principal: boolean;
}

/** What is asked of the directory. */
export interface Need {
  readonly serviceType: string;
  readonly requester: string;
  readonly priority: Priority;
  readonly consent: Consent;
  /** The principal first, then who is referred together. */
  readonly household: readonly HouseholdMember[];
  /** Institutions that had the referral before. */
  readonly tried: ReadonlySet<string>;
  /** Institution, and perhaps service, that a person chose; empty when the hub chooses. */
  readonly addressedTo: string;
  readonly serviceId: string;
}

interface Ranked {
  readonly candidate: Candidate;
  readonly rank: readonly (number | string)[];
}

/** Children of these bands go with whom they accompany, whatever sex a house is for (domain §2, I08). */
const ACCOMPANYING_BANDS: ReadonlySet<string> = new Set(["0-4", "5-11"]);

/**
 * Everyone considered at `now` (milliseconds), by rank: addressed by a person, eligible, a service for this very territory,
 * duty-holder before others and private last, the most recently assured data, id. Eligible is who meets every criterion but
 * consent: to those the requester can still agree. The addressed institution is there even when it has no such service.
 */
export function candidatesFor(need: Need, directory: Directory, now: number): Candidate[] {
  const services = indexOf(directory).servicesOf(need.serviceType);
  const found = services.map((service) => consider(service, need, directory, now));
  if (need.addressedTo !== "" && !services.some((service) => isAddressed(need, service.institution, service.id)))
    found.push(withoutService(need));
  return found.sort(byRank).map(({ candidate }) => candidate);
}

/** True when nothing stands in the way: it fits, and the basis covers it. */
export function canTake({ criteria }: Candidate): boolean {
  return criteria.every(({ met }) => met);
}

/** True for a candidate that a person chose. */
export function isAddressed(need: Need, institution: string, serviceId: string): boolean {
  return institution === need.addressedTo && (need.serviceId === "" || need.serviceId === serviceId);
}

function consider(service: Service, need: Need, directory: Directory, now: number): Ranked {
  const institution = directory.institution(service.institution, now);
  const territory = territoryOf(service, need, directory);
  const fits = [
    result("service-type", true),
    result("validity", institution !== undefined && isValid(service.validity, now)),
    result("accepts-referrals", service.acceptsReferrals),
    result("reachable", indexOf(directory).isReachable(service.institution, now)),
    result("requester-itself", service.institution !== need.requester),
    result("accused", !isAccused(service.institution, need, directory)),
    result("already-tried", !need.tried.has(service.institution)),
    territory,
    result("age", ...eachOf(need.household, ({ ageBand }) => allows(service.ageBands, ageBand))),
    result("sex", ...eachOf(need.household, (person) => allowsSex(service.sexes, person))),
  ];
  const consent = result("consent", institution !== undefined && covers(need.consent, institution, need.priority));
  const eligible = fits.every(({ met }) => met);
  const candidate = create(CandidateSchema, {
    institution: service.institution,
    serviceId: service.id,
    eligible,
    criteria: [...fits, consent],
  });
  const specific = service.territories.length > 0 && territory.met && !territory.unknown;
  return {
    candidate,
    rank: [
      isAddressed(need, service.institution, service.id) ? 0 : 1,
      eligible ? 0 : 1,
      specific ? 0 : 1,
      standing(institution),
      -(Number(service.assuredDate.replaceAll("-", "")) || 0),
      service.institution,
      service.id,
    ],
  };
}

function withoutService(need: Need): Ranked {
  const candidate = create(CandidateSchema, {
    institution: need.addressedTo,
    serviceId: need.serviceId,
    eligible: false,
    criteria: [result("service-type", false)],
  });
  return { candidate, rank: [0, 1, 1, 2, 0, need.addressedTo, need.serviceId] };
}

function result(name: string, met: boolean, unknown = false): Criterion {
  return create(CriterionSchema, { name, met, unknown });
}

/** Yes, no, or not known; not known never excludes. */
type Answer = "yes" | "no" | "unknown";

/** One answer for a household: all must pass. */
function eachOf(household: readonly HouseholdMember[], ask: (person: HouseholdMember) => Answer): [boolean, boolean] {
  const answers = household.map(ask);
  const met = !answers.includes("no");
  return [met, met && answers.includes("unknown")];
}

function allows(served: readonly string[], value: string | undefined): Answer {
  if (served.length === 0) return "yes";
  if (value === undefined) return "unknown";
  return served.includes(value) ? "yes" : "no";
}

function allowsSex(served: readonly string[], person: HouseholdMember): Answer {
  if (!person.principal && person.ageBand !== undefined && ACCOMPANYING_BANDS.has(person.ageBand)) return "yes";
  return allows(served, person.sex === "unknown" ? undefined : person.sex);
}

function territoryOf(service: Service, need: Need, directory: Directory): Criterion {
  const where = need.household[0]?.territory;
  if (service.territories.length === 0) return result("territory", true);
  if (where === undefined) return result("territory", true, true);
  const around = directory.territoriesAround(where);
  return result(
    "territory",
    service.territories.some((id) => around.has(id)),
  );
}

/** A unit of an accused institution is accused with it, however deep. */
function isAccused(institution: string, need: Need, directory: Directory): boolean {
  const accused = new Set(need.household.flatMap((person) => person.accused));
  if (accused.size === 0) return false;
  const seen = new Set<string>();
  for (let id = institution; id !== "" && !seen.has(id); id = directory.get("institution", id)?.parent ?? "") {
    if (accused.has(id)) return true;
    seen.add(id);
  }
  return false;
}

function standing(institution: Institution | undefined): number {
  if (institution && isDutyHolder(institution)) return 0;
  return institution?.type === InstitutionType.PRIVATE ? 2 : 1;
}

function byRank(a: Ranked, b: Ranked): number {
  for (const [i, mine] of a.rank.entries()) {
    const other = b.rank[i] ?? 0;
    if (mine !== other) return mine < other ? -1 : 1;
  }
  return 0;
}
