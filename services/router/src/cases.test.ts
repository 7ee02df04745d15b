// Cases that follow a roadmap: stages open, end and are offered, the case closes; each shipped roadmap is walked from end to end.
import { ConsentBasis, ConsentSchema, Confidentiality, Fallback, Priority, create, referralId } from "@ruta/events";
import type { Roadmap } from "@ruta/events";
import { shippedRoadmaps } from "@ruta/roadmap/shipped";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLive } from "./advance.ts";
import { decodeCase, encodeCase } from "./case-codec.ts";
import { ANYONE, CASE, Story, asks, directoryOf, usual } from "./scenario.ts";
import { emptyCase, evolve } from "./state.ts";

const ROADMAPS = shippedRoadmaps();
const SERVICES = [...new Set(ROADMAPS.flatMap(({ stages }) => stages.flatMap(({ serviceTypes }) => serviceTypes)))];
const hostOf = (type: string): string => `host-${type.toLowerCase()}`;

/** A city in which one institution serves each type, and where the types of `full` are served by nobody. */
function cityWith(roadmaps: readonly Roadmap[], full: readonly string[] = []) {
  const served = SERVICES.filter((type) => !full.includes(type));
  return directoryOf({
    institutions: [{ id: "sender" }, { id: "stranger" }, ...served.map((type) => ({ id: hostOf(type) }))],
    services: served.map((type) => ({
      id: `s-${type.toLowerCase()}`,
      institution: hostOf(type),
      serviceType: type,
    })),
    roadmaps,
  });
}

const roadmap = (id: string): Roadmap => ROADMAPS.find((one) => one.id === id)!;

/** A request for the first stage of a roadmap that a service gives. */
function begins({ id, stages }: Roadmap, more: Parameters<typeof asks>[0] = {}) {
  const stage = stages.find(({ serviceTypes }) => serviceTypes.length > 0)!;
  const consent = create(ConsentSchema, { ...ANYONE, basis: stage.bases[0] ?? ConsentBasis.EXPLICIT });
  const ageBand = ["R03", "R04", "R09"].includes(id) ? "12-17" : "18-59";
  return asks({ roadmapId: id, stageId: stage.id, serviceType: stage.serviceTypes[0]!, consent, ageBand, ...more });
}

const standing = (story: Story): Record<string, string> =>
  Object.fromEntries(Object.entries(story.state.run?.stages ?? {}).map(([id, { state }]) => [id, state]));

/** Serves the live referral of a stage, or records the stage where there is none. */
function serve(story: Story, stage: string, outcomeCode = "served"): void {
  const open = () => Object.values(story.state.referrals).find((one) => one.request.stageId === stage && isLive(one));
  // Whoever coordinates brings the basis that the stage rests on, where it is another than before.
  const returned = open();
  if (returned?.phase === "returned" && returned.proposed !== true) {
    const { roadmap: id } = story.state.run!;
    const basis = roadmap(id).stages.find((one) => one.id === stage)!.bases[0]!;
    const value = { performer: hostOf(returned.request.serviceType), consent: { ...ANYONE, basis } };
    story.tell({ case: "redirect", value }, { referralId: returned.id });
  }
  const proposed = open();
  // A person chooses whom the hub proposed first.
  if (proposed?.proposed === true) {
    const value = { performer: hostOf(proposed.request.serviceType), reasonCode: "first-proposed" };
    story.tell({ case: "choose", value }, { referralId: proposed.id });
  }
  const live = open();
  if (!live) {
    const { refusal } = story.tell({ case: "recordStage", value: { stageId: stage, outcomeCode } });
    if (refusal) throw new Error(`${stage} cannot be recorded: ${refusal}`);
    return;
  }
  const by = live.performer;
  expect(by, `who serves ${stage}`).not.toBe("");
  story.tell(usual("accept", story.now), { by, referralId: live.id });
  const { refusal } = story.tell({ case: "complete", value: { outcomeCode } }, { by, referralId: live.id });
  expect(refusal).toBeUndefined();
}

