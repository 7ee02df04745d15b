// Bodies as FHIR: valid R4, thin, the same disclosure as the events that others get, and read back by our own door as the same act.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { BusinessStatus, Confidentiality, Status } from "@ruta/events";
import { isFaulty, readFhir } from "@ruta/fhir";
import { r4Faults } from "@ruta/fhir/testing";
import { expect, test } from "vitest";
import { mediaTypeOf, payload } from "./payload.ts";
import type { PayloadInput } from "./payload.ts";
import { recipients } from "./recipients.ts";
import { CASE, MONDAY, eventOf } from "./scenario.ts";
import type { EventInit } from "./scenario.ts";

type Json = Record<string, unknown>;

const FACTS = {
  serviceType: "ALO-FAM",
  placerNumber: "A-17",
  fillerNumber: "B-4",
  replaces: "",
  requestedAt: "2026-11-20T15:00:00.000Z",
};

function bodyOf(init: EventInit, rest: Partial<PayloadInput> = {}): { text: string; entries: Json[]; bundle: Json } {
  const event = eventOf(init);
  const [notice] = recipients(event);
  const input = { eventId: "event-1", event, notice: notice!, sequence: 7n, facts: FACTS, discreet: false, fhir: true };
  const bytes = payload({ ...input, ...rest });
  expect(mediaTypeOf(bytes)).toBe("application/fhir+json; charset=utf-8");
  const text = Buffer.from(bytes).toString("utf8");
  const bundle = JSON.parse(text) as Json;
  expect(r4Faults(bundle)).toEqual([]);
  return { text, bundle, entries: (bundle.entry as { resource: Json }[]).map(({ resource }) => resource) };
}

const addressed: EventInit = { fact: { case: "addressed", value: { serviceId: "beds-a" } } };

test("a request to a performer is a Task and its ServiceRequest, by the profile of SDOH Clinical Care", () => {
  const { bundle, entries } = bodyOf(addressed);
  expect(bundle).toMatchObject({
    type: "collection",
    identifier: { system: "urn:ruta:event", value: "event-1" },
    timestamp: "2026-11-23T15:00:00.000Z",
  });
  const [task, request] = entries as [Json, Json];
  expect(task).toMatchObject({
    resourceType: "Task",
    id: `${CASE}-1`,
    meta: {
      profile: ["http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement"],
      security: [{ code: "N" }],
    },
    identifier: [{ value: `${CASE}-1` }, { type: { coding: [{ code: "FILL" }] }, value: "B-4" }],
    status: "requested",
    businessStatus: { coding: [{ code: "2.0" }] },
    intent: "order",
    code: { coding: [{ system: "http://hl7.org/fhir/CodeSystem/task-code", code: "fulfill" }] },
    priority: "routine",
    for: { identifier: { system: "urn:ruta:case", value: CASE } },
    authoredOn: "2026-11-20T15:00:00.000Z",
    requester: { identifier: { value: "sender" } },
    owner: { identifier: { value: "house" } },
  });
  expect(request).toMatchObject({
    resourceType: "ServiceRequest",
    status: "active",
    intent: "order",
    code: { coding: [{ system: "urn:ruta:service-type", code: "ALO-FAM" }] },
    performer: [{ identifier: { value: "house" } }, { identifier: { value: "beds-a" } }],
  });
  const { fullUrl } = (bundle.entry as Json[])[1]!;
  expect((task.focus as Json).reference).toBe(fullUrl);
});

test("class V shows nothing but ids and status; what is hidden says so", () => {
  const { text, entries } = bodyOf({ ...addressed, confidentiality: Confidentiality.VERY_RESTRICTED });
  expect(text).not.toMatch(/ALO-FAM|sender|house|beds-a|B-4|2026-11-20/);
  expect(entries[0]).toMatchObject({ status: "requested", requester: { extension: [{ valueCode: "masked" }] } });
  expect(entries[1]).toMatchObject({ code: { extension: [{ valueCode: "masked" }] } });
});

test("a private provider is told no need and no reason", () => {
  const { text } = bodyOf(addressed, { discreet: true });
  expect(text).not.toMatch(/ALO-FAM|beds-a/);
});

test("a refused act is an OperationOutcome: alone for whoever has no part in the referral, beside it for a party", () => {
  const value = { institution: "stranger", act: "accept", code: "not-a-party", webhookId: "w-1", commandId: "c-1" };
  const fact = { case: "refused", value } as const;
  const none = {
    requester: "",
    performer: "",
    status: Status.UNSPECIFIED,
    confidentiality: Confidentiality.UNSPECIFIED,
  };
  expect(bodyOf({ fact, ...none }).entries).toMatchObject([
    { resourceType: "OperationOutcome", issue: [{ details: { coding: [{ code: "not-a-party" }] } }] },
  ]);
  const party = { ...fact, value: { ...value, institution: "house" } };
  expect(bodyOf({ fact: party }).entries.map(({ resourceType }) => resourceType)).toEqual([
    "Task",
    "ServiceRequest",
    "OperationOutcome",
  ]);
});

