// Who could take a referral: every service of the type asked for, each criterion's result, in ranked order. Pure.
import { InstitutionType, Priority, isValid } from "@ruta/events";
import type { Candidate, Consent, Directory, Institution, Service } from "@ruta/events";
import { covers, isDutyHolder } from "./consent.ts";
import { indexOf } from "./directory-index.ts";
import { ageFits, languageFits, nationalityFits, registrationFits, sexFits, territoryFits } from "./fits.ts";
import type { HouseholdMember } from "./fits.ts";
import { isAssured, isOpen } from "./opening.ts";
import { byRank, candidateOf, passes, resultOf } from "./ranking.ts";
import type { Answer, Ranked } from "./ranking.ts";

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

/**
 * Everyone considered at `now` (milliseconds), by rank: addressed by a person, eligible, the sum of points (ranking.ts), the most
 * recently assured data, id. Eligible is who passes every criterion but consent: to those the requester can still agree. The
 * addressed institution is there even when it has no such service.
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
  return criteria.every(passes);
}

/** True for a candidate that a person chose. */
export function isAddressed(need: Need, institution: string, serviceId: string): boolean {
  return institution === need.addressedTo && (need.serviceId === "" || need.serviceId === serviceId);
}

function consider(service: Service, need: Need, directory: Directory, now: number): Ranked {
  const { household } = need;
  const institution = directory.institution(service.institution, now);
  const addressed = isAddressed(need, service.institution, service.id);
  const above = withParents(service.institution, directory);
  const territory = territoryFits(service, household, directory);
  const criteria = [
    resultOf("service-type", "yes"),
    resultOf("validity", yes(institution !== undefined && isValid(service.validity, now))),
    resultOf("accepts-referrals", yes(service.acceptsReferrals)),
    resultOf("reachable", yes(indexOf(directory).isReachable(service.institution, now))),
    resultOf("requester-itself", yes(service.institution !== need.requester)),
    resultOf("accused", yes(!above.some(({ id }) => household.some(({ accused }) => accused.includes(id))))),
    resultOf("border", border(above, household)),
    resultOf("already-tried", yes(!need.tried.has(service.institution))),
    resultOf("territory", territory),
    resultOf("age", ageFits(service, household)),
    resultOf("sex", sexFits(service, household)),
    resultOf("nationality", nationalityFits(service, household)),
    resultOf("registration", registrationFits(service, household)),
    // An emergency goes where somebody is there now; whoever names the institution knows that better than a schedule.
    resultOf("open", need.priority === Priority.EMERGENCY && !addressed ? isOpen(service, now) : "yes"),
    resultOf("nearby", yes(service.territories.length > 0 && territory === "yes")),
    resultOf("language", languageFits(service, household)),
    resultOf("duty-holder", yes(institution !== undefined && isDutyHolder(institution))),
    resultOf("not-private", yes(institution?.type !== InstitutionType.PRIVATE)),
    resultOf("assured", isAssured(service, now)),
    resultOf("consent", yes(institution !== undefined && covers(need.consent, institution, need.priority))),
  ];
  return {
    candidate: candidateOf(service.institution, service.id, criteria),
    addressed,
    assuredDate: service.assuredDate,
  };
}

function withoutService({ addressedTo, serviceId }: Need): Ranked {
  const candidate = candidateOf(addressedTo, serviceId, [resultOf("service-type", "no")]);
  return { candidate, addressed: true, assuredDate: "" };
}

function yes(met: boolean): Answer {
  return met ? "yes" : "no";
}

/**
 * Nothing goes to the country that a person may have left in fear (domain §4, rule 4): not to an institution of a state whose
 * nationality anybody of the household has, nor of any other state while a nationality is not known. Here alone, not known is a no.
 */
function border(above: readonly Institution[], household: readonly HouseholdMember[]): Answer {
  const states = above.flatMap(({ country }) => (country === "" ? [] : [country]));
  if (states.length === 0) return "yes";
  return yes(household.every(({ nationality }) => nationality && !states.some((state) => nationality.includes(state))));
}

/** An institution and all that it is a unit of: whoever is accused, or of another state, is so with its units, however deep. */
function withParents(institution: string, directory: Directory): Institution[] {
  const found = new Map<string, Institution>();
  for (let id = institution; id !== "" && !found.has(id);) {
    const entry = directory.get("institution", id);
    if (!entry) break;
    found.set(id, entry);
    id = entry.parent;
  }
  return [...found.values()];
}
