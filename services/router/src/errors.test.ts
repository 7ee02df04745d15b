// Every refusal code of the registry by a story that leads to it; the registry and the stories name the same codes.
import { readFileSync } from "node:fs";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Channel, ConsentBasis, Priority, RoadmapSchema, SectionKind, create, eventId } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { REFUSALS, refusalsPage } from "./errors.ts";
import type { RefusalCode } from "./errors.ts";
import { ANYONE, CASE, DAY, HOUR, PERSON, Story, asks, directoryOf, sealed, usual } from "./scenario.ts";

const NAMELESS = { actor: { institution: "house-a", worker: "", channel: Channel.WEBHOOK } };

/** A story so far: the request, then `by:act` in turn. */
function after(...acts: readonly string[]): Story {
  const story = new Story();
  story.tell(asks());
  for (const step of acts) {
    const [by = "", act = ""] = step.split(":");
    const { refusal } = story.tell(usual(act as "receive", story.now + HOUR), { by, at: story.now + HOUR });
    expect(refusal).toBeUndefined();
  }
  return story;
}

const performer = (story: Story, act: Parameters<typeof usual>[0]) =>
  story.tell(usual(act, story.now), { by: "house-a" });

/** A roadmap of two stages: a roof, and a plan that needs no referral. */
const ROADMAP = create(RoadmapSchema, {
  id: "R99",
  version: 1,
  entry: "facts.person.age_band != '60+'",
  stages: [
    { id: "R99.1", order: 1, serviceTypes: ["ALO-FAM"], mandatory: true, bases: [ConsentBasis.EXPLICIT] },
    { id: "R99.2", order: 2, mandatory: true, bases: [ConsentBasis.EXPLICIT] },
  ],
});
const WITH_ROADMAP = directoryOf({
  institutions: [{ id: "sender" }, { id: "house-a" }],
  services: [{ id: "beds-a", institution: "house-a" }],
  roadmaps: [ROADMAP],
});
const family = (more: Parameters<typeof asks>[0] = {}) => asks({ roadmapId: "R99", performer: "house-a", ...more });
const stage = (stageId: string) => ({ case: "recordStage", value: { stageId, outcomeCode: "served" } }) as const;

function inCase(): Story {
  const story = new Story(WITH_ROADMAP);
  story.tell(family());
  return story;
}

