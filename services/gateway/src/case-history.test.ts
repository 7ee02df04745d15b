// A history says what was known on a day, and apart from it what had happened and was learned later.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Channel, Confidentiality, ReferralEventSchema, Status, create } from "@ruta/events";
import { expect, test } from "vitest";
import { caseHistory } from "./case-history.ts";

const DAY = 86_400_000;
const START = Date.parse("2026-11-23T15:00:00Z");

let version = 0;
function event(days: number, init: MessageInitShape<typeof ReferralEventSchema>, occurred = days) {
  version += 1;
  const usual: MessageInitShape<typeof ReferralEventSchema> = {
    caseId: "case",
    version: BigInt(version),
    referralId: "case-1",
    directoryRevision: 7n,
    confidentiality: Confidentiality.NORMAL,
    status: Status.REQUESTED,
    actor: { institution: "casa", worker: "w-1", channel: Channel.WEBHOOK },
    recordedAt: timestampFromMs(START + days * DAY),
    receivedAt: timestampFromMs(START + days * DAY),
    occurredAt: timestampFromMs(START + occurred * DAY),
  };
  return create(ReferralEventSchema, { ...usual, ...init } as MessageInitShape<typeof ReferralEventSchema>);
}
const EVENTS = [
  event(0, { fact: { case: "requested", value: {} } }),
  event(0, { fact: { case: "caseOpened", value: { coordinator: "casa" } }, roadmapId: "R12", roadmapVersion: 3 }),
  event(1, { fact: { case: "accepted", value: {} }, performer: "albergue", status: Status.ACCEPTED }),
  // Served on the second day, as the house says; told on the ninth.
  event(9, { fact: { case: "completed", value: { outcomeCode: "served" } }, status: Status.COMPLETED }, 2),
];
const facts = (steps: readonly { fact: string }[]): string => steps.map(({ fact }) => fact).join(" ");

test("on the fifth day the hub knew of the acceptance; the service had happened and was not known", () => {
  const history = caseHistory(EVENTS, START + 5 * DAY)!;
  expect(facts(history.known)).toBe("requested case-opened accepted");
  expect(facts(history.learnedLater)).toBe("completed");
  expect(history.roadmap).toEqual({ id: "R12", version: 3 });
  expect(history.known[2]).toMatchObject({ actor: "casa", worker: "w-1", channel: "webhook", directoryRevision: "7" });
});

test("on the first day neither; later all of it, and nothing apart", () => {
  const first = caseHistory(EVENTS, START)!;
  expect([facts(first.known), facts(first.learnedLater)]).toEqual(["requested case-opened", ""]);
  const last = caseHistory(EVENTS, START + 10 * DAY)!;
  expect([last.known.length, last.learnedLater]).toEqual([4, []]);
  expect(last.known[3]).toMatchObject({
    detail: "served",
    occurredAt: new Date(START + 2 * DAY).toISOString(),
    recordedAt: new Date(START + 9 * DAY).toISOString(),
  });
});

test("before the case was known there is none; a very restricted one tells when and by whom, not what about", () => {
  expect(caseHistory(EVENTS, START - 1)).toBeUndefined();
  const strict = [
    event(0, {
      fact: { case: "rejected", value: { reasonCode: "no-capacity" } },
      confidentiality: Confidentiality.VERY_RESTRICTED,
      stageId: "R01.3",
    }),
  ];
  const [only] = caseHistory(strict, START)!.known;
  expect(only).not.toHaveProperty("detail");
  expect(only).not.toHaveProperty("stage");
});
