// What a request is drawn from: numbers, choices and values of arbitraries that follow from a seed and the request's number.
import fc from "fast-check";
import { numbersOf } from "../numbers.ts";

/** Draws for one request. */
export interface Draw {
  chance(probability: number): boolean;
  /** A whole number, both ends included. */
  int(least: number, most: number): number;
  pick<T>(from: readonly T[]): T;
  /** One of the names, by how much each weighs. */
  weighed<K extends string>(weights: Readonly<Record<K, number>>): K;
  sample<T>(arbitrary: fc.Arbitrary<T>): T;
}

/** The draws of request `n` under a seed. */
export function drawOf(seed: number, n: number): Draw {
  const next = numbersOf(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(n + 1, 0x85ebca6b));
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    int,
    chance: (probability) => next() < probability,
    pick: (from) => from[int(0, from.length - 1)]!,
    weighed(weights) {
      const names = Object.keys(weights) as (keyof typeof weights)[];
      let left = next() * names.reduce((sum, name) => sum + weights[name], 0);
      return names.find((name) => (left -= weights[name]) < 0) ?? names.at(-1)!;
    },
    sample: (arbitrary) => fc.sample(arbitrary, { seed: int(0, 2 ** 31 - 1), numRuns: 1 })[0]!,
  };
}
