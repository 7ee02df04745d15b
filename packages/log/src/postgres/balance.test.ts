// Holds that a group settles: every partition has one holder, shares differ by at most one, little moves.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { balance } from "./balance.ts";

type Holders = (string | undefined)[];

/** One round: every member in turn releases and claims, as its ticks would. */
function round(members: readonly string[], holders: Holders): number {
  let moves = 0;
  for (const member of members) {
    const { release, claim } = balance(member, members, holders);
    release.forEach((partition) => {
      holders[partition] = undefined;
    });
    claim.forEach((partition) => {
      expect(holders[partition]).toBeUndefined();
      holders[partition] = member;
    });
    moves += release.length + claim.length;
  }
  return moves;
}

const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f", "g"), { minLength: 1 });

describe("a balanced group", () => {
  test("settles within a few rounds with fair shares, whatever it starts from", () => {
    fc.assert(
      fc.property(
        names,
        fc.array(fc.option(fc.nat(6), { nil: undefined }), { minLength: 1, maxLength: 24 }),
        (members, start) => {
          const holders: Holders = start.map((n) => (n === undefined ? undefined : members[n % members.length]));
          for (let i = 0; i < 4; i += 1) round(members, holders);
          expect(round(members, holders)).toBe(0);
          const counts = members.map((member) => holders.filter((holder) => holder === member).length);
          expect(holders).not.toContain(undefined);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  test("moves only the new member's share when one joins", () => {
    const holders: Holders = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? "a" : "b"));
    expect(balance("a", ["a", "b", "c"], holders).release).toHaveLength(2);
    expect(balance("b", ["a", "b", "c"], holders).release).toHaveLength(2);
    expect(balance("c", ["a", "b", "c"], holders)).toEqual({ release: [], claim: [] });
  });

  test("asks nothing of one who is not a member", () => {
    expect(balance("x", ["a"], ["x", undefined])).toEqual({ release: [], claim: [] });
  });

  test("leaves the members without a partition in peace when there are more members than partitions", () => {
    expect(balance("b", ["a", "b"], ["a"])).toEqual({ release: [], claim: [] });
  });

  test("members that claim at the same time choose different partitions", () => {
    const empty: Holders = Array.from({ length: 6 });
    const claims = ["a", "b", "c"].flatMap((member) => balance(member, ["a", "b", "c"], empty).claim);
    expect(new Set(claims).size).toBe(6);
  });
});
