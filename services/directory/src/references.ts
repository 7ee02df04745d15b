// Whether everything that an entry refers to exists and is of the kind meant, and whether nothing contains itself.
import type { DirectoryEntries, EntryKind } from "@ruta/events";
import type { Problem } from "@ruta/kit/written";
import { KINDS, problemAt } from "./whole.ts";
import type { Placed, Whole } from "./whole.ts";

interface Reference {
  readonly field: string;
  readonly to: EntryKind;
  readonly id: string;
  /** Taxonomy in which a term must lie. */
  readonly taxonomy?: string;
}

const many = (field: string, to: EntryKind, ids: readonly string[]): Reference[] =>
  ids.map((id, index) => ({ field: `${field}.${index}`, to, id }));
const one = (field: string, to: EntryKind, id: string): Reference[] => (id === "" ? [] : [{ field, to, id }]);
const serviceType = (field: string, id: string): Reference => ({ field, to: "term", id, taxonomy: "service-type" });
const owner = ({ institution }: { readonly institution: string }): Reference[] =>
  one("institution", "institution", institution);

/** What each kind of entry refers to. */
const REFERENCES: { readonly [K in EntryKind]: (value: DirectoryEntries[K]) => Reference[] } = {
  institution: ({ parent, competences }) => [
    ...one("parent", "institution", parent),
    ...competences.flatMap((competence, index) => [
      serviceType(`competences.${index}.service_type`, competence.serviceType),
      ...many(`competences.${index}.territories`, "territory", competence.territories),
    ]),
  ],
  service: (service) => [
    ...owner(service),
    serviceType("service_type", service.serviceType),
    ...many("territories", "territory", service.territories),
    ...many("places", "place", service.places),
  ],
  place: (place) => [...owner(place), ...one("territory", "territory", place.territory)],
  endpoint: owner,
  institutionKey: owner,
  accessToken: owner,
  staff: () => [],
  term: ({ parent, taxonomy }) => one("parent", "term", parent).map((reference) => ({ ...reference, taxonomy })),
  territory: ({ within }) => many("within", "territory", within),
  roadmap: ({ stages }) =>
    stages.flatMap(({ serviceTypes, institutions }, index) => [
      ...serviceTypes.map((type, place) => serviceType(`stages.${index}.service_types.${place}`, type)),
      ...many(`stages.${index}.institutions`, "institution", institutions),
    ]),
};

/** Every reference to nothing, to a term of another taxonomy, or to a place of another institution. */
export function checkReferences(whole: Whole): Problem[] {
  return [...KINDS.flatMap((kind) => ofKind(whole, kind, whole.all(kind))), ...foreignPlaces(whole)];
}

function ofKind<K extends EntryKind>(whole: Whole, kind: K, all: readonly Placed<K>[]): Problem[] {
  return all.flatMap((placed) =>
    REFERENCES[kind](placed.value).flatMap(({ field, to, id, taxonomy }) => {
      if (!whole.has(to, id)) {
        const what = to === "term" ? `the ${taxonomy} term` : `the ${to}`;
        return [problemAt(kind, placed, field, `names no ${to}: ${id}`, `add ${what} ${id}, or name one that exists`)];
      }
      const found = taxonomy === undefined ? undefined : whole.get("term", id);
      if (found && found.taxonomy !== taxonomy)
        return [
          problemAt(kind, placed, field, `names ${id}, a term of ${found.taxonomy}`, `name a term of ${taxonomy}`),
        ];
      return [];
    }),
  );
}

function foreignPlaces(whole: Whole): Problem[] {
  return whole.all("service").flatMap((placed) =>
    placed.value.places.flatMap((id, index) => {
      const place = whole.get("place", id);
      if (!place || place.institution === placed.value.institution) return [];
      const message = `names place ${id} of institution ${place.institution}`;
      return [
        problemAt("service", placed, `places.${index}`, message, "name a place of the service's own institution"),
      ];
    }),
  );
}

/** Every entry that would lie within itself by parents or territories. Each circle is told once. */
export function checkCycles(whole: Whole): Problem[] {
  return [
    ...cycles(whole, "institution", "parent", ({ parent }) => (parent === "" ? [] : [parent])),
    ...cycles(whole, "term", "parent", ({ parent }) => (parent === "" ? [] : [parent])),
    ...cycles(whole, "territory", "within", ({ within }) => within),
  ];
}

function cycles<K extends EntryKind>(
  whole: Whole,
  kind: K,
  field: string,
  above: (value: DirectoryEntries[K]) => readonly string[],
): Problem[] {
  const problems: Problem[] = [];
  const done = new Set<string>();
  const byId = new Map<string, Placed<K>>(whole.all(kind).map((placed) => [placed.id, placed]));
  for (const start of byId.keys()) {
    // A walk upwards without recursion, so that a chain of any length fits: the path, and what is left to try at each step.
    const path: string[] = [];
    const left: string[][] = [[start]];
    for (let here = left.at(-1); here !== undefined; here = left.at(-1)) {
      const next = here.pop();
      if (next === undefined) {
        left.pop();
        const finished = path.pop();
        if (finished !== undefined) done.add(finished);
        continue;
      }
      const placed = byId.get(next);
      const from = path.indexOf(next);
      if (placed && from >= 0) {
        const circle = [...path.slice(from), next].join(" → ");
        problems.push(problemAt(kind, placed, field, `makes a circle: ${circle}`, "take one of these steps out"));
      } else if (placed && !done.has(next)) {
        path.push(next);
        left.push([...above(placed.value)]);
      }
    }
  }
  return problems;
}
