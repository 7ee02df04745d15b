// From when until when things count: no period that never is, no two that say the same at once, nothing outlives its institution.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Validity } from "@ruta/events";
import type { Problem } from "@ruta/kit/written";
import { problemAt } from "./whole.ts";
import type { Placed, Whole } from "./whole.ts";

const DATED = ["institution", "service", "place", "endpoint", "institutionKey", "accessToken", "staff"] as const;
const OWNED = ["service", "place", "endpoint"] as const;

/** First instant of a period in milliseconds; minus infinity when it has none. */
export function fromMs(validity: Validity | undefined): number {
  return validity?.from ? timestampMs(validity.from) : -Infinity;
}

/** First instant after a period in milliseconds; infinity when it has no end. */
function untilMs(validity: Validity | undefined): number {
  return validity?.until ? timestampMs(validity.until) : Infinity;
}

/** Every period that is empty, overlaps its like, or goes on after the institution has ended. */
export function checkPeriods(whole: Whole): Problem[] {
  return [
    ...DATED.flatMap((kind) => empty(whole, kind)),
    ...whole.all("institution").flatMap((placed) => [
      ...overlaps(placed, "competences", placed.value.competences, (a, b) => {
        if (a.serviceType !== b.serviceType) return undefined;
        const everywhere = a.territories.length === 0 || b.territories.length === 0;
        const shared = a.territories.find((territory) => b.territories.includes(territory));
        if (!everywhere && shared === undefined) return undefined;
        return `${a.serviceType} ${shared === undefined ? "everywhere" : `in ${shared}`}`;
      }),
      ...overlaps(placed, "memberships", placed.value.memberships, (a, b) =>
        a.network === b.network ? a.network : undefined,
      ),
    ]),
    ...OWNED.flatMap((kind) => outliving(whole, kind)),
  ];
}

function empty(whole: Whole, kind: (typeof DATED)[number]): Problem[] {
  const problems: Problem[] = [];
  for (const placed of whole.all(kind)) {
    const check = (validity: Validity | undefined, field: string): void => {
      if (fromMs(validity) < untilMs(validity)) return;
      problems.push(problemAt(kind, placed, field, "is not after from", "give an end that is after the beginning"));
    };
    const value: { readonly validity?: Validity | undefined } = placed.value;
    check(value.validity, "until");
    if (kind !== "institution") continue;
    const { competences, memberships } = (placed as unknown as Placed<"institution">).value;
    competences.forEach((each, index) => check(each.validity, `competences.${index}.until`));
    memberships.forEach((each, index) => check(each.validity, `memberships.${index}.until`));
  }
  return problems;
}

function overlaps<T extends { readonly validity?: Validity | undefined }>(
  placed: Placed<"institution">,
  field: string,
  items: readonly T[],
  same: (a: T, b: T) => string | undefined,
): Problem[] {
  return items.flatMap((later, index) => {
    for (const [before, earlier] of items.slice(0, index).entries()) {
      const what = same(earlier, later);
      const apart =
        untilMs(earlier.validity) <= fromMs(later.validity) || untilMs(later.validity) <= fromMs(earlier.validity);
      if (what === undefined || apart) continue;
      const message = `says ${what} for a time that ${field}.${before} covers too`;
      return [
        problemAt("institution", placed, `${field}.${index}`, message, "end the earlier one first, or leave one out"),
      ];
    }
    return [];
  });
}

function outliving(whole: Whole, kind: (typeof OWNED)[number]): Problem[] {
  return whole.all(kind).flatMap((placed) => {
    const value: { readonly institution: string; readonly validity?: Validity | undefined } = placed.value;
    const end = untilMs(whole.get("institution", value.institution)?.validity);
    if (untilMs(value.validity) <= end) return [];
    const at = new Date(end).toISOString();
    return [
      problemAt(
        kind,
        placed,
        "until",
        `goes on after institution ${value.institution} ends at ${at}`,
        "end it no later",
      ),
    ];
  });
}