describe("a family without a roof (R12)", () => {
  it("is placed, planned for, and its case closes when the mandatory stages have their outcomes", () => {
    // Given a family that asks for a roof
    const story = new Story(cityWith([roadmap("R12")]));
    const { events } = story.tell(begins(roadmap("R12")));
    // Then contact is done, the stage asked for is open, and every event names the roadmap and its version
    expect(standing(story)).toMatchObject({ "R12.1": "ended", "R12.3": "open", "R12.2": "offered" });
    expect(events.slice(1).every((e) => e.roadmapId === "R12" && e.roadmapVersion === 1)).toBe(true);
    // and the houses that could take it are proposed to the sender, whose worker chooses
    expect(events.find(({ fact }) => fact.case === "returned")).toMatchObject({
      stageId: "R12.3",
      fact: { value: { reasonCode: "proposal" } },
      expectation: { institution: "sender", acts: ["choose", "cancel"] },
    });
    // When the house serves it
    serve(story, "R12.3");
    // Then the plan, which the coordinator makes without a referral, is open
    expect(standing(story)).toMatchObject({ "R12.3": "ended", "R12.4": "open" });
    expect(story.state.run?.closed).toBeUndefined();
    // When the coordinator has made it
    serve(story, "R12.4");
    // Then rent support is offered, and the case is over
    expect(standing(story)["R12.5"]).toBe("offered");
    expect(story.state.run?.closed?.reason).toBe("stages-ended");
    expect(story.facts().at(-1)).toBe("case-closed");
  });

  it("opens what was offered when the coordinator asks, under the basis of that stage", () => {
    const story = new Story(cityWith([roadmap("R12")]));
    story.tell(begins(roadmap("R12")));
    const refused = story.tell({
      case: "openStage",
      value: { stageId: "R12.5", consent: { ...ANYONE, basis: ConsentBasis.DUTY } },
    });
    expect(refused.refusal).toBe("basis-not-of-stage");
    const { events } = story.tell({ case: "openStage", value: { stageId: "R12.5" } });
    expect(events.map(({ fact }) => fact.case)).toEqual(["stageOpened", "requested", "returned"]);
    expect(story.referral(2)).toMatchObject({ proposed: true, requester: "sender" });
    expect(story.tell({ case: "openStage", value: { stageId: "R12.5" } }).refusal).toBe("stage-running");
  });

  it("ends by a recorded decision too, but not over a referral that somebody has", () => {
    const story = new Story(cityWith([roadmap("R12")]));
    story.tell(begins(roadmap("R12")));
    const close = { case: "closeCase", value: { reasonCode: "person-withdrew" } } as const;
    expect(story.tell(close).refusal).toBe("case-has-open-referrals");
    story.tell(usual("cancel", story.now));
    // A mandatory stage that ended without an outcome keeps the case open.
    expect(story.state.run?.stages["R12.3"]).toMatchObject({ state: "ended", outcome: "none", done: false });
    expect(story.state.run?.closed).toBeUndefined();
    expect(story.tell(close).events[0]?.fact.case).toBe("caseClosed");
    expect(story.tell({ case: "recordStage", value: { stageId: "R12.4", outcomeCode: "served" } }).refusal).toBe(
      "case-closed",
    );
  });

  it("waits on the worklist where no house has the service, and goes on when an operator sends it", () => {
    const full = cityWith([roadmap("R12")], ["ALO-FAM", "ALO-NOC"]);
    const story = new Story(full);
    story.tell(begins(roadmap("R12")));
    expect(story.referral().phase).toBe("worklisted");
    expect(standing(story)["R12.3"]).toBe("open");
  });

  it("tells the requester to look at R03 and R04 where there is a child, once", () => {
    const city = cityWith([roadmap("R12"), roadmap("R03"), roadmap("R04")]);
    const story = new Story(city);
    const members = [{ personId: "p-child", relation: "CHILD", ageBand: "5-11" }];
    story.tell(begins(roadmap("R12"), { members }));
    const raised = story.events.filter(({ fact }) => fact.case === "screeningRaised");
    expect(raised.map(({ fact }) => fact.value)).toEqual([
      expect.objectContaining({ roadmaps: ["R03", "R04"], reasonCode: "child" }),
    ]);
    // Neither without a child, nor where the case is that roadmap already.
    const adult = new Story(city);
    adult.tell(begins(roadmap("R12")));
    const child = new Story(city);
    child.tell(begins(roadmap("R03")));
    for (const other of [adult, child]) expect(other.facts()).not.toContain("screening-raised");
  });
});

