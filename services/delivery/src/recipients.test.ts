// Who is told of what: one row for each fact.
import { ActorSchema, ReferralEventSchema, create } from "@ruta/events";
import { expect, test } from "vitest";
import { recipients } from "./recipients.ts";
import { eventOf } from "./scenario.ts";
import type { EventInit } from "./scenario.ts";

const told = (init: EventInit): string[] =>
  recipients(eventOf(init)).map(({ institution, act }) => `${institution} ${act}`);
const fact = (name: string, value: object = {}): EventInit => ({ fact: { case: name, value } }) as EventInit;
const by = (institution: string): EventInit => ({ actor: create(ActorSchema, { institution }) });

test.each([
  ["requested", []],
  ["addressed", ["house request"]],
  ["received", ["sender receive"]],
  ["accepted", ["sender accept"]],
  ["rejected", ["sender reject"]],
  ["scheduled", ["sender schedule"]],
  ["missed", ["sender no-show"]],
  ["appointmentCancelled", ["sender cancel-appointment"]],
  ["reported", ["sender report"]],
  ["started", ["sender start"]],
  ["held", ["sender hold"]],
  ["resumed", ["sender resume"]],
  ["cancellationRequested", ["house cancel"]],
  ["completed", ["sender complete"]],
  ["failed", ["sender fail"]],
  ["enteredInError", ["sender mark-in-error", "house mark-in-error"]],
  ["acknowledged", ["house acknowledge"]],
  ["returned", ["sender returned"]],
  ["worklisted", ["sender worklisted"]],
  ["delivered", []],
  ["deliveryLate", []],
  ["disputed", ["house dispute"]],
])("%s: %j", (name, expected) => {
  expect(told(fact(name))).toEqual(expected);
});

test("a refusal by status is told to those who watch over rights", () => {
  const alert = fact("rightsAlert", {
    reasonCode: "refused-by-status",
    institution: "house",
    told: ["watch", "other"],
  });
  expect(told(alert)).toEqual(["watch rights-alert", "other rights-alert"]);
  expect(told(fact("rightsAlert", { told: [] }))).toEqual([]);
});

test("every fact of the schema is in the table", () => {
  const facts = ReferralEventSchema.oneofs.find(({ name }) => name === "fact")?.fields ?? [];
  expect(facts.length).toBeGreaterThan(20);
  for (const { localName } of facts) expect(() => told(fact(localName))).not.toThrow();
});

test("whoever did not act is told of a cancellation; both, when the hub ended it", () => {
  expect(told({ ...fact("cancelled"), ...by("sender") })).toEqual(["house cancel"]);
  expect(told({ ...fact("cancelled"), ...by("house") })).toEqual(["sender confirm-cancellation"]);
  expect(told({ ...fact("cancelled"), ...by("hub") })).toEqual(["sender cancel", "house cancel"]);
  expect(told({ ...fact("cancelled"), ...by("hub"), performer: "sender" })).toEqual(["sender cancel"]);
});

test("content that was added, or taken note of, is told to the other party", () => {
  expect(told({ ...fact("supplemented"), ...by("sender") })).toEqual(["house supplement"]);
  expect(told({ ...fact("supplemented"), ...by("house") })).toEqual(["sender supplement"]);
  expect(told({ ...fact("supplementAcknowledged"), ...by("house") })).toEqual(["sender acknowledge-supplement"]);
});

test("a record that was given up is told to whoever sent it", () => {
  expect(told(fact("setAside", { institution: "house" }))).toEqual(["house set-aside"]);
  expect(told(fact("setAside", { institution: "" }))).toEqual([]);
});

test("a refusal goes to whoever sent the refused command, and to nobody else", () => {
  expect(told(fact("refused", { institution: "stranger" }))).toEqual(["stranger refused"]);
  expect(told(fact("refused", { institution: "hub" }))).toEqual([]);
});

test("the requester hears that the performer could not be reached, and never that it cannot be reached itself", () => {
  expect(told(fact("undeliverable", { institution: "house" }))).toEqual(["sender undeliverable"]);
  expect(told(fact("undeliverable", { institution: "sender" }))).toEqual([]);
});

