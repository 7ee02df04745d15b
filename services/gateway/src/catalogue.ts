// The directory as institutions see it: which codes they may send, in the field names of HSDS. No key, no endpoint, no secret place.
import { toJson } from "@bufbuild/protobuf";
import {
  InstitutionType,
  NationalityRule,
  RegistrationRule,
  RoadmapSchema,
  SystemFunction,
  isValid,
  nameOf,
} from "@ruta/events";
import type { Directory, DirectoryEntries, Validity } from "@ruta/events";
import { timestampMs } from "@bufbuild/protobuf/wkt";

/** The parts of the catalogue. */
export const CATALOGUE = ["institutions", "services", "terms", "roadmaps"] as const;

/** One part. */
export type CataloguePart = (typeof CATALOGUE)[number];

/** A part of the catalogue as it counts at `now` (milliseconds). */
export function catalogueOf(directory: Directory, part: CataloguePart, now: number): Record<string, unknown>[] {
  switch (part) {
    case "institutions":
      return valid(directory, "institution", now).map(organization);
    case "services": {
      const places = new Map(
        valid(directory, "place", now).flatMap((place) =>
          place.confidential ? [] : [[place.id, location(place)] as const],
        ),
      );
      return directory.services(now).map((service) => ({
        ...serviceOf(service),
        service_at_locations: service.places.flatMap((id) => places.get(id) ?? []),
      }));
    }
    case "roadmaps":
      return [...new Set(directory.all("roadmap").map(({ id }) => id))].flatMap((id) => {
        const current = directory.roadmapAt(id, now);
        return current ? [roadmapOf(current)] : [];
      });
    case "terms":
      return [
        ...directory
          .all("term")
          .map(({ code, taxonomy, name, parent }) => ({ code, taxonomy, name, ...some({ parent_id: parent }) })),
        ...directory.all("territory").map(({ id, name, kind, within, code }) => ({
          code: id,
          taxonomy: "territory",
          name,
          kind,
          within,
          ...some({ official_code: code }),
        })),
      ];
  }
}

function valid<K extends "institution" | "place">(directory: Directory, kind: K, now: number): DirectoryEntries[K][] {
  return directory.all(kind).filter((entry) => isValid(entry.validity, now));
}

function organization(entry: DirectoryEntries["institution"]): Record<string, unknown> {
  return {
    id: entry.id,
    name: entry.name,
    organization_type: nameOf(InstitutionType, entry.type),
    ...some({ parent_organization_id: entry.parent, country: entry.country }),
    functions: entry.functions.map((each) => nameOf(SystemFunction, each)),
    competences: entry.competences.map((each) => ({
      service_type: each.serviceType,
      territories: each.territories,
      ...some({ legal_basis: each.legalBasis }),
      ...period(each.validity),
    })),
    ...period(entry.validity),
    ...(entry.demonstration ? { demonstration: true } : {}),
  };
}

function serviceOf(entry: DirectoryEntries["service"]): Record<string, unknown> {
  return {
    id: entry.id,
    organization_id: entry.institution,
    name: entry.name,
    service_type: entry.serviceType,
    service_areas: entry.territories,
    accepts_referrals: entry.acceptsReferrals,
    age_bands: entry.ageBands,
    sexes: entry.sexes,
    languages: entry.languages,
    ...(entry.alwaysOpen ? { always_open: true } : {}),
    schedule: entry.schedule.map(({ days, opensAt, closesAt }) => ({
      byday: days,
      opens_at: opensAt,
      closes_at: closesAt,
    })),
    ...(entry.nationalityRule === 0 ? {} : { nationality_rule: nameOf(NationalityRule, entry.nationalityRule) }),
    ...(entry.registration === 0 ? {} : { registration: nameOf(RegistrationRule, entry.registration) }),
    ...some({ assured_date: entry.assuredDate, eligibility_description: entry.eligibilityDescription }),
    ...period(entry.validity),
  };
}

function location(entry: DirectoryEntries["place"]): Record<string, unknown> {
  return { location_id: entry.id, name: entry.name, territory: entry.territory, ...some({ address: entry.address }) };
}

/** A roadmap as whoever refers by it needs it: what the enums mean is in docs/rutas.md. */
function roadmapOf(entry: DirectoryEntries["roadmap"]): Record<string, unknown> {
  const json = toJson(RoadmapSchema, entry, { useProtoFieldName: true }) as Record<string, unknown>;
  return { ...json, version: entry.version };
}

function period(validity: Validity | undefined): Record<string, string> {
  const iso = (time: Validity["from"]): string => (time === undefined ? "" : new Date(timestampMs(time)).toISOString());
  return some({ valid_from: iso(validity?.from), valid_to: iso(validity?.until) });
}

function some(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
}
