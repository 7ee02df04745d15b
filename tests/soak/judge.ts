// Whether what was measured in a soak grows beyond its data; pure.

/** How a quantity may grow: not at all, with the cases that are held, or up to a limit. */
type Bound = "flat" | "cases" | { readonly most: number };

/** What a quantity is, and how much of it is noise. */
export interface Meaning {
  readonly bound: Bound;
  readonly unit: "rows" | "bytes";
  /** What a last third may have over a first one by this factor, and by so much beside. */
  readonly factor: number;
  readonly slack: number;
}

/** Everything at one moment. */
export interface Look {
  readonly atS: number;
  /** Cases that the hub holds. */
  readonly cases: number;
  readonly values: Readonly<Record<string, number>>;
}

/** A quantity, how it went, and whether it kept its bound. */
export interface Verdict {
  readonly name: string;
  readonly unit: Meaning["unit"];
  readonly bound: Bound;
  readonly early: number;
  readonly late: number;
  /** The most that it may be in the end. */
  readonly most: number;
  readonly ok: boolean;
}

/** A pace that was seen to grow by more excuses no more: two looks on a busy machine tell little of it. */
const MOST_BUSIER = 1.3;

const top = (looks: readonly Look[], name: string): number => Math.max(...looks.map(({ values }) => values[name] ?? 0));

/** Cases a second. */
function rateOf(looks: readonly Look[]): number {
  const [first, last] = [looks[0]!, looks.at(-1)!];
  return (last.cases - first.cases) / Math.max(1, last.atS - first.atS);
}

/**
 * Judges looks taken after the warm-up, at least six: the most of the last third against the most of the first. What goes after a time
 * may be as much more as more came; what stays may grow as the cases do.
 */
export function judge(looks: readonly Look[], meanings: ReadonlyMap<string, Meaning>): Verdict[] {
  const third = Math.floor(looks.length / 3);
  const [first, last] = [looks.slice(0, third), looks.slice(-third)];
  const busier = Math.min(MOST_BUSIER, Math.max(1, rateOf(last) / Math.max(0.001, rateOf(first))));
  const more = Math.max(1, last.at(-1)!.cases / Math.max(1, first.at(-1)!.cases));
  return [...meanings].map(([name, { bound, unit, factor, slack }]) => {
    const [early, late] = [top(first, name), top(last, name)];
    const most = typeof bound === "object" ? bound.most : early * (bound === "cases" ? more : busier) * factor + slack;
    return { name, unit, bound, early, late, most, ok: late <= most };
  });
}