const STORIES: Record<RefusalCode, () => { refusal?: RefusalCode }> = {
  "unknown-referral": () => after().tell(usual("accept", 0), { by: "house-a", referralId: `${CASE}-9` }),
  "case-exists": () => after().tell(asks()),
  "not-a-party": () => after().tell(usual("accept", 0), { by: "stranger" }),
  "only-requester": () => performer(after(), "cancel"),
  "only-performer": () => after().tell(usual("accept", 0)),
  "only-hub": () => performer(after(), "record-delivered"),
  "worker-required": () => after().tell(usual("accept", 0), NAMELESS),
  "unknown-roadmap": () => new Story().tell(asks({ roadmapId: "R99" })),
  "roadmap-not-for-case": () => new Story(WITH_ROADMAP).tell(family({ ageBand: "60+" })),
  "stage-not-served": () => new Story(WITH_ROADMAP).tell(family({ stageId: "R99.9" })),
  "basis-not-of-stage": () =>
    new Story(WITH_ROADMAP).tell(family({ consent: { ...ANYONE, basis: ConsentBasis.VITAL } })),
  "nothing-proposed": () => {
    const story = new Story();
    story.tell(asks({ consent: { ...ANYONE, recipientClass: "", recipients: ["elsewhere"] } as never }));
    return story.tell(usual("choose", 0));
  },
  "no-roadmap": () => after().tell(usual("close-case", 0)),
  "only-coordinator": () => inCase().tell(usual("close-case", 0), { by: "house-a" }),
  "unknown-stage": () => inCase().tell(stage("R99.9")),
  "stage-running": () => inCase().tell(stage("R99.1")),
  "stage-ended": () => {
    const story = inCase();
    story.tell(usual("accept", 0), { by: "house-a" });
    story.tell(usual("complete", 0), { by: "house-a" });
    return story.tell(stage("R99.1"));
  },
  "case-closed": () => {
    const story = inCase();
    story.tell(usual("cancel", 0));
    story.tell(usual("close-case", 0));
    return story.tell(usual("close-case", 0));
  },
  "case-has-open-referrals": () => inCase().tell(usual("close-case", 0)),
  "consent-required": () => new Story().tell({ case: "request", value: { serviceType: "ALO-FAM" } }),
  "reason-required": () => after().tell({ case: "reject", value: {} }, { by: "house-a" }),
  "outcome-required": () => after("house-a:accept").tell({ case: "complete", value: {} }, { by: "house-a" }),
  "already-recorded": () => performer(after("house-a:receive"), "receive"),
  "contradicts-recorded": () =>
    after("house-a:reject").tell({ case: "reject", value: { reasonCode: "other" } }, { by: "house-a" }),
  "not-accepted": () => performer(after(), "complete"),
  "already-accepted": () => performer(after("house-a:accept", "house-a:start"), "accept"),
  "already-started": () => performer(after("house-a:accept", "house-a:schedule"), "start"),
  "on-hold": () => performer(after("house-a:accept", "house-a:hold"), "schedule"),
  "not-on-hold": () => performer(after("house-a:accept"), "resume"),
  "no-appointment": () => performer(after("house-a:accept"), "no-show"),
  "appointment-in-past": () => {
    const story = after("house-a:accept");
    const appointmentAt = timestampFromMs(story.now);
    return story.tell({ case: "schedule", value: { appointmentAt } }, { by: "house-a", at: story.now });
  },
  "appointment-not-reached": () => performer(after("house-a:accept", "house-a:schedule"), "no-show"),
  "report-not-possible": () => performer(after("house-a:accept", "house-a:start"), "report"),
  "cancellation-requested": () => performer(after("house-a:accept", "sender:cancel"), "hold"),
  "no-cancellation-requested": () => performer(after("house-a:accept"), "confirm-cancellation"),
  "outcome-after-cancellation": () => {
    const story = after("house-a:accept", "sender:cancel");
    const value = { eventId: eventId("command-3", 0), institution: "house-a", attempts: 1 };
    story.tell({ case: "recordDelivered", value }, { by: "hub" });
    return performer(story, "complete");
  },
  "outcome-in-future": () => {
    const story = after("house-a:accept");
    const value = { outcomeCode: "served", reachedAt: timestampFromMs(story.now + DAY) };
    return story.tell({ case: "complete", value }, { by: "house-a" });
  },
  "nothing-to-supplement": () => after().tell(usual("supplement", 0)),
  "requester-content": () =>
    after().tell(usual("supplement", 0), { by: "house-a", sections: [sealed("s-1", PERSON, SectionKind.IDENTITY)] }),
  "person-not-in-case": () =>
    after().tell(usual("supplement", 0), {
      sections: [sealed("s-1", "p-zzzzzzzzzzzzzzzzzzzzzzzzzz", SectionKind.IDENTITY)],
    }),
  "section-not-found": () => after().tell({ case: "supplement", value: { supersedes: ["constructor"] } }),
  "section-not-yours": () => {
    const story = after();
    story.tell(usual("accept", 0), { by: "house-a", sections: [sealed("s-1", CASE, SectionKind.NARRATIVE)] });
    return story.tell({ case: "supplement", value: { supersedes: ["s-1"] } });
  },
  "section-exists": () => {
    const story = after();
    story.tell(usual("supplement", 0), { sections: [sealed("s-1", PERSON, SectionKind.IDENTITY)] });
    return story.tell(usual("supplement", 0), { sections: [sealed("s-2", PERSON, SectionKind.IDENTITY)] });
  },
  "supplement-not-found": () => performer(after(), "acknowledge-supplement"),
  "not-waiting": () => after().tell(usual("redirect", 0)),
  "not-ended": () => after().tell(usual("acknowledge", 0)),
  ended: () => performer(after("house-a:accept", "house-a:complete"), "start"),
  "too-early": () => after("house-a:accept", "sender:cancel").tell(usual("confirm-cancellation", 0), { by: "hub" }),
  "own-act-only": () => {
    const actor = { institution: "hub", worker: "op-1", channel: Channel.PHONE, onBehalfOf: "sender" };
    return after().tell(usual("mark-in-error", 0), { actor });
  },
  "not-on-behalf": () => performer(after("house-a:accept"), "dispute"),
  "not-addressed": () => {
    const story = new Story();
    story.tell(asks({ serviceType: "DOC-REF" }));
    return story.tell(usual("reroute", 0), { by: "hub" });
  },
  "emergency-stays-open": () => {
    const story = new Story();
    story.tell(asks({ priority: Priority.EMERGENCY }));
    return story.tell({ case: "cancel", value: { reasonCode: "no-response" } }, { by: "hub", at: story.now + DAY * 9 });
  },
};