test("the requester does not hear that a stranger's refusal was not taken", () => {
  expect(told(fact("undeliverable", { institution: "stranger" }))).toEqual([]);
});

test("who marked a referral in error knows it, and the performer hears; both, when the hub did", () => {
  expect(told({ ...fact("enteredInError"), ...by("sender") })).toEqual(["house mark-in-error"]);
});

test("an act recorded on behalf of an institution is told to the other party, and to it by the same word", () => {
  const onBehalfOf = (whom: string): EventInit => ({
    actor: create(ActorSchema, { institution: "hub", onBehalfOf: whom }),
  });
  expect(told({ ...fact("accepted"), ...onBehalfOf("house") })).toEqual(["sender accept", "house accept"]);
  expect(told({ ...fact("cancellationRequested"), ...onBehalfOf("sender") })).toEqual([
    "house cancel",
    "sender cancel",
  ]);
  expect(told({ ...fact("cancelled"), ...onBehalfOf("sender"), performer: "" })).toEqual(["sender cancel"]);
  expect(told({ ...fact("cancelled"), ...onBehalfOf("house") })).toEqual([
    "sender confirm-cancellation",
    "house confirm-cancellation",
  ]);
  expect(told({ ...fact("addressed"), ...onBehalfOf("sender") })).toEqual(["house request", "sender redirect"]);
  expect(told({ ...fact("refused", { institution: "hub" }), ...onBehalfOf("house") })).toEqual([]);
});

test("a dispute is told to the party that has to know of it", () => {
  expect(told({ ...fact("disputed"), ...by("house") })).toEqual(["sender dispute"]);
  expect(told({ ...fact("disputed"), ...by("sender") })).toEqual(["house dispute"]);
});

test("of a rehearsal nobody but its requester is told", () => {
  const rehearsed: EventInit = { rehearsal: "complete", performer: "rehearsal" };
  const facts = ReferralEventSchema.oneofs.flatMap(({ fields }) => fields.map(({ localName }) => localName));
  for (const by of ["sender", "rehearsal", "hub"])
    for (const name of facts) {
      const actor = create(ActorSchema, { institution: by });
      for (const notice of told({ ...fact(name, { institution: by }), ...rehearsed, actor }))
        expect(notice, `${name} by ${by}`).toMatch(/^sender /);
    }
  expect(told({ ...fact("completed"), ...rehearsed })).toEqual(["sender complete"]);
});

test("nobody is told while no performer is chosen", () => {
  expect(told({ ...fact("enteredInError"), ...by("sender"), performer: "" })).toEqual([]);
});

test("an event without a fact that this version knows is told to nobody", () => {
  expect(told({})).toEqual([]);
});

test("of a case the coordinator is told what it did not do itself", () => {
  expect(told(fact("stageOpened", { reasonCode: "condition-met" }))).toEqual(["sender stage-opened"]);
  for (const reasonCode of ["asked", "at-entry"]) expect(told(fact("stageOpened", { reasonCode }))).toEqual([]);
  expect(told(fact("stageOffered"))).toEqual(["sender stage-offered"]);
  // That a stage ended well, the outcome of its referral has said.
  expect(told(fact("stageEnded", { done: true }))).toEqual([]);
  expect(told(fact("stageEnded", { done: false, outcomeCode: "none" }))).toEqual(["sender stage-ended"]);
  expect(told(fact("caseClosed"))).toEqual(["sender case-closed"]);
  expect(told(fact("screeningRaised"))).toEqual(["sender screening"]);
});

test("a proposal is told by its own word, a clock's ring to those whom it names", () => {
  expect(told(fact("returned", { reasonCode: "proposal" }))).toEqual(["sender proposed"]);
  expect(told(fact("clockRang", { told: ["house", "sender"] }))).toEqual(["house reminder", "sender reminder"]);
  expect(told(fact("clockRang", { told: [] }))).toEqual([]);
});