it("who served one stage may serve another, and a stage takes the first of its service types that anybody can give", () => {
  const story = new Story(cityWith([roadmap("R12")], ["ALO-FAM"]));
  story.tell(begins(roadmap("R12"), { serviceType: "ALO-NOC" }));
  story.tell({ case: "choose", value: { performer: hostOf("ALO-NOC"), reasonCode: "closer" } });
  expect(story.referral().performer).toBe(hostOf("ALO-NOC"));
  const again = new Story(cityWith([roadmap("R02")], ["ALO-TRATA", "ALO-NNA"]));
  again.tell(
    begins(roadmap("R02"), {
      stageId: "R02.2b",
      serviceType: "JUS-DEN",
      consent: { ...ANYONE, basis: ConsentBasis.DUTY },
    }),
  );
  const place = Object.values(again.state.referrals).find(({ request }) => request.stageId === "R02.2a")!;
  expect(place.request.serviceType).toBe("ALO-VBG");
});

it("what came by a duty to report is passed on for care only with a basis of that stage, which its coordinator brings", () => {
  const story = new Story(cityWith([roadmap("R04")]));
  story.tell(begins(roadmap("R04")));
  expect(story.referral().consent.basis).toBe(ConsentBasis.DUTY);
  serve(story, "R04.2a");
  const care = () => Object.values(story.state.referrals).find(({ request }) => request.stageId === "R04.3")!;
  expect(care()).toMatchObject({ phase: "returned", performer: "" });
  const told = story.events.findLast(({ fact, stageId }) => fact.case === "returned" && stageId === "R04.3");
  expect(told?.fact.value).toMatchObject({ reasonCode: "consent-does-not-cover" });
  const redirect = (basis: ConsentBasis) =>
    story.tell(
      { case: "redirect", value: { performer: hostOf("SAL-PRI"), consent: { ...ANYONE, basis } } },
      { referralId: care().id },
    );
  redirect(ConsentBasis.EXPLICIT);
  expect(care()).toMatchObject({ phase: "returned", performer: "" });
  redirect(ConsentBasis.ASSENT);
  expect(care()).toMatchObject({ phase: "requested", performer: hostOf("SAL-PRI") });
});

describe("a referral that is declined", () => {
  /** Declined once, where the stage says this; `other` houses could take it too. */
  function declined(change: Partial<Pick<Roadmap["stages"][number], "onDecline" | "onNoCandidate">>, others: boolean) {
    const R = structuredClone(roadmap("R12"));
    Object.assign(
      R.stages.find(({ id }) => id === "R12.3")!,
      change,
    );
    const houses = ["house-a", ...(others ? ["house-b"] : [])];
    const story = new Story(
      directoryOf({
        institutions: [{ id: "sender" }, ...houses.map((id) => ({ id }))],
        services: houses.map((institution) => ({ id: `s-${institution}`, institution, serviceType: "ALO-FAM" })),
        roadmaps: [R],
      }),
    );
    story.tell(begins(R, { performer: "house-a" }));
    story.tell({ case: "reject", value: { reasonCode: "no-capacity" } }, { by: "house-a" });
    const { fact } = story.events.findLast(({ fact: one }) => one.case === "returned" || one.case === "worklisted")!;
    return [fact.case, (fact.value as { reasonCode: string }).reasonCode];
  }

  it.each([
    ["the next one, whom a person chooses", { onDecline: Fallback.NEXT }, true, ["returned", "proposal"]],
    ["the coordinator", { onDecline: Fallback.COORDINATOR }, true, ["returned", "stage-rule"]],
    ["the worklist", { onDecline: Fallback.WORKLIST }, true, ["worklisted", "stage-rule"]],
    ["the worklist where nobody is left", {}, false, ["worklisted", "candidates-exhausted"]],
    [
      "the coordinator where nobody is left",
      { onNoCandidate: Fallback.COORDINATOR },
      false,
      ["returned", "candidates-exhausted"],
    ],
  ] as const)("goes to %s, as its stage says", (_name, change, others, told) => {
    expect(declined(change, others)).toEqual(told);
  });
});