describe("the refusals", () => {
  it("of the registry are those that have a story", () => {
    expect(Object.keys(STORIES).sort()).toEqual(Object.keys(REFUSALS).sort());
  });

  it("of docs/errors.md are those of the registry, word for word", () => {
    const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
    const section = /^## After the 202\n+([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(page)?.[1]?.trim() ?? "";
    expect(section.slice(section.indexOf("| code"))).toBe(refusalsPage());
  });

  it.each(Object.keys(REFUSALS) as RefusalCode[])("include %s, by a story that leads to it", (code) => {
    expect(STORIES[code]().refusal).toBe(code);
  });

  it.each(Object.entries(REFUSALS))("say in words what %s means and what to do", (_, { title, remedy }) => {
    expect(title.length).toBeGreaterThan(15);
    expect(remedy).toMatch(/\.$/);
  });

  it("name the command, its act, and whom to tell, in an event of the case", () => {
    const story = after();
    const { events } = story.tell(usual("accept", 0), { by: "stranger" });
    expect(events[0]?.fact).toMatchObject({
      case: "refused",
      value: {
        commandId: "command-2",
        act: "accept",
        code: "not-a-party",
        institution: "stranger",
        webhookId: "msg-2",
      },
    });
  });

  it("tell an outsider nothing of the referral but its id, and a party everything", () => {
    const story = after();
    const outsider = story.tell(usual("accept", 0), { by: "stranger" }).events[0];
    expect(outsider).toMatchObject({ requester: "", performer: "", status: 0, priority: 0, confidentiality: 0 });
    expect(outsider?.expectation?.institution).toBe("");
    const party = performer(story, "complete");
    expect(party.events[0]).toMatchObject({ requester: "sender", performer: "house-a", status: 1, confidentiality: 2 });
    expect(party.events[0]?.expectation?.institution).toBe("house-a");
  });

  it("of an answer to a case that does not exist open it with a refusal as its first event", () => {
    const story = new Story();
    const { events } = story.tell(usual("accept", 0), { by: "house-a" });
    expect(events[0]).toMatchObject({ version: 1n, fact: { case: "refused" } });
    expect(story.tell(asks()).refusal).toBeUndefined();
  });

  it("do not follow an institution that calls itself the hub", () => {
    const webhook = { institution: "hub", worker: "op-1", channel: Channel.WEBHOOK };
    expect(after().tell(usual("record-delivered", 0), { actor: webhook }).refusal).toBe("only-hub");
    expect(after().tell(usual("mark-in-error", 0), { actor: webhook }).refusal).toBe("not-a-party");
  });
});
