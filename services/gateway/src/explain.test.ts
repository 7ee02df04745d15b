// Why a referral went where it went, from the events of its case.
import { CandidateSchema, Confidentiality, ReferralEventSchema, create, newCaseId, referralId } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import { expect, test } from "vitest";
import { explain } from "./explain.ts";

const caseId = newCaseId();
const first = referralId(caseId, 1);
const candidate = (institution: string, notMet: string[], unknown: string[] = []) =>
  create(CandidateSchema, {
    institution,
    serviceId: `${institution}-bed`,
    eligible: notMet.length === 0,
    criteria: ["territory", "age", "consent"].map((name) => ({
      name,
      met: !notMet.includes(name),
      unknown: unknown.includes(name),
    })),
  });
const addressed = (confidentiality: Confidentiality): ReferralEvent =>
  create(ReferralEventSchema, {
    caseId,
    referralId: first,
    performer: "casa",
    confidentiality,
    directoryRevision: 7n,
    fact: {
      case: "addressed",
      value: {
        chosenBy: "chosen-by-hub",
        considered: 3,
        candidates: [candidate("casa", [], ["age"]), candidate("hogar", ["territory", "consent"])],
      },
    },
  });

test("each candidate comes with what was not met, and with what was not known", () => {
  const [choice] = explain([addressed(Confidentiality.NORMAL)], first) ?? [];
  expect(choice).toMatchObject({ fact: "addressed", performer: "casa", why: "chosen-by-hub", directoryRevision: "7" });
  expect(choice?.candidates).toEqual([
    { institution: "casa", service: "casa-bed", chosen: true, points: 0, notMet: [], behind: [], unknown: ["age"] },
    {
      institution: "hogar",
      service: "hogar-bed",
      chosen: false,
      points: 0,
      notMet: ["territory", "consent"],
      behind: [],
      unknown: [],
    },
  ]);
});

test("of a case of class V, or of a class that is not known, no candidate is shown", () => {
  for (const clearance of [Confidentiality.VERY_RESTRICTED, Confidentiality.UNSPECIFIED])
    expect(explain([addressed(clearance)], first)?.[0]?.candidates).toEqual([]);
});

test("a referral that the case does not have is not explained", () => {
  expect(explain([addressed(Confidentiality.NORMAL)], referralId(caseId, 2))).toBeUndefined();
});
