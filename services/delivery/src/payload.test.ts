// Bodies: thin, the same bytes each time, opaque for class V, and without reasons for private providers.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ActorSchema,
  Channel,
  Confidentiality,
  ExpectationSchema,
  ReferralRequestedSchema,
  SectionSchema,
  Status,
  create,
} from "@ruta/events";
import { expect, test } from "vitest";
import { NO_FACTS, factsAfter, payload } from "./payload.ts";
import type { PayloadInput } from "./payload.ts";
import { recipients } from "./recipients.ts";
import { CASE, MONDAY, eventOf } from "./scenario.ts";
import type { EventInit } from "./scenario.ts";

const FACTS = {
  serviceType: "ALO-FAM",
  placerNumber: "A-17",
  fillerNumber: "B-4",
  replaces: `${CASE}-9`,
  requestedAt: "",
};

function bodyOf(
  init: EventInit,
  rest: Partial<PayloadInput> = {},
): { data: Record<string, unknown> } & Record<string, unknown> {
  const event = eventOf(init);
  const [notice] = recipients(event);
  const input = {
    eventId: "event-1",
    event,
    notice: notice!,
    sequence: 7n,
    facts: FACTS,
    discreet: false,
    fhir: false,
    ...rest,
  };
  return JSON.parse(Buffer.from(payload(input)).toString("utf8")) as ReturnType<typeof bodyOf>;
}

const addressed: EventInit = {
  fact: { case: "addressed", value: { serviceId: "beds-a" } },
  expectation: create(ExpectationSchema, {
    institution: "house",
    acts: ["accept", "reject"],
    until: timestampFromMs(MONDAY + 3_600_000),
  }),
};

test("a rehearsal is marked, whatever its class; a real referral has no such field", () => {
  const completed: EventInit = { fact: { case: "completed", value: { outcomeCode: "served" } } };
  const rehearsed: EventInit = { ...completed, performer: "rehearsal", rehearsal: "complete" };
  expect(bodyOf(rehearsed).data).toMatchObject({ rehearsal: true, performer: "rehearsal", outcomeCode: "served" });
  const opaque = bodyOf({ ...rehearsed, confidentiality: Confidentiality.VERY_RESTRICTED }).data;
  expect(opaque).toMatchObject({ rehearsal: true, status: "requested" });
  expect(opaque).not.toHaveProperty("performer");
  expect(bodyOf(completed).data).not.toHaveProperty("rehearsal");
});

test("a request to a performer is a CloudEvent of ids and codes", () => {
  expect(bodyOf(addressed)).toEqual({
    specversion: "1.0",
    id: "event-1",
    source: "/ruta",
    type: "ruta.referral.request",
    subject: `${CASE}-1`,
    time: "2026-11-23T15:00:00.000Z",
    datacontenttype: "application/json",
    sequence: "0000000007",
    data: {
      referral: `${CASE}-1`,
      case: CASE,
      status: "requested",
      businessStatus: { code: "2.0", text: "created" },
      priority: "normal",
      serviceType: "ALO-FAM",
      confidentiality: "N",
      requester: "sender",
      performer: "house",
      number: "B-4",
      service: "beds-a",
      expected: { institution: "house", acts: ["accept", "reject"], until: "2026-11-23T16:00:00.000Z" },
      may: [],
      content: `/v1/referrals/${CASE}-1/content`,
    },
  });
});

test("each party sees its own number; only the requester sees what was replaced", () => {
  const accepted: EventInit = { fact: { case: "accepted", value: {} }, status: Status.ACCEPTED };
  expect(bodyOf(accepted).data).toMatchObject({ number: "A-17", replaces: `${CASE}-9` });
  expect(bodyOf(addressed).data).not.toHaveProperty("replaces");
});

test("who watches over rights is told by codes who refused what, and has the number of neither party", () => {
  const value = { reasonCode: "refused-by-status", institution: "house", told: ["watch"] };
  const event = bodyOf({ fact: { case: "rightsAlert", value }, requesterMay: ["redirect"], performerMay: ["accept"] });
  expect(event.type).toBe("ruta.referral.rights-alert");
  expect(event.data).toMatchObject({
    reasonCode: "refused-by-status",
    institution: "house",
    serviceType: "ALO-FAM",
    requester: "sender",
  });
  for (const field of ["number", "replaces", "may"]) expect(event.data).not.toHaveProperty(field);
});

test("a proposal says of each candidate its points, what is not known and what ranks it behind", () => {
  const criteria = [
    { name: "age", met: true, unknown: true },
    { name: "language", met: false, preference: true },
    { name: "territory", met: true, points: 200 },
  ];
  const candidates = [
    { institution: "house", serviceId: "beds-a", eligible: true, points: 200, criteria },
    { institution: "closed", serviceId: "beds-b", eligible: false },
  ];
  const { type, data } = bodyOf({ fact: { case: "returned", value: { reasonCode: "proposal", candidates } } });
  expect(type).toBe("ruta.referral.proposed");
  expect(data.candidates).toEqual([
    { institution: "house", service: "beds-a", points: 200, unknown: ["age"], behind: ["language"] },
  ]);
});

test.each([
  ["very restricted", Confidentiality.VERY_RESTRICTED],
  ["not said", Confidentiality.UNSPECIFIED],
  ["unknown to this version", 9 as Confidentiality],
])("a case whose class is %s shows nothing but ids and status", (_name, confidentiality) => {
  const { data } = bodyOf({ ...addressed, confidentiality });
  expect(data).toEqual({
    referral: `${CASE}-1`,
    case: CASE,
    status: "requested",
    content: `/v1/referrals/${CASE}-1/content`,
  });
});

