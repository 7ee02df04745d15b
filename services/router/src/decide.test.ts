// Properties of deciding, over random acts of random actors in random order, with repeats and reorderings.
import { isDeepStrictEqual } from "node:util";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Channel, ReferralEventSchema, SectionKind, Status, eventId, parseReferralId, referralId } from "@ruta/events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACTS } from "@ruta/events";
import { NOTICES, STAFF_ACTS } from "./acts.ts";
import type { Notice, RunningAct } from "./acts.ts";
import { CASE, HOUR, PERSON, QUITO, Story, asks, sealed, usual } from "./scenario.ts";
import { decodeCase, encodeCase } from "./case-codec.ts";
import { emptyCase, evolve } from "./state.ts";
import type { CaseState, ReferralState } from "./state.ts";

const TERMINAL: readonly Status[] = [
  Status.REJECTED,
  Status.CANCELLED,
  Status.COMPLETED,
  Status.FAILED,
  Status.ENTERED_IN_ERROR,
];

const OPERATOR = { institution: "hub", worker: "op-1", channel: Channel.PHONE };

/** One command of a random history. Ids are few, so that commands repeat. */
interface Told {
  readonly id: number;
  readonly act: (typeof ACTS)[number] | RunningAct | Notice;
  readonly by: string;
  /** The institution for which an operator records it; undefined for whoever speaks for itself. */
  readonly behalf: string | undefined;
  readonly ordinal: number;
  readonly hours: number;
  /** The command that a supplement, its acknowledgement or a dispute is about. */
  readonly about: number;
}

const told: fc.Arbitrary<Told> = fc.record({
  id: fc.integer({ min: 1, max: 60 }),
  act: fc.constantFrom(
    ...ACTS,
    ...STAFF_ACTS,
    ...NOTICES,
    ...(["accept", "reject", "redirect", "supplement", "acknowledge-supplement", "dispute"] as const),
  ),
  by: fc.constantFrom("sender", "house-a", "house-b", "house-c", "stranger", "hub"),
  behalf: fc.option(fc.constantFrom("sender", "house-a", "house-b"), { nil: undefined, freq: 4 }),
  ordinal: fc.integer({ min: 1, max: 3 }),
  // The log's clock of another partition or machine may be behind.
  hours: fc.integer({ min: -2, max: 60 }),
  about: fc.integer({ min: 0, max: 60 }),
});

const history = fc.array(told, { maxLength: 40 });

const KINDS = [SectionKind.IDENTITY, SectionKind.NARRATIVE, SectionKind.ROUTING] as const;

function initOf({ id, act, about }: Told, at: number) {
  const event = eventId(`c-${about}`, 0);
  switch (act) {
    case "request":
      return asks();
    case "supplement": {
      const supersedes = id % 2 === 0 ? [`s-${about}`] : [];
      return { case: "supplement" as const, value: { supersedes } };
    }
    case "acknowledge-supplement":
      return { case: "acknowledgeSupplement" as const, value: { eventId: event } };
    case "dispute":
      return { case: "dispute" as const, value: { eventId: event, reasonCode: "not-said" } };
    default:
      return usual(act, at);
  }
}

function tell(story: Story, command: Told) {
  const { id, act, by, behalf, ordinal, hours } = command;
  const at = story.now + hours * HOUR;
  const sections = act === "supplement" ? [sealed(`s-${id}`, PERSON, KINDS[id % 3] ?? SectionKind.NARRATIVE)] : [];
  const recorded = behalf === undefined ? {} : { actor: { ...OPERATOR, onBehalfOf: behalf } };
  const rest = { by, at, commandId: `c-${id}`, referralId: referralId(CASE, ordinal), sections, ...recorded };
  return story.tell(initOf(command, at), rest);
}

/** The act about what an institution has still to take note of, or can dispute; undefined when there is none. */
function openFor({ supplements, onBehalf = [] }: ReferralState, act: RunningAct, institution: string) {
  const supplement = Object.entries(supplements).find(([, told]) => told.to === institution && !told.acknowledged);
  const recorded = onBehalf.find((one) => one.institution === institution && one.disputed === undefined);
  if (act === "acknowledge-supplement" && supplement)
    return { case: "acknowledgeSupplement" as const, value: { eventId: supplement[0] } };
  if (act === "dispute" && recorded)
    return { case: "dispute" as const, value: { eventId: recorded.eventId, reasonCode: "not-said" } };
  return undefined;
}

const ordinalOf = ({ referralId: id }: { referralId: string }) => parseReferralId(id)?.ordinal ?? 0;

function play(commands: readonly Told[]): Story {
  const story = new Story(QUITO);
  const sections = [
    { sectionId: "s-1", subject: PERSON, kind: SectionKind.ROUTING, ciphertext: new Uint8Array([0, 255]) },
  ];
  story.tell(asks(), { commandId: "c-0", sections });
  for (const command of commands) tell(story, command);
  return story;
}