const AT = timestampFromMs(MONDAY + 3_600_000);
const IN = "2026-11-23T16:00:00.000Z";
/** Each fact that an institution's own act makes: the act that our door reads from what we send of it, and its data. */
const FACT_ACTS: readonly (readonly [string, EventInit, Status, BusinessStatus, Json])[] = [
  ["receive", { fact: { case: "received", value: {} } }, Status.RECEIVED, BusinessStatus.CREATED, {}],
  [
    "accept",
    { fact: { case: "accepted", value: { fillerNumber: "B-4", expectedAt: AT } } },
    Status.ACCEPTED,
    BusinessStatus.ACCEPTED,
    { expectedAt: IN },
  ],
  [
    "reject",
    { fact: { case: "rejected", value: { reasonCode: "no-capacity" } } },
    Status.REJECTED,
    BusinessStatus.DECLINED,
    { reasonCode: "no-capacity" },
  ],
  [
    "schedule",
    { fact: { case: "scheduled", value: { appointmentAt: AT } } },
    Status.IN_PROGRESS,
    BusinessStatus.SCHEDULED,
    { appointmentAt: IN },
  ],
  ["no-show", { fact: { case: "missed", value: {} } }, Status.IN_PROGRESS, BusinessStatus.NO_SHOW, {}],
  [
    "cancel-appointment",
    { fact: { case: "appointmentCancelled", value: { reasonCode: "institution" } } },
    Status.IN_PROGRESS,
    BusinessStatus.APPOINTMENT_CANCELLED,
    { reasonCode: "institution" },
  ],
  ["report", { fact: { case: "reported", value: {} } }, Status.IN_PROGRESS, BusinessStatus.INTERIM_RESULT, {}],
  ["start", { fact: { case: "started", value: {} } }, Status.IN_PROGRESS, BusinessStatus.IN_PROGRESS, {}],
  [
    "hold",
    { fact: { case: "held", value: { reasonCode: "waitlist" } } },
    Status.ON_HOLD,
    BusinessStatus.ACCEPTED,
    { reasonCode: "waitlist" },
  ],
  [
    "complete",
    { fact: { case: "completed", value: { outcomeCode: "served", reachedAt: AT } } },
    Status.COMPLETED,
    BusinessStatus.COMPLETED,
    { outcomeCode: "served", reachedAt: IN },
  ],
  [
    "fail",
    { fact: { case: "failed", value: { reasonCode: "person-unreachable" } } },
    Status.FAILED,
    BusinessStatus.DECLINED,
    { reasonCode: "person-unreachable" },
  ],
];

test.each(FACT_ACTS)(
  "what is sent of %s is valid and reads back as the same act",
  (act, init, status, business, data) => {
    const { bundle } = bodyOf({ ...init, status, businessStatus: business });
    const read = readFhir(bundle, { institution: "house", now: MONDAY });
    if (isFaulty(read)) throw new Error(JSON.stringify(read));
    const finished = read.finish([{ referral: `${CASE}-1`, role: "performer", status: "accepted" }]);
    expect(finished).toMatchObject({ acts: [{ act, data }] });
    expect(JSON.stringify(finished)).not.toContain('"note"');
  },
);

test.each([
  ["cancel", "cancellationRequested", Status.ACCEPTED, BusinessStatus.CANCELLATION_REQUESTED, "served-elsewhere"],
  ["cancel", "cancelled", Status.CANCELLED, BusinessStatus.CANCELLED, "person-withdrew"],
  ["mark-in-error", "enteredInError", Status.ENTERED_IN_ERROR, BusinessStatus.CREATED, "wrong-person"],
] as const)(
  "what is sent of %s (%s) reads back as the requester's act",
  (act, fact, status, businessStatus, reasonCode) => {
    const requested = { fact: { case: fact, value: { reasonCode } }, status, businessStatus } as EventInit;
    const notice = { institution: "house", act };
    const { bundle } = bodyOf(requested, { notice });
    const read = readFhir(bundle, { institution: "sender", now: MONDAY });
    if (isFaulty(read)) throw new Error(JSON.stringify(read));
    const finished = read.finish([{ referral: `${CASE}-1`, role: "requester", status: "accepted" }]);
    expect(finished).toMatchObject({ acts: [{ act, data: { reasonCode } }] });
  },
);