describe("conditions", () => {
  it("open a stage by the outcome of an earlier one, and skip it where they are not met", () => {
    const refused = new Story(cityWith([roadmap("R08")]));
    refused.tell(begins(roadmap("R08")));
    serve(refused, "R08.2", "refused-by-status");
    expect(standing(refused)["R08.3"]).toBe("open");
    const served = new Story(cityWith([roadmap("R08")]));
    served.tell(begins(roadmap("R08")));
    serve(served, "R08.2");
    expect(standing(served)).toMatchObject({ "R08.3": "skipped", "R08.4": "skipped" });
  });

  it("that fail are no match: the stage is offered to a person, flagged", () => {
    const R = structuredClone(roadmap("R08"));
    R.stages.find(({ id }) => id === "R08.3")!.entry = "facts.outcomes['R08.9'] == 'x'";
    const story = new Story(cityWith([R]));
    story.tell(begins(R));
    serve(story, "R08.2");
    const offered = story.events.find(({ fact, stageId }) => fact.case === "stageOffered" && stageId === "R08.3");
    expect(offered?.fact.value).toMatchObject({ reasonCode: "condition-failed", mandatory: true });
    expect(story.state.run?.closed).toBeUndefined();
  });

  it("of the roadmap keep out whom it is not for", () => {
    const story = new Story(cityWith([roadmap("R09")]));
    expect(story.tell(begins(roadmap("R09"), { ageBand: "18-59" })).refusal).toBe("roadmap-not-for-case");
  });
});

describe("a request that names a roadmap wrongly is refused:", () => {
  const city = cityWith([roadmap("R12")]);
  it.each([
    ["one that is not there", { roadmapId: "R77" }, "unknown-roadmap"],
    ["a stage without a roadmap", { roadmapId: "" }, "unknown-roadmap"],
    ["a stage that is not there", { stageId: "R12.8" }, "stage-not-served"],
    ["a service that the stage is not", { serviceType: "ALIM" }, "stage-not-served"],
    ["a basis that the stage is not on", { consent: { ...ANYONE, basis: ConsentBasis.DUTY } }, "basis-not-of-stage"],
  ] as const)("%s", (_name, more, code) => {
    expect(new Story(city).tell(begins(roadmap("R12"), more)).refusal).toBe(code);
  });

  it("one that holds no more; a case that began keeps its version while a new one counts", () => {
    const old = structuredClone(roadmap("R12"));
    const next = structuredClone(old);
    next.version = 2;
    next.stages = next.stages.filter(({ id }) => id !== "R12.4");
    const story = new Story(cityWith([old]));
    story.tell(begins(old));
    Object.assign(story, { directory: cityWith([old, next]) });
    serve(story, "R12.3");
    expect(standing(story)["R12.4"]).toBe("open");
    const fresh = new Story(cityWith([old, next]));
    fresh.tell(begins(next));
    expect(fresh.state.run?.version).toBe(2);
  });
});

it("only the coordinator of a case begins and records its stages, by a worker", () => {
  const story = new Story(cityWith([roadmap("R12")]));
  story.tell(begins(roadmap("R12"), { performer: hostOf("ALO-FAM") }));
  const act = usual("record-stage", story.now);
  expect(story.tell(act, { by: "stranger" }).refusal).toBe("not-a-party");
  expect(story.tell(act, { by: hostOf("ALO-FAM") }).refusal).toBe("only-coordinator");
  expect(story.tell({ case: "recordStage", value: { stageId: "R12.9", outcomeCode: "served" } }).refusal).toBe(
    "unknown-stage",
  );
  expect(story.tell(act).refusal).toBe("stage-ended");
});