describe("deciding", () => {
  it("gives versions without a gap, and times that never fall", () => {
    fc.assert(
      fc.property(history, (commands) => {
        const { events } = play(commands);
        expect(events.map((e) => Number(e.version))).toEqual(events.map((_, i) => i + 1));
        const times = events.map((e) => Number(e.recordedAt?.seconds));
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }),
    );
  });

  it("is the same every time", () => {
    fc.assert(
      fc.property(history, (commands) => {
        expect(play(commands).events).toEqual(play(commands).events);
      }),
    );
  });

  it("leads to the state that its events give, as bytes too, and so does every stored state on the way", () => {
    fc.assert(
      fc.property(history, (commands) => {
        const story = play(commands);
        let folded: CaseState = emptyCase(CASE);
        for (const event of story.events) {
          const copy = fromBinary(ReferralEventSchema, toBinary(ReferralEventSchema, event));
          const stored = { ...decodeCase(encodeCase(folded)), decided: folded.decided };
          folded = evolve(stored, copy);
        }
        expect(folded).toEqual(story.state);
      }),
    );
  });

  it("drops a repeat of any event", () => {
    fc.assert(
      fc.property(history, (commands) => {
        const { state, events } = play(commands);
        expect(events.reduce(evolve, state)).toBe(state);
      }),
    );
  });

  it("never reopens what has ended: only a mark in error follows", () => {
    fc.assert(
      fc.property(history, (commands) => {
        const ended = new Map<string, Status>();
        const facts = play(commands).events.filter(({ fact }) => fact.case !== "refused");
        const reopened = facts.filter(({ referralId: id, status }) => {
          const before = ended.get(id);
          if (TERMINAL.includes(status)) ended.set(id, status);
          return before !== undefined && status !== before && status !== Status.ENTERED_IN_ERROR;
        });
        expect(reopened).toEqual([]);
      }),
    );
  });

  it("decides nothing twice: told the whole history again, in any order, no command leads to an event", () => {
    fc.assert(
      fc.property(
        history.chain((commands) =>
          fc.tuple(fc.constant(commands), fc.shuffledSubarray(commands, { minLength: commands.length })),
        ),
        ([commands, again]) => {
          const story = play(commands);
          const { version } = story.state;
          for (const command of again) expect(tell(story, command).events).toEqual([]);
          expect(story.state.version).toBe(version);
        },
      ),
    );
  });

  it("holds every order of the same acts to the same rules: at most one live referral, one institution a referral", () => {
    fc.assert(
      fc.property(history, (commands) => {
        const story = play(commands);
        const live = Object.values(story.state.referrals).filter(({ status }) => !TERMINAL.includes(status));
        expect(live.length).toBeLessThanOrEqual(1);
        for (const { performer, requester } of Object.values(story.state.referrals))
          expect(performer).not.toBe(requester);
      }),
    );
  });

  it("keeps in force what was brought and not superseded, and of a person one identity and one section for choosing", () => {
    fc.assert(
      fc.property(history, (commands) => {
        const { state, events } = play(commands);
        const facts = events.filter(({ fact }) => fact.case !== "refused");
        const gone = facts.flatMap(({ fact }) => (fact.case === "supplemented" ? fact.value.supersedes : []));
        const brought = facts.flatMap(({ sections }) => sections.map(({ sectionId }) => sectionId));
        expect(Object.keys(state.sections).sort()).toEqual(brought.filter((id) => !gone.includes(id)).sort());
        const single = Object.values(state.sections).filter(({ kind }) => kind !== SectionKind.NARRATIVE);
        expect(new Set(single.map(({ kind }) => kind)).size).toBe(single.length);
        const routing = state.routing.map(({ sectionId }) => state.sections[sectionId]?.kind);
        expect(routing).toEqual(single.flatMap(({ kind }) => (kind === SectionKind.ROUTING ? [kind] : [])));
      }),
    );
  });

  it("says of each event only acts that are then taken or refused for what they bring, never for the phase or the role", () => {
    fc.assert(
      fc.property(history, fc.constantFrom("requester" as const, "performer" as const), (commands, role) => {
        const story = play(commands);
        const last = story.events.findLast(({ fact }) => !["refused", "requested"].includes(fact.case ?? ""));
        if (!last) throw new Error("a request leads to an event that says where it goes");
        const acts = role === "requester" ? last.requesterMay : last.performerMay;
        for (const act of acts as RunningAct[]) {
          const init = openFor(story.referral(ordinalOf(last)), act, last[role]) ?? usual(act, story.now);
          const trial = Object.assign(new Story(QUITO), { state: story.state, now: story.now });
          const sections = act === "supplement" ? [sealed("s-new", PERSON, SectionKind.NARRATIVE)] : [];
          const rest = { by: last[role], commandId: "c-trial", referralId: last.referralId, sections };
          const { refusal } = trial.tell(init, rest);
          expect([undefined, "appointment-not-reached", "outcome-after-cancellation"], act).toContain(refusal);
        }
      }),
    );
  });

  it("offers a dispute to whoever has something recorded on its behalf that it has not disputed, and to nobody else", () => {
    fc.assert(
      fc.property(history, (commands) => {
        const story = play(commands);
        const last = story.events.findLast(({ fact }) => !["refused", "requested"].includes(fact.case ?? ""));
        const referral = last && story.state.referrals[last.referralId];
        if (!referral) return;
        for (const [institution, acts] of [
          [last.requester, last.requesterMay],
          [last.performer, last.performerMay],
        ] as const)
          expect(acts.includes("dispute")).toBe(openFor(referral, "dispute", institution) !== undefined);
      }),
    );
  });

  it("leaves the state it was given untouched", () => {
    fc.assert(
      fc.property(history, told, (commands, last) => {
        const story = play(commands);
        const before = story.state;
        const copy = structuredClone(before);
        tell(story, last);
        expect(isDeepStrictEqual(before, copy)).toBe(true);
      }),
    );
  });
});

describe("folding", () => {
  it("stops loudly at a gap", () => {
    const story = play([]);
    const [first, second] = story.events;
    if (!first || !second) throw new Error("a request leads to two events");
    expect(() => evolve(emptyCase(CASE), second)).toThrow("version 2 of a case follows 0");
    expect(evolve(emptyCase(CASE), first).version).toBe(1);
  });
});
