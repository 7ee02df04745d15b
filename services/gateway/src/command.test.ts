// From act to command: every act lands in its own message, with the codes it was given.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  Channel,
  Confidentiality,
  ConsentBasis,
  Priority,
  ReferralCommandSchema,
  SectionSchema,
  TOPICS,
  create,
  decodeRecord,
  encodeRecord,
} from "@ruta/events";
import { expect, test } from "vitest";
import type { ActInput } from "./acts.ts";
import { ACTS } from "@ruta/events";
import { commandOf } from "./command.ts";
import type { CommandFacts } from "./command.ts";
import { isRefusal, readEnvelope } from "./envelope.ts";
import { NOON, REFERRAL, answer, familyRequest, smallRequest } from "./examples.ts";
import type { Body } from "./examples.ts";

const ids = { caseId: "case", referralId: "case-1", personId: "p-a", memberIds: ["p-b"] };
const facts: CommandFacts = {
  commandId: "cmd",
  institution: "centro",
  webhookId: "w-1",
  occurredAt: NOON - 1000,
  receivedAt: NOON,
  directoryRevision: 7n,
  sections: [create(SectionSchema, { sectionId: "s1" })],
};

function inputOf(body: Body): ActInput {
  const envelope = readEnvelope(body, NOON);
  if (isRefusal(envelope)) throw new Error(`${envelope.code} ${envelope.field}`);
  return envelope.input;
}

test("a request carries its codes, its consent and its persons, and no content in clear", () => {
  const command = commandOf(inputOf(familyRequest({ confidentiality: "R", basedOn: REFERRAL })), ids, facts);
  expect(command).toMatchObject({
    commandId: "cmd",
    caseId: "case",
    referralId: "case-1",
    actor: { institution: "centro", worker: "", channel: Channel.WEBHOOK },
    webhookId: "w-1",
    directoryRevision: 7n,
    act: {
      case: "request",
      value: {
        personId: "p-a",
        serviceType: "ALO-FAM",
        priority: Priority.URGENT,
        performer: "albergue-norte",
        reasonCode: "SP",
        confidentiality: Confidentiality.RESTRICTED,
        placerNumber: "A-17",
        basedOn: REFERRAL,
        ageBand: "18-59",
        caseKeyId: "k-case",
        consent: { basis: ConsentBasis.EXPLICIT, recipientClass: "any", givenOn: "2026-11-23", evidence: "F-12" },
        members: [{ personId: "p-b", relation: "CHILD", ageBand: "5-11" }],
      },
    },
  });
  const bytes = Buffer.from(
    encodeRecord(TOPICS.commands, "case", command, { id: "c", source: "s", type: "t", time: 0 }).value,
  );
  for (const canary of ["Yuleima", "Zambrano", "Maikelys", "099123456", "Carcel", "18h"])
    expect(bytes.includes(canary), canary).toBe(false);
});

test.each([
  [undefined, "not-asked"],
  [{ absent: "unknown" }, "unknown"],
  [{ absent: "asked-declined" }, "asked-declined"],
  ["0-4", "0-4"],
])("the age band %j stands as %s", (ageBand, stands) => {
  const command = commandOf(inputOf(smallRequest({ person: ageBand === undefined ? {} : { ageBand } })), ids, facts);
  expect(command.act.value).toMatchObject({ ageBand: stands });
});

test("the three times are the sender's, the door's, and later the log's", () => {
  const said = commandOf(inputOf(smallRequest()), ids, facts);
  expect(said.occurredAt && timestampMs(said.occurredAt)).toBe(NOON - 1000);
  expect(said.receivedAt && timestampMs(said.receivedAt)).toBe(NOON);
  expect(commandOf(inputOf(smallRequest()), ids, { ...facts, occurredAt: undefined }).occurredAt).toBeUndefined();
});

/** Any plain id: that of a section, or of an event. */
const PLAIN_ID = REFERRAL.slice(0, 26);

const ANSWERS: Record<string, [Record<string, unknown>, string, Record<string, unknown>]> = {
  receive: [{}, "receive", {}],
  accept: [
    { number: "B-1", expectedAt: "2026-11-24T08:00:00-05:00" },
    "accept",
    { fillerNumber: "B-1", expectedAt: { seconds: 1795525200n } },
  ],
  reject: [{ reasonCode: "no-capacity" }, "reject", { reasonCode: "no-capacity" }],
  schedule: [{ appointmentAt: "2026-11-24T08:00:00-05:00" }, "schedule", { appointmentAt: { seconds: 1795525200n } }],
  "no-show": [{}, "noShow", {}],
  "cancel-appointment": [{ reasonCode: "institution" }, "cancelAppointment", { reasonCode: "institution" }],
  report: [{}, "report", {}],
  start: [{}, "start", {}],
  hold: [{ reasonCode: "waitlist" }, "hold", { reasonCode: "waitlist" }],
  resume: [{}, "resume", {}],
  cancel: [{ reasonCode: "person-withdrew" }, "cancel", { reasonCode: "person-withdrew" }],
  "confirm-cancellation": [{}, "confirmCancellation", {}],
  complete: [
    { outcomeCode: "served", reachedAt: "2026-11-24T08:00:00-05:00" },
    "complete",
    { outcomeCode: "served", reachedAt: { seconds: 1795525200n } },
  ],
  fail: [{ reasonCode: "person-unreachable" }, "fail", { reasonCode: "person-unreachable" }],
  "mark-in-error": [{ reasonCode: "wrong-person" }, "markInError", { reasonCode: "wrong-person" }],
  redirect: [
    { performer: "otro", consent: smallRequest().data["consent"] },
    "redirect",
    { performer: "otro", consent: { evidence: "F-12" } },
  ],
  acknowledge: [{}, "acknowledge", {}],
  supplement: [{ note: "x", supersedes: [PLAIN_ID] }, "supplement", { supersedes: [PLAIN_ID] }],
  "acknowledge-supplement": [{ event: PLAIN_ID }, "acknowledgeSupplement", { eventId: PLAIN_ID }],
  dispute: [
    { event: "0123456789abcdefghjkmnpqrs", reasonCode: "not-said" },
    "dispute",
    { eventId: "0123456789abcdefghjkmnpqrs", reasonCode: "not-said" },
  ],
  choose: [
    { performer: "otro", reasonCode: "closer" },
    "choose",
    { performer: "otro", serviceId: "", reasonCode: "closer" },
  ],
  "open-stage": [{ stage: "R12.5", performer: "otro" }, "openStage", { stageId: "R12.5", performer: "otro" }],
  "record-stage": [
    { stage: "R12.4", outcomeCode: "not-needed" },
    "recordStage",
    { stageId: "R12.4", outcomeCode: "not-needed" },
  ],
  "close-case": [{ reasonCode: "left-territory" }, "closeCase", { reasonCode: "left-territory" }],
};

test.each(ACTS.filter((act) => act !== "request"))("the answer %s lands in its own message with its worker", (act) => {
  const [data, name, value] = ANSWERS[act] ?? [{}, "", {}];
  const command = commandOf(inputOf(answer(act, data)), { caseId: "case", referralId: REFERRAL }, facts);
  expect(command.act.case).toBe(name);
  expect(command.act.value).toMatchObject(value);
  expect(command.actor?.worker).toBe("op-7");
  expect(command.referralId).toBe(REFERRAL);
  const record = encodeRecord(TOPICS.commands, "case", command, { id: "c", source: "s", type: "t", time: 0 });
  expect(decodeRecord(TOPICS.commands, record.value)).toEqual(command);
  expect(command.$typeName).toBe(ReferralCommandSchema.typeName);
});
