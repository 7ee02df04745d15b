// What is done to a hub, drawn from a seed: which fault, to whom, how long, and how long until the next. Pure.
import { numbersOf } from "../numbers.ts";
import type { Cut } from "./proxy.ts";

/** What can befall a hub. */
export const KINDS = [
  "kill",
  "stop",
  "kill-database",
  "cut-database",
  "fill-disk",
  "kill-broker",
  "cut-broker",
  "kill-redis",
  "stop-redis",
  "cut-redis",
  "flush-redis",
] as const;

/** One of them. */
export type Kind = (typeof KINDS)[number];

/** One fault. */
export interface Fault {
  readonly kind: Kind;
  /** Which process, as a number from 0 to 1 over all there are. */
  readonly victim: number;
  /** How long a stop, a cut or a full disk lasts, in milliseconds; 0 for what is over at once. */
  readonly lastsMs: number;
  readonly how: Cut;
  /** Between this fault and the next, in milliseconds. */
  readonly pauseMs: number;
  /** The next fault waits until the hub has recovered, so that how long that takes can be seen. */
  readonly calm: boolean;
}

/** How often each kind comes, relative to the others. */
const WEIGHTS: Readonly<Record<Kind, number>> = {
  kill: 12,
  stop: 3,
  "kill-database": 2,
  "cut-database": 1,
  "fill-disk": 1,
  "kill-broker": 2,
  "cut-broker": 1,
  "kill-redis": 1,
  "stop-redis": 1,
  "cut-redis": 1,
  "flush-redis": 1,
};

const STOP_MS = [5_000, 20_000] as const;
const CUT_MS = 10_000;
const FULL_MS = 8_000;
/** How long a Redis that was killed stays away: one that is back at once nobody misses. */
const AWAY_MS = 4_000;
const PAUSE_MS = [300, 3_000] as const;

/** How long a fault lasts before what was done is undone; a server that was killed is brought back at once. */
function lasting(kind: Kind, stopMs: number): number {
  if (kind.startsWith("stop")) return stopMs;
  if (kind.startsWith("cut")) return CUT_MS;
  if (kind === "fill-disk") return FULL_MS;
  return kind === "kill-redis" ? AWAY_MS : 0;
}

/** The faults of a seed, without end; of the kinds that can be made. */
export function* faultsOf(seed: number, kinds: readonly Kind[]): Generator<Fault, never> {
  const draw = numbersOf(seed);
  const between = ([least, most]: readonly [number, number]): number => Math.round(least + draw() * (most - least));
  const bag = kinds.flatMap((kind) => Array.from({ length: WEIGHTS[kind] }, () => kind));
  for (;;) {
    const kind = bag[Math.floor(draw() * bag.length)] ?? "kill";
    const [victim, stopMs, how, pauseMs, calm] = [draw(), between(STOP_MS), draw(), between(PAUSE_MS), draw()];
    const lastsMs = lasting(kind, stopMs);
    yield { kind, victim, lastsMs, how: how < 0.5 ? "reset" : "silence", pauseMs, calm: calm < 0.3 };
  }
}
