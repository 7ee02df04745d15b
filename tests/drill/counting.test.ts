// The counting of a drill is proven by what it must find: each thing that receivers can tell, and the same faults for the same seed.
import type { Entry } from "@ruta/client/simulator";
import { expect, test } from "vitest";
import { KINDS, faultsOf } from "./plan.ts";
import { receptions } from "./receptions.ts";

let webhooks = 0;
const got = (event: string, sequence: number): Entry => {
  const ids = { webhookId: `w-${(webhooks += 1)}`, referral: "c-1", case: "c", code: "" };
  return { kind: "received", institution: "house", type: "accept", event, sequence, ...ids };
};
const counted = (...entries: Entry[]) => {
  const journal = { entries, add: () => {}, close: () => {} };
  const { missing, outOfOrder, otherId, repeated } = receptions([{ journal }]);
  return { missing, outOfOrder, otherId, repeated };
};
const clean = { missing: 0, outOfOrder: 0, otherId: 0, repeated: 0 };

test("what came in order, once, is clean, and a repeat under its own webhook-id is allowed", () => {
  const again: Entry = { kind: "repeated", institution: "house", webhookId: "w-1" };
  expect(counted(got("a", 1), got("b", 2), again)).toEqual({ ...clean, repeated: 1 });
});

test("what never came, came late, or came under another webhook-id is found", () => {
  expect(counted(got("a", 1), got("c", 3))).toEqual({ ...clean, missing: 1 });
  expect(counted(got("b", 2), got("a", 1))).toEqual({ ...clean, outOfOrder: 1 });
  expect(counted(got("a", 1), got("a", 1))).toEqual({ ...clean, otherId: 1 });
});

test("a seed gives the same faults again, another one others, and each kind has its turn", () => {
  const some = (seed: number) =>
    Array.from(
      { length: 200 },
      (
        (plan) => () =>
          plan.next().value
      )(faultsOf(seed, KINDS)),
    );
  expect(some(7)).toEqual(some(7));
  expect(some(7)).not.toEqual(some(8));
  expect(new Set(some(7).map(({ kind }) => kind))).toEqual(new Set(KINDS));
});
