// Who is expected to do what until when, in every phase and priority, told as it unfolds.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Priority } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { DAY, HOUR, MONDAY, Story, asks, usual } from "./scenario.ts";

/** What the last event expects: of whom, which acts, and hours until then from Monday 10:00 (a minute of the clock is an act). */
function expected(story: Story): string {
  const expectation = story.events.at(-1)?.expectation;
  if (!expectation || expectation.institution === "") return "nobody";
  const { institution, acts, until } = expectation;
  return `${institution}: ${acts.join(" ")}${until ? ` by ${(timestampMs(until) - MONDAY) / HOUR} h` : ""}`;
}

/** A story whose acts happen at given hours after Monday 10:00, `by:act@hours`; the request is at 0. */
function story(priority: Priority, request: object, ...acts: readonly string[]): Story {
  const told = new Story();
  told.tell(asks({ priority, ...request }), { at: MONDAY });
  for (const step of acts) {
    const [, by = "", act = "", hours = ""] = /^([\w-]+):([\w-]+)@(\d+)$/.exec(step) ?? [];
    const at = MONDAY + Number(hours) * HOUR;
    expect(told.tell(usual(act as "accept", at), { by, at }).refusal, `at ${step}`).toBeUndefined();
  }
  return told;
}

const { EMERGENCY, URGENT, NORMAL } = Priority;
const NOBODY = { serviceType: "DOC-REF" };
const UNCOVERED = { consent: { basis: 1, recipients: ["elsewhere"] } };

describe("what is expected", () => {
  it.each<[Priority, object, string[], string]>([
    [EMERGENCY, {}, [], "house-a: receive accept reject by 1 h"],
    [URGENT, {}, [], "house-a: receive accept reject by 4 h"],
    [NORMAL, {}, [], "house-a: receive accept reject by 48 h"],
    [EMERGENCY, {}, ["house-a:receive@1"], "house-a: accept reject by 24 h"],
    [URGENT, {}, ["house-a:receive@1"], "house-a: accept reject by 72 h"],
    [NORMAL, {}, ["house-a:receive@1"], `house-a: accept reject by ${14 * 24} h`],
    [EMERGENCY, {}, ["house-a:accept@2"], "house-a: start schedule complete by 26 h"],
    [URGENT, {}, ["house-a:accept@2"], "house-a: start schedule complete by 74 h"],
    [NORMAL, {}, ["house-a:accept@2"], `house-a: start schedule complete by ${14 * 24 + 2} h`],
    [URGENT, {}, ["house-a:accept@2", "house-a:schedule@3"], "house-a: report no-show complete by 74 h"],
    [
      URGENT,
      {},
      ["house-a:accept@2", "house-a:schedule@3", "house-a:no-show@5"],
      "house-a: schedule complete fail by 74 h",
    ],
    [
      URGENT,
      {},
      ["house-a:accept@2", "house-a:schedule@3", "house-a:cancel-appointment@4"],
      "house-a: schedule complete fail by 74 h",
    ],
    [URGENT, {}, ["house-a:accept@2", "house-a:hold@3"], "house-a: resume complete fail by 74 h"],
    [URGENT, {}, ["house-a:accept@2", "house-a:hold@3", "house-a:resume@9"], "house-a: schedule complete by 74 h"],
    // Once there was a first service, no limit stands.
    [URGENT, {}, ["house-a:accept@2", "house-a:start@3"], "house-a: schedule complete"],
    [URGENT, {}, ["house-a:accept@2", "house-a:report@3"], "house-a: report schedule complete"],
    [URGENT, {}, ["house-a:accept@2", "house-a:start@3", "house-a:schedule@4"], "house-a: report no-show complete"],
    [URGENT, {}, ["house-a:accept@2", "sender:cancel@3"], "house-a: confirm-cancellation complete by 51 h"],
    [URGENT, {}, ["house-a:accept@2", "sender:cancel@3", "house-a:confirm-cancellation@4"], "sender: acknowledge"],
    [
      URGENT,
      {},
      ["house-a:accept@2", "sender:cancel@3", "house-a:confirm-cancellation@4", "sender:acknowledge@5"],
      "nobody",
    ],
    [URGENT, {}, ["sender:cancel@3"], "nobody"],
    [URGENT, {}, ["house-a:accept@2", "house-a:complete@3"], "sender: acknowledge"],
    [URGENT, {}, ["house-a:accept@2", "house-a:complete@3", "sender:acknowledge@4"], "nobody"],
    [URGENT, {}, ["sender:mark-in-error@3"], "nobody"],
    // The successor of a rejected referral has its own time, from its own beginning.
    [URGENT, {}, ["house-a:reject@3"], "house-b: receive accept reject by 7 h"],
    [EMERGENCY, UNCOVERED, [], "sender: redirect cancel by 24 h"],
    [URGENT, UNCOVERED, [], "sender: redirect cancel by 72 h"],
    [NORMAL, NOBODY, [], `hub: redirect by ${14 * 24} h`],
    [URGENT, UNCOVERED, ["sender:redirect@5"], "house-a: receive accept reject by 9 h"],
  ])("at priority %s after %j and %j is: %s", (priority, request, acts, words) => {
    expect(expected(story(priority, request, ...acts))).toBe(words);
  });

  it("of a rejected referral itself is nothing: its successor goes on", () => {
    const told = story(URGENT, {}, "house-a:reject@3");
    expect(told.events.find(({ fact }) => fact.case === "rejected")?.expectation?.institution).toBe("");
  });

  it("stays as it was when an act is refused", () => {
    const told = story(URGENT, {});
    const before = expected(told);
    told.tell(usual("complete", 0), { by: "house-a", at: MONDAY + DAY });
    expect(expected(told)).toBe(before);
  });
});