it("a stage of a stricter class makes the case as strict, and none makes it less", () => {
  const story = new Story(cityWith([roadmap("R04")]));
  story.tell(begins(roadmap("R04"), { reasonCode: "SV", confidentiality: Confidentiality.NORMAL }));
  expect(story.state.confidentiality).toBe(Confidentiality.VERY_RESTRICTED);
  serve(story, "R04.2a");
  serve(story, "R04.2b");
  expect(standing(story)["R04.3"]).toBe("open");
  expect(story.state.confidentiality).toBe(Confidentiality.VERY_RESTRICTED);
});

/** Serves whatever is open, in order, until nothing is. */
function walk(story: Story, pick: (open: readonly string[]) => string, outcome: () => string): void {
  for (let steps = 0; steps < 60; steps += 1) {
    const open = Object.entries(standing(story)).flatMap(([id, state]) => (state === "open" ? [id] : []));
    if (open.length === 0 || story.state.run?.closed) return;
    serve(story, pick(open), outcome());
  }
  throw new Error("the case does not come to an end");
}

describe.each(ROADMAPS.map((one) => [one.id, one] as const))("%s", (_id, one) => {
  it("runs from its first request to its end, and no mandatory stage is left out in silence", () => {
    const story = new Story(cityWith([one]));
    expect(story.tell(begins(one, { reasonCode: "SV", priority: Priority.EMERGENCY })).refusal).toBeUndefined();
    walk(
      story,
      (open) => open[0]!,
      () => "served",
    );
    expect(story.state.run?.closed?.reason).toBe("stages-ended");
    const known = story.state.run?.stages ?? {};
    expect(one.stages.filter(({ id }) => known[id] === undefined)).toEqual([]);
    expect(one.stages.filter(({ id, mandatory }) => mandatory && known[id]?.done !== true)).toEqual([]);
  });

  it("does not end where nobody serves its first stage: somebody is told", () => {
    const first = one.stages.find(({ serviceTypes }) => serviceTypes.length > 0)!;
    const story = new Story(cityWith([one], first.serviceTypes));
    story.tell(begins(one));
    expect(story.facts()).toContain("worklisted");
    expect(story.state.run?.closed).toBeUndefined();
  });
});

it("folding the events of any case gives the same state, byte for byte, whatever is repeated and wherever it is stored between", () => {
  const outcomes = ["served", "refused-by-status", "no-capacity", "person-declined"];
  fc.assert(
    fc.property(fc.constantFrom(...ROADMAPS), fc.array(fc.nat(7), { minLength: 1, maxLength: 30 }), (one, choices) => {
      const story = new Story(cityWith([one]));
      story.tell(begins(one));
      let at = 0;
      const next = (): number => choices[at++ % choices.length]!;
      try {
        walk(
          story,
          (open) => open[next() % open.length]!,
          () => outcomes[next() % outcomes.length]!,
        );
      } catch {
        // A random walk may never end; what it did so far is a history all the same.
      }
      let folded = emptyCase(CASE);
      for (const [index, event] of story.events.entries()) {
        folded = evolve(folded, event);
        if (next() % 3 === 0) folded = evolve(folded, story.events[next() % (index + 1)]!);
        if (next() % 4 === 0) folded = { ...decodeCase(encodeCase(folded)), decided: folded.decided };
      }
      expect(encodeCase(folded)).toBe(encodeCase(story.state));
    }),
    { numRuns: 60 },
  );
});

it("the referral that a stage opens is the coordinator's own, follows from the first, and carries its persons", () => {
  const story = new Story(cityWith([roadmap("R01")]));
  story.tell(begins(roadmap("R01"), { stageId: "R01.2b", serviceType: "PROT-MUJ", reasonCode: "SV" }));
  const health = Object.values(story.state.referrals).find(({ request }) => request.stageId === "R01.2a")!;
  expect(health).toMatchObject({ requester: "sender", proposed: true });
  expect(health.request).toMatchObject({
    basedOn: referralId(CASE, 1),
    placerNumber: "",
    personId: story.referral().request.personId,
  });
});
