// What stands of a case's content for each of its referrals, and what a viewer is told of supplements.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { ReferralEventSchema, SectionKind, create, eventId } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import { expect, test } from "vitest";
import { inForce, sectionsOf, supplementsOf } from "./sections.ts";

type Init = Omit<MessageInitShape<typeof ReferralEventSchema>, "$typeName"> & { by?: string; ids?: readonly string[] };

const KINDS: Readonly<Record<string, SectionKind>> = {
  i: SectionKind.IDENTITY,
  n: SectionKind.NARRATIVE,
  r: SectionKind.ROUTING,
  w: SectionKind.RAW,
};

/** Events of a case: each section's id begins with the letter of its kind. */
function caseOf(...inits: readonly Init[]): ReferralEvent[] {
  return inits.map(({ by = "sender", ids = [], ...init }, i) =>
    create(ReferralEventSchema, {
      caseId: "case",
      version: BigInt(i + 1),
      referralId: "case-1",
      requester: "sender",
      performer: "house",
      actor: { institution: by },
      cause: { commandId: `c-${i}` },
      sections: ids.map((sectionId) => ({ sectionId, subject: "p-1", kind: KINDS[sectionId.charAt(0)] ?? 0 })),
      ...init,
    }),
  );
}

const requested: Init = { fact: { case: "requested", value: {} }, ids: ["i-1", "r-1", "n-1", "w-1"] };
const accepted: Init = { by: "house", fact: { case: "accepted", value: {} }, ids: ["n-house", "w-2"] };
const failed: Init = { by: "house", fact: { case: "failed", value: {} }, ids: ["n-why"] };
const successor = { referralId: "case-2", performer: "other" };
const replaced: Init = { ...successor, by: "hub", fact: { case: "requested", value: { replaces: "case-1" } } };
const supplemented = (supersedes: string[], init: Init): Init => ({
  fact: { case: "supplemented", value: { supersedes } },
  ...init,
});
const idsOf = (events: readonly ReferralEvent[], referralId: string) =>
  inForce(events, referralId).map(({ section, institution }) => `${section.sectionId} ${institution}`);

test("a referral holds what its own acts brought, and no evidence", () => {
  expect(idsOf(caseOf(requested, accepted), "case-1")).toEqual([
    "i-1 sender",
    "r-1 sender",
    "n-1 sender",
    "n-house house",
  ]);
});

test("a successor shows what the requester asked, and no note of the institution that had it before", () => {
  const events = caseOf(requested, accepted, failed, replaced);
  expect(idsOf(events, "case-2")).toEqual(["i-1 sender", "r-1 sender", "n-1 sender"]);
});

test("nor what the requester told that institution alone", () => {
  const thanks: Init = { fact: { case: "acknowledged", value: {} }, ids: ["n-thanks"] };
  const events = caseOf(requested, accepted, failed, thanks, replaced);
  expect(idsOf(events, "case-2")).not.toContain("n-thanks sender");
  expect(idsOf(events, "case-1")).toContain("n-thanks sender");
});

test("what is superseded stands for no referral of the case, and what takes its place for all", () => {
  const events = caseOf(requested, accepted, failed, replaced, supplemented(["i-1"], { ...successor, ids: ["i-2"] }));
  for (const referral of ["case-1", "case-2"]) {
    expect(idsOf(events, referral)).toContain("i-2 sender");
    expect(idsOf(events, referral)).not.toContain("i-1 sender");
  }
});

test("what a performer supplemented stays with its own referral", () => {
  const own = supplemented(["n-house"], { by: "house", ids: ["n-house-2"] });
  const events = caseOf(requested, accepted, own, failed, replaced);
  expect(idsOf(events, "case-1")).toContain("n-house-2 house");
  expect(idsOf(events, "case-1")).not.toContain("n-house house");
  expect(idsOf(events, "case-2").filter((id) => id.endsWith("house"))).toEqual([]);
});

test("a refused supplement supersedes nothing and adds nothing", () => {
  const refused: Init = { fact: { case: "refused", value: { code: "section-not-yours" } }, ids: ["i-2"] };
  expect(idsOf(caseOf(requested, refused), "case-1")).toEqual(["i-1 sender", "r-1 sender", "n-1 sender"]);
});

test("the history tells ids to whoever sent the content, and those of a supplement to both", () => {
  const [request, supplement] = caseOf(requested, supplemented(["i-1"], { ids: ["i-2", "w-9"] }));
  const person = "p-1";
  expect(sectionsOf(request!, "sender", false)).toEqual({
    added: [
      { section: "i-1", kind: "identity", person },
      { section: "r-1", kind: "routing", person },
      { section: "n-1", kind: "narrative", person },
    ],
  });
  expect(sectionsOf(request!, "house", true)).toEqual({});
  const told = { added: [{ section: "i-2", kind: "identity", person }], superseded: ["i-1"] };
  expect(sectionsOf(supplement!, "house", true)).toEqual(told);
  expect(sectionsOf(supplement!, "house", false)).toEqual({});
  expect(sectionsOf(supplement!, "sender", false)).toEqual(told);
});

test("a supplement is open until whoever was told of it took note, by the id under which it was told", () => {
  const one = supplemented(["i-1"], { ids: ["i-2"], cause: { commandId: "c-s" } });
  const id = eventId("c-s", 0);
  const open = { event: id, by: "sender", supersedes: ["i-1"], to: "house", acknowledged: false };
  expect(supplementsOf(caseOf(requested, one), "case-1", "house", "performer")).toEqual({ supplements: [open] });
  const noted: Init = { by: "house", fact: { case: "supplementAcknowledged", value: { eventId: id } } };
  expect(supplementsOf(caseOf(requested, one, noted), "case-1", "sender", "requester")).toEqual({
    supplements: [{ ...open, acknowledged: true }],
  });
  expect(supplementsOf(caseOf(requested), "case-1", "sender", "requester")).toEqual({});
});

test("of one command the second event has an id of its own, and a case is told apart by referral", () => {
  const cause = { commandId: "c-both" };
  const events = caseOf(
    requested,
    replaced,
    supplemented(["i-1"], { ...successor, cause }),
    supplemented(["i-1"], { cause }),
  );
  const eventsOf = (referral: string) =>
    supplementsOf(events, referral, "sender", "requester").supplements?.map(({ event, to }) => [event, to]);
  expect(eventsOf("case-2")).toEqual([[eventId("c-both", 0), "other"]]);
  expect(eventsOf("case-1")).toEqual([[eventId("c-both", 1), "house"]]);
});

test("while nobody had it there was nobody to take note, and a later performer is not told of an earlier one", () => {
  const alone = supplemented([], { ids: ["n-2"], performer: "" });
  expect(supplementsOf(caseOf(requested, alone), "case-1", "sender", "requester").supplements).toEqual([
    { event: eventId("c-1", 0), by: "sender", supersedes: [] },
  ]);
  const events = caseOf(requested, supplemented(["i-1"], { performer: "before" }));
  expect(supplementsOf(events, "case-1", "house", "performer")).toEqual({});
});
