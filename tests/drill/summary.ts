// What came of a drill, in words and figures.
import type { Shape } from "../city.ts";
import { verdict } from "./audit.ts";
import type { Findings } from "./audit.ts";
import type { Kind } from "./plan.ts";

/** How a hub recovered from a fault that came alone. */
export interface Recovery {
  readonly kind: Kind;
  readonly what: string;
  /** From when on it was counted, in milliseconds since the epoch: the kill, or the end of what lasted. */
  readonly since: number;
  /** Until everything flowed again. */
  readonly seconds: number;
  /** The case that was complete last. */
  readonly lastCase: string | undefined;
}

/** What came of it. */
export interface Drilled extends Findings {
  readonly driver: Shape["driver"];
  readonly seed: number;
  readonly seconds: number;
  /** Faults of each kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly recoveries: readonly Recovery[];
  /** What did not hold while Redis alone was away: the door takes requests, each gateway says that it is degraded. */
  readonly shut: number;
}

/** Recoveries in figures, in seconds. */
export interface Times {
  readonly count: number;
  readonly p50: number;
  readonly max: number;
}

/** Recoveries of all kinds together, and of each. */
export function recoveryTimes(recoveries: readonly Recovery[]): {
  readonly all: Times | undefined;
  readonly byKind: Readonly<Record<string, Times>>;
} {
  const times = (some: readonly Recovery[]): Times => {
    const sorted = some.map(({ seconds }) => seconds).toSorted((a, b) => a - b);
    return { count: sorted.length, p50: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 };
  };
  const kinds = [...Map.groupBy(recoveries, ({ kind }) => kind)].map(([kind, some]) => [kind, times(some)] as const);
  return { all: recoveries.length > 0 ? times(recoveries) : undefined, byKind: Object.fromEntries(kinds) };
}

/** How many faults a drill has done. */
export function killsOf({ faults }: Drilled): number {
  return Object.values(faults).reduce((sum, count) => sum + count, 0);
}

/** A drill in three lines: what was counted, how it recovered from each kind, and the sum of it. */
export function inWords(drilled: Drilled): readonly [string, string, string] {
  const { driver, seed, seconds, faults, recoveries, ...counts } = drilled;
  const list = (of: object): string =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  const time = (n: number | undefined): string => (n === undefined ? "-" : n.toFixed(1));
  const { all, byKind } = recoveryTimes(recoveries);
  const kinds = Object.entries(byKind).map(
    ([kind, { count, p50, max }]) => `${kind} ${count} times p50 ${time(p50)} max ${time(max)}`,
  );
  const { lost, twice, outOfOrder, otherId } = verdict(drilled);
  return [
    `drill on ${driver}, seed ${seed}, ${seconds} s: ${list(faults)}; ${list(counts)}`,
    `recovered, in seconds, from faults that came alone: ${kinds.join("; ") || "there were none"}`,
    `kills ${killsOf(drilled)}, accepted ${drilled.accepted}, lost ${lost}, decided twice ${twice}, out of order ${outOfOrder}, ` +
      `received under another id ${otherId}, recovered p50 ${time(all?.p50)} s max ${time(all?.max)} s`,
  ];
}

/** Whether a drill shows what it has to show. */
export function isClean(drilled: Drilled): boolean {
  return drilled.shut === 0 && Object.values(verdict(drilled)).every((count) => count === 0);
}
