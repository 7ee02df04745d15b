// Ids made of names, and the lines of the live timeline.
import { describe, expect, test } from "vitest";
import { idOfName } from "./enrol.ts";
import { timelineLine } from "./timeline.ts";

const plain = (text: string): string => text;
const paint = { dim: plain, green: plain, yellow: plain, red: plain, cyan: plain };

test.each([
  ["Fundación Ñandú", "fundacion-nandu"],
  ["  Casa   de la Mujer, Quito ", "casa-de-la-mujer-quito"],
  ["123 Sur", "123-sur"],
  ["¡¿?!", ""],
  [`${"a".repeat(63)} bc`, "a".repeat(63)],
])("of %j the id %j is made", (name, id) => {
  expect(idOfName(name)).toBe(id);
});

describe("the timeline", () => {
  const of = { institution: "casa", webhookId: "w-1", referral: "case-1" };
  test.each([
    [
      { kind: "received", ...of, type: "request", case: "case", code: "", sequence: 2 } as const,
      "<- request                case-1 no. 2",
    ],
    [
      { kind: "received", ...of, type: "refused", case: "case", code: "not-yours" } as const,
      "<- refused                case-1 no. 0 not-yours",
    ],
    [
      { kind: "answered", ...of, act: "accept", status: 202, code: "" } as const,
      "-> accept                 case-1 taken",
    ],
    [
      { kind: "answered", ...of, act: "accept", status: 422, code: "worker-required" } as const,
      "-> accept                 case-1 422 worker-required",
    ],
    [
      { kind: "said-again", ...of, act: "accept", status: 202 } as const,
      "-> accept again           case-1 202, the same answer",
    ],
    [
      { kind: "repeated", institution: "casa", webhookId: "w-1" } as const,
      "<- a repeat               w-1: taken before, answered 200",
    ],
    [{ kind: "down", institution: "casa", until: 0 } as const, "   down until 00:00:00 UTC: every connection is cut"],
    [{ kind: "sent", n: 1, institution: "casa", referral: "case-1", case: "case" } as const, undefined],
  ])("%j is %j", (entry, line) => {
    expect(timelineLine(entry, paint)).toBe(line);
  });
});