test("a body lists the acts that its recipient may make now, and nobody else's", () => {
  const lists = { requesterMay: ["cancel"], performerMay: ["accept", "reject"] };
  expect(bodyOf({ ...addressed, ...lists }).data.may).toEqual(["accept", "reject"]);
  expect(bodyOf({ ...lists, fact: { case: "accepted", value: {} } }).data.may).toEqual(["cancel"]);
  const value = { institution: "stranger", act: "accept", code: "not-a-party" };
  expect(bodyOf({ ...lists, fact: { case: "refused", value } }).data).not.toHaveProperty("may");
});

test("a supplement is told by the ids that it supersedes, and its acknowledgement by the event that told it", () => {
  const by = { actor: create(ActorSchema, { institution: "sender" }) };
  const supplemented = bodyOf({ ...by, fact: { case: "supplemented", value: { supersedes: ["s-1"] } } });
  expect(supplemented).toMatchObject({
    id: "event-1",
    type: "ruta.referral.supplement",
    data: { supersedes: ["s-1"] },
  });
  const added = bodyOf({ ...by, fact: { case: "supplemented", value: {} } });
  expect(added.data).not.toHaveProperty("supersedes");
  const acknowledged = bodyOf({ fact: { case: "supplementAcknowledged", value: { eventId: "event-1" } } });
  expect(acknowledged).toMatchObject({
    type: "ruta.referral.acknowledge-supplement",
    data: { event: "event-1", requester: "sender" },
  });
});

test("a private provider is told no need and no reason", () => {
  const { data } = bodyOf(addressed, { discreet: true });
  expect(data).not.toHaveProperty("serviceType");
  expect(data).not.toHaveProperty("service");
  const withdrawn = { fact: { case: "cancellationRequested", value: { reasonCode: "served-elsewhere" } } } as EventInit;
  expect(bodyOf(withdrawn, { discreet: true }).data).not.toHaveProperty("reasonCode");
  expect(bodyOf(withdrawn).data).toMatchObject({ reasonCode: "served-elsewhere" });
});

test("a refusal names the command by its webhook-id, and no status of a referral that the sender has no part in", () => {
  const value = { institution: "stranger", act: "accept", code: "not-a-party", webhookId: "w-1", commandId: "c-1" };
  const { data, type } = bodyOf({
    fact: { case: "refused", value },
    requester: "",
    performer: "",
    status: Status.UNSPECIFIED,
    confidentiality: Confidentiality.UNSPECIFIED,
  });
  expect(type).toBe("ruta.referral.refused");
  expect(data).toEqual({
    referral: `${CASE}-1`,
    case: CASE,
    code: "not-a-party",
    act: "accept",
    webhookId: "w-1",
    content: `/v1/referrals/${CASE}-1/content`,
  });
});

test("a record that was given up is named by its command and why, also where nothing is known of the case", () => {
  const value = { institution: "house", commandId: "command-1", reasonCode: "unreadable", staff: ["op-1", "op-2"] };
  const { data, type } = bodyOf({
    fact: { case: "setAside", value },
    confidentiality: Confidentiality.UNSPECIFIED,
    status: Status.UNSPECIFIED,
  });
  expect(type).toBe("ruta.referral.set-aside");
  expect(data).toMatchObject({ command: "command-1", reasonCode: "unreadable" });
  expect(JSON.stringify(data)).not.toContain("op-1");
});

test("what the hub recorded on behalf of an institution says so, by whom and how it was told, and no name, in every class", () => {
  const actor = create(ActorSchema, {
    institution: "hub",
    worker: "op-1",
    channel: Channel.IN_PERSON,
    onBehalfOf: "house",
  });
  const accepted: EventInit = { fact: { case: "accepted", value: {} }, status: Status.ACCEPTED, actor };
  const onBehalf = { institution: "house", channel: "in-person", staff: "op-1" };
  expect(bodyOf(accepted).data).toMatchObject({ onBehalf });
  expect(bodyOf({ ...accepted, confidentiality: Confidentiality.VERY_RESTRICTED }).data).toMatchObject({ onBehalf });
  expect(bodyOf({ ...accepted, actor: create(ActorSchema, { institution: "house" }) }).data).not.toHaveProperty(
    "onBehalf",
  );
  const disputed: EventInit = { fact: { case: "disputed", value: { eventId: "event-1", reasonCode: "not-said" } } };
  expect(bodyOf(disputed).data).toMatchObject({ event: "event-1", reasonCode: "not-said" });
});

test("nothing sealed, and nobody's worker, is in a body", () => {
  const sections = [
    create(SectionSchema, { sectionId: "sec-canary", keyId: "key-canary", ciphertext: Buffer.from("canary") }),
  ];
  const actor = create(ActorSchema, { institution: "house", worker: "worker-canary", channel: Channel.WEBHOOK });
  const text = JSON.stringify(bodyOf({ ...addressed, sections, actor }));
  expect(text).not.toMatch(/canary/);
});

test("what was said once is remembered: the service and the sender's number, then the performer's", () => {
  const value = create(ReferralRequestedSchema, { serviceType: "LEG", placerNumber: "A-1", replaces: "r-0" });
  const requested = factsAfter(NO_FACTS, eventOf({ fact: { case: "requested", value } }));
  const requestedAt = "2026-11-23T15:00:00.000Z";
  expect(requested).toEqual({
    serviceType: "LEG",
    placerNumber: "A-1",
    fillerNumber: "",
    replaces: "r-0",
    requestedAt,
  });
  const accepted = factsAfter(requested, eventOf({ fact: { case: "accepted", value: { fillerNumber: "F-2" } } }));
  expect(accepted).toEqual({ ...requested, fillerNumber: "F-2" });
  expect(factsAfter(accepted, eventOf({ fact: { case: "started", value: {} } }))).toBe(accepted);
});
