// The printed history: a person reads it from top to bottom and nothing in it is code.
import { ReferralEventSchema, wordOf } from "@ruta/events";
import { expect, test } from "vitest";
import { historyPage } from "./history-page.ts";
import { FACTS } from "./words.ts";

const step = {
  version: 1,
  referral: "case-1",
  fact: "accepted",
  stage: "R12.3",
  actor: "albergue",
  worker: "w-1",
  channel: "webhook",
  status: "accepted",
  detail: "<script>alert(1)</script>",
  occurredAt: "2026-11-23T15:00:00.000Z",
  receivedAt: "2026-11-23T15:00:01.000Z",
  recordedAt: "2026-11-23T15:00:02.000Z",
  directoryRevision: "7",
};
const history = {
  case: "case",
  confidentiality: "N",
  roadmap: { id: "R12", version: 1 },
  known: [step],
  learnedLater: [],
};
const page = historyPage(history, "2026-11-25T00:00:00.000Z", 'a "question"');

test("says what was known and what was learned later, of whom and when", () => {
  for (const text of [
    "The institution accepted · R12.3",
    "was learned later",
    "Nothing.",
    "albergue / w-1",
    "a &quot;question&quot;",
  ])
    expect(page).toContain(text);
});

test("holds no code, and nothing from elsewhere", () => {
  expect(page).not.toMatch(/<script|src=|href=/);
  expect(page).toContain("&lt;script&gt;");
});

test("has a sentence for every fact of a case", () => {
  const facts = ReferralEventSchema.oneofs[0]!.fields.map(({ localName }) => wordOf(localName));
  expect(facts.filter((fact) => FACTS[fact] === undefined)).toEqual([]);
  expect(Object.keys(FACTS).filter((fact) => !facts.includes(fact))).toEqual([]);
});
