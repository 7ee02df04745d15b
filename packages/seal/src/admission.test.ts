// Which keys a process may be started with, over all that the hub may have.
import { describe, expect, test } from "vitest";
import { admit } from "./admission.ts";
import type { Known } from "./admission.ts";
import { WrongKey } from "./wrong-key.ts";

const inForce = (fingerprint: string): Known => ({ fingerprint, retired: false });
const retired = (fingerprint: string): Known => ({ fingerprint, retired: true });
const reasonOf = (current: string, previous: string | undefined, known: readonly Known[]): string => {
  try {
    admit("signing", { current, previous }, known);
    return "admitted";
  } catch (error) {
    return error instanceof WrongKey ? error.reason : String(error);
  }
};

describe("a process", () => {
  test.each([
    ["the one key in force", "a", undefined, [inForce("a")], ["a"], false],
    ["a new key beside the one in force", "b", "a", [inForce("a")], ["b", "a"], true],
    ["both once the new one is known", "b", "a", [inForce("a"), inForce("b")], ["b", "a"], false],
    ["the old one alone while it is in force", "a", undefined, [inForce("a"), inForce("b")], ["a"], false],
    ["the new one alone once it is known", "b", undefined, [inForce("a"), inForce("b")], ["b"], false],
    ["the new one, and the old one that is retired", "b", "a", [retired("a"), inForce("b")], ["b"], false],
    ["one key named twice", "a", "a", [inForce("a")], ["a"], false],
  ] as const)("starts with %s", (_what, current, previous, known, counts, isNew) => {
    expect(admit("master", { current, previous }, known)).toEqual({ inForce: counts, isNew });
  });

  test.each([
    ["a key that nobody vouches for", "b", undefined, [inForce("a")], "unknown"],
    ["a retired key", "a", undefined, [retired("a"), inForce("b")], "retired"],
    ["a retired key beside one in force", "a", "b", [retired("a"), inForce("b")], "retired"],
    ["a new key that only a retired one vouches for", "c", "a", [retired("a"), inForce("b")], "unknown"],
    ["a former key that is none of the hub's", "b", "x", [inForce("b")], "previous-unknown"],
  ] as const)("does not start with %s", (_what, current, previous, known, reason) => {
    expect(reasonOf(current, previous, known)).toBe(reason);
  });
});
