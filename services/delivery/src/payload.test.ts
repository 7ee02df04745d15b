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

const FACTS = { serviceType: "ALO-FAM", placerNumber: "A-17", fillerNumber: "B-4", replaces: `${CASE}-9` };

function bodyOf(
  init: EventInit,
  rest: Partial<PayloadInput> = {},
): { data: Record<string, unknown> } & Record<string, unknown> {
  const event = eventOf(init);
  const [notice] = recipients(event);
  const input = { eventId: "event-1", event, notice: notice!, sequence: 7n, facts: FACTS, discreet: false, ...rest };
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
      content: `/v1/referrals/${CASE}-1/content`,
    },
  });
});

test("each party sees its own number; only the requester sees what was replaced", () => {
  const accepted: EventInit = { fact: { case: "accepted", value: {} }, status: Status.ACCEPTED };
  expect(bodyOf(accepted).data).toMatchObject({ number: "A-17", replaces: `${CASE}-9` });
  expect(bodyOf(addressed).data).not.toHaveProperty("replaces");
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
  expect(requested).toEqual({ serviceType: "LEG", placerNumber: "A-1", fillerNumber: "", replaces: "r-0" });
  const accepted = factsAfter(requested, eventOf({ fact: { case: "accepted", value: { fillerNumber: "F-2" } } }));
  expect(accepted).toEqual({ ...requested, fillerNumber: "F-2" });
  expect(factsAfter(accepted, eventOf({ fact: { case: "started", value: {} } }))).toBe(accepted);
});
