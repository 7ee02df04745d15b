// The plan of a case: what each institution of it sees of the stages.
import { Confidentiality, Directory, ReferralEventSchema, RoadmapSchema, Status, create } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { planOf } from "./plan.ts";

const text = (en: string) => ({ es: en.toUpperCase(), en });
const ROADMAP = create(RoadmapSchema, {
  id: "R99",
  version: 2,
  stages: [
    { id: "R99.1", order: 1, mandatory: true, action: text("listen") },
    { id: "R99.2", order: 2, mandatory: true, action: text("roof"), serviceTypes: ["ALO-FAM"] },
    {
      id: "R99.3",
      order: 2,
      action: text("complaint"),
      serviceTypes: ["JUS-DEN"],
      confidentiality: Confidentiality.VERY_RESTRICTED,
    },
    { id: "R99.4", order: 3, mandatory: true, action: text("plan") },
  ],
});
const DIRECTORY = new Directory(1n, {
  ...Object.fromEntries(
    ["institution", "service", "place", "endpoint", "institutionKey", "accessToken", "staff", "term", "territory"].map(
      (kind) => [kind, new Map()],
    ),
  ),
  roadmap: new Map([["R99@2", ROADMAP]]),
} as unknown as ConstructorParameters<typeof Directory>[1]);
const UNTIL = Date.parse("2026-11-25T12:00:00Z");

let version = 0;
function event(stageId: string, init: MessageInitShape<typeof ReferralEventSchema>): ReferralEvent {
  version += 1;
  return create(ReferralEventSchema, {
    version: BigInt(version),
    stageId,
    roadmapId: "R99",
    roadmapVersion: 2,
    requester: "casa",
    ...init,
  });
}
const fact = (stageId: string, value: NonNullable<MessageInitShape<typeof ReferralEventSchema>["fact"]>) =>
  event(stageId, { fact: value });

const EVENTS = [
  event("R99.2", { fact: { case: "requested", value: {} }, status: Status.REQUESTED }),
  fact("", { case: "caseOpened", value: { coordinator: "casa" } }),
  fact("R99.1", { case: "stageOpened", value: { mandatory: true } }),
  fact("R99.1", { case: "stageEnded", value: { outcomeCode: "served", done: true } }),
  fact("R99.2", { case: "stageOpened", value: { mandatory: true } }),
  event("R99.2", {
    fact: { case: "addressed", value: {} },
    status: Status.REQUESTED,
    performer: "albergue",
    expectation: { institution: "albergue", until: timestampFromMs(UNTIL) },
  }),
  fact("R99.3", { case: "stageOpened", value: {} }),
  event("R99.3", { fact: { case: "addressed", value: {} }, status: Status.REQUESTED, performer: "fiscalia" }),
];

test("the coordinator sees every stage, where it stands, who answers for it and until when", () => {
  expect(planOf(EVENTS, DIRECTORY, "casa")).toEqual({
    roadmap: "R99",
    version: 2,
    coordinator: "casa",
    stages: [
      { stage: "R99.1", action: text("listen"), mandatory: true, state: "ended", outcome: "served" },
      {
        stage: "R99.2",
        action: text("roof"),
        mandatory: true,
        state: "open",
        responsible: "albergue",
        until: "2026-11-25T12:00:00.000Z",
      },
      { stage: "R99.3", action: text("complaint"), mandatory: false, state: "open", responsible: "fiscalia" },
      { stage: "R99.4", action: text("plan"), mandatory: true, state: "waiting" },
    ],
  });
});

test("another institution of the case sees its own outcomes only, and of a very restricted stage that there is one", () => {
  const { stages } = planOf(EVENTS, DIRECTORY, "albergue")!;
  expect(stages[0]).toEqual({ stage: "R99.1", action: text("listen"), mandatory: true, state: "ended" });
  expect(stages[2]).toEqual({ state: "open" });
  expect(planOf(EVENTS, DIRECTORY, "fiscalia")!.stages[2]).toMatchObject({ stage: "R99.3", responsible: "fiscalia" });
});

test("a stage that nobody serves any more is answered for by the coordinator; a case that is over says why", () => {
  const ended = [
    ...EVENTS,
    event("R99.2", { fact: { case: "completed", value: {} }, status: Status.COMPLETED, performer: "albergue" }),
    fact("R99.2", { case: "stageEnded", value: { outcomeCode: "served", done: true } }),
    fact("R99.4", { case: "stageOpened", value: { mandatory: true } }),
    fact("", { case: "caseClosed", value: { reasonCode: "other" } }),
  ];
  const plan = planOf(ended, DIRECTORY, "casa")!;
  expect(plan.closed).toBe("other");
  expect(plan.stages[1]).toMatchObject({ state: "ended", outcome: "served" });
  expect(plan.stages[3]).toMatchObject({ state: "open", responsible: "casa" });
});

test("a case that runs no roadmap has none", () => {
  expect(planOf(EVENTS.slice(0, 1), DIRECTORY, "casa")).toBeUndefined();
});
