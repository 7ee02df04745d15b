// Each row of the mapping, by fixtures of our own: what a Task becomes, and with which element a refusal is named.
import { ACTS, CASE_ACTS } from "@ruta/events";
import { describe, expect, test } from "vitest";
import { NOON, REFERRAL, answerTask, bundle, fillerNumber, reason, requestBundle, requestParts } from "./fixtures.ts";
import { isFaulty, readFhir } from "./read.ts";
import type { ReadAct } from "./read.ts";
import type { Known } from "./status.ts";
import { HL7, RUTA } from "./systems.ts";
import type { Json } from "./write.ts";

const SENDER = { institution: "sender", now: NOON };
const asPerformer: Known = { referral: REFERRAL, role: "performer", status: "accepted" };
const asRequester: Known = { ...asPerformer, role: "requester" };

function finish(body: unknown, known?: Known) {
  const read = readFhir(body, SENDER);
  return isFaulty(read) ? read : read.finish(read.tasks.map(() => known));
}
function actsOf(body: unknown, known?: Known): readonly ReadAct[] {
  const finished = finish(body, known);
  expect(finished).not.toBeInstanceOf(Array);
  return "acts" in finished ? finished.acts : [];
}
function faultsOf(body: unknown, known?: Known): unknown {
  const finished = finish(body, known);
  return isFaulty(finished) ? finished.map(({ code, expression }) => `${code} ${expression}`) : finished;
}

describe("a request", () => {
  test("becomes the data of the door, row by row", () => {
    const [act, ...more] = actsOf(requestBundle());
    expect(more).toEqual([]);
    expect(act).toMatchObject({ act: "request", time: "2026-11-20T10:00:00-05:00" });
    const { note, ...data } = act!.data;
    expect(data).toEqual({
      serviceType: "ALO-FAM",
      priority: "urgent",
      performer: "performer",
      service: "lodging",
      reasonCode: "SP",
      confidentiality: "R",
      number: "A-17",
      worker: "w-7",
      consent: {
        basis: "E",
        recipients: ["performer"],
        recipientClass: "municipal",
        givenOn: "2026-11-22",
        evidence: "F-12",
      },
      person: {
        ageBand: "18-59",
        sex: "female",
        nationality: ["VEN"],
        papers: "expired",
        territory: "parish-calderon",
        languages: ["spa"],
        accused: ["other"],
        identity: {
          name: { given: "Yuleima del Carmen", family: "Zambrano Quilismal", chosen: "Yuli" },
          birthDate: "1990-04-12",
          genderIdentity: "mujer",
          documents: [{ type: "PPN", number: "099123456", issuer: "urn:iso:VEN" }],
          contact: { phone: "+593 99 000 0000", address: "Calle 3, Carcelén" },
          languages: ["spa"],
        },
      },
      members: [
        {
          relation: "CHILD",
          ageBand: "5-11",
          identity: { name: { given: "Maikelys" }, birthDate: { absent: "unknown" } },
        },
      ],
    });
    expect(note).toBe(
      [
        "Task.description: Llamar antes de las 18h.",
        "ServiceRequest.code.text: Albergue con la niña",
        "ServiceRequest.reasonCode[0].text: Llegó a Carcelén",
      ].join("\n"),
    );
  });

  test.each(["transaction", "message", "collection"])("is read from a Bundle of type %s", (type) => {
    const { task, ...parts } = requestParts();
    const header = { resourceType: "MessageHeader", id: "h", author: { reference: "PractitionerRole/r1" } };
    const [act] = actsOf(bundle(type, { ...(type === "message" ? { header } : {}), task, ...parts }));
    expect(act).toMatchObject({ act: "request", data: { number: "A-17", worker: "w-7" } });
  });

  test("is read from one Task with everything contained", () => {
    const { task, request, patient, consent } = requestParts();
    const contained = [
      { ...request, subject: { reference: "#p1" }, supportingInfo: [{ reference: "#c1" }] },
      patient,
      { ...consent, patient: { reference: "#p1" } },
    ];
    const local = { ...task, contained, focus: { reference: "#s1" }, for: { reference: "#p1" } };
    expect(actsOf(local)).toMatchObject([
      {
        at: "Task",
        act: "request",
        data: { serviceType: "ALO-FAM", person: { sex: "female" }, consent: { basis: "E" } },
      },
    ]);
  });

  test.each([
    ["stat", "emergency"],
    ["asap", "urgent"],
    ["urgent", "urgent"],
    ["routine", "normal"],
    [undefined, "normal"],
  ])("priority %s is %s", (priority, ours) => {
    const { request, ...parts } = requestParts();
    expect(actsOf(bundle("collection", { ...parts, request: { ...request, priority } }))[0]?.data.priority).toBe(ours);
  });

  test.each([
    ["U", "U"],
    ["L", "N"],
    ["M", "N"],
    ["N", "N"],
    ["R", "R"],
    ["V", "V"],
  ])("confidentiality %s is class %s, and the strictest label counts", (code, ours) => {
    const { request, task, ...parts } = requestParts();
    const label = (value: string) => ({ security: [{ system: HL7.confidentiality, code: value }] });
    const labelled = { ...parts, task: { ...task, meta: label("U") }, request: { ...request, meta: label(code) } };
    expect(actsOf(bundle("collection", labelled))[0]?.data.confidentiality).toBe(ours);
  });

  test("names a person of an earlier receipt without saying who it is", () => {
    const { request, task, role } = requestParts();
    const subject = { identifier: { system: RUTA.person, value: "p-0123456789abcdefghjkmnpqrs" } };
    const parts = { task: { ...task, for: subject }, request: { ...request, subject, supportingInfo: [] }, role };
    expect(actsOf(bundle("collection", parts))[0]?.data.person).toMatchObject({ id: subject.identifier.value });
  });

  test("leaves the choice to the hub when the hub, or nobody, owns it", () => {
    for (const owner of [undefined, { identifier: { system: RUTA.institution, value: "hub" } }]) {
      const { request, task, ...parts } = requestParts();
      const open = { ...parts, task: { ...task, owner }, request: { ...request, performer: undefined } };
      expect(actsOf(bundle("collection", open))[0]?.data).not.toHaveProperty("performer");
    }
  });
});

/** Status, business status, who sends, what else the Task says → act and its own data. Every act but the request stands here. */
const ANSWERS: readonly (readonly [string, string | undefined, Known, Json, string, Json])[] = [
  ["received", "2.0", asPerformer, {}, "receive", {}],
  [
    "accepted",
    "3.0",
    asPerformer,
    {
      identifier: [{ system: RUTA.referral, value: REFERRAL }, fillerNumber("B-4")],
      restriction: { period: { end: "2026-12-01T10:00:00-05:00" } },
    },
    "accept",
    { number: "B-4", expectedAt: "2026-12-01T10:00:00-05:00" },
  ],
  ["accepted", undefined, asPerformer, {}, "accept", {}],
  ["rejected", "4.0", asPerformer, { statusReason: reason("no-capacity") }, "reject", { reasonCode: "no-capacity" }],
  [
    "rejected",
    undefined,
    asPerformer,
    { statusReason: { text: "No hay cupo" } },
    "reject",
    { reasonCode: "other", note: "Task.statusReason.text: No hay cupo" },
  ],
  ["in-progress", "5.1", asPerformer, {}, "start", {}],
  ["in-progress", undefined, asPerformer, {}, "start", {}],
  ["in-progress", "5.1", { ...asPerformer, status: "on-hold" }, {}, "resume", {}],
  [
    "in-progress",
    "5.1.1",
    asPerformer,
    {
      output: [
        {
          type: { coding: [{ system: RUTA.output, code: "appointment" }] },
          valueDateTime: "2026-11-30T09:00:00-05:00",
        },
      ],
    },
    "schedule",
    { appointmentAt: "2026-11-30T09:00:00-05:00" },
  ],
  ["in-progress", "5.1.2", asPerformer, {}, "no-show", {}],
  [
    "in-progress",
    "5.1.3",
    asPerformer,
    { statusReason: reason("person-request") },
    "cancel-appointment",
    { reasonCode: "person-request" },
  ],
  [
    "in-progress",
    "5.1.4",
    asPerformer,
    { note: [{ text: "Va bien" }] },
    "report",
    { note: "Task.note[0].text: Va bien" },
  ],
  ["on-hold", undefined, asPerformer, { statusReason: reason("waitlist") }, "hold", { reasonCode: "waitlist" }],
  [
    "accepted",
    "5.2",
    asRequester,
    { statusReason: reason("served-elsewhere") },
    "cancel",
    { reasonCode: "served-elsewhere" },
  ],
  [
    "cancelled",
    "6.0",
    asRequester,
    { statusReason: reason("person-withdrew") },
    "cancel",
    { reasonCode: "person-withdrew" },
  ],
  ["cancelled", "6.0", asPerformer, {}, "confirm-cancellation", {}],
  [
    "completed",
    "7.0",
    asPerformer,
    {
      executionPeriod: { end: "2026-11-22T10:00:00-05:00" },
      output: [
        {
          type: { coding: [{ system: RUTA.output, code: "outcome" }] },
          valueCodeableConcept: { coding: [{ system: RUTA.outcome, code: "partly-served" }] },
        },
      ],
    },
    "complete",
    { outcomeCode: "partly-served", reachedAt: "2026-11-22T10:00:00-05:00" },
  ],
  ["completed", "7.0", asRequester, {}, "acknowledge", {}],
  [
    "failed",
    "4.0",
    asPerformer,
    { statusReason: reason("person-unreachable") },
    "fail",
    { reasonCode: "person-unreachable" },
  ],
  [
    "entered-in-error",
    "5.1",
    asRequester,
    { statusReason: reason("wrong-person") },
    "mark-in-error",
    { reasonCode: "wrong-person" },
  ],
];

describe("an answer", () => {
  test.each(ANSWERS)("%s %s is an act", (status, business, known, more, act, own) => {
    const worker = known.role === "performer" ? "op-7" : "w-7";
    expect(actsOf(answerTask(status, business, more), known)).toMatchObject([
      {
        act,
        data: { referral: REFERRAL, worker: act === "acknowledge" || known.role === "requester" ? "w-7" : worker },
      },
    ]);
    const { referral: _, worker: __, ...rest } = actsOf(answerTask(status, business, more), known)[0]!.data;
    expect(rest).toEqual(own);
  });

  test("every act that an institution may make has a row, here or in this file", () => {
    const met = new Set([...ANSWERS.map(([, , , , act]) => act), "request", "redirect"]);
    // What no status of a Task says comes by the other door.
    const unsaid: ReadonlySet<string> = new Set([
      "supplement",
      "acknowledge-supplement",
      "dispute",
      "choose",
      ...CASE_ACTS,
    ]);
    expect([...met].toSorted()).toEqual(ACTS.filter((act) => !unsaid.has(act)).toSorted());
  });

  test("requested again with a new consent sends the referral elsewhere", () => {
    const { consent } = requestParts();
    const task = answerTask("requested", "2.0", {
      id: "t1",
      owner: { identifier: { system: RUTA.institution, value: "performer" } },
    });
    const body = bundle("collection", { task, consent: { ...consent, patient: undefined } });
    expect(actsOf(body, asRequester)).toMatchObject([
      { act: "redirect", data: { performer: "performer", worker: "w-7", consent: { basis: "E", evidence: "F-12" } } },
    ]);
  });

  test("an Appointment and a Procedure in the body say when, and what came of it", () => {
    const output = (reference: string) => ({
      id: "t1",
      output: [{ type: { coding: [{ system: HL7.sdoh, code: "resulting-activity" }] }, valueReference: { reference } }],
    });
    const appointment = { resourceType: "Appointment", id: "a1", status: "booked", start: "2026-11-30T09:00:00-05:00" };
    const scheduled = { task: answerTask("in-progress", "5.1.1", output("Appointment/a1")), appointment };
    expect(actsOf(bundle("collection", scheduled), asPerformer)[0]?.data).toMatchObject({
      appointmentAt: appointment.start,
    });
    const procedure = { resourceType: "Procedure", id: "q1", status: "stopped" };
    const stopped = { task: answerTask("completed", "7.0", output("Procedure/q1")), procedure };
    expect(actsOf(bundle("collection", stopped), asPerformer)[0]?.data).toMatchObject({ outcomeCode: "partly-served" });
  });

  test("who sent it may stand in a Provenance of the Task", () => {
    const task = answerTask("accepted", "3.0", { id: "t1", owner: undefined });
    const provenance = {
      resourceType: "Provenance",
      id: "v1",
      target: [{ reference: "Task/t1" }],
      agent: [{ who: { type: "Practitioner", identifier: { value: "op-9" } } }],
    };
    expect(actsOf(bundle("transaction", { task, provenance }), asPerformer)[0]?.data.worker).toBe("op-9");
  });

  test("names the referral by any of its ways, and not by two that differ", () => {
    const by = (more: Json) => {
      const read = readFhir(answerTask("accepted", "3.0", { identifier: undefined, ...more }), SENDER);
      return isFaulty(read) ? read : read.tasks[0]?.names;
    };
    expect(by({ id: REFERRAL })).toEqual({ referral: REFERRAL });
    expect(by({ focus: { reference: `ServiceRequest/${REFERRAL}` } })).toEqual({ referral: REFERRAL });
    expect(by({ focus: { identifier: { system: RUTA.referral, value: REFERRAL } } })).toEqual({ referral: REFERRAL });
    expect(by({ identifier: [fillerNumber("B-4")] })).toEqual({ filler: "B-4" });
    expect(by({ id: REFERRAL, identifier: [{ system: RUTA.referral, value: `${REFERRAL}0` }] })).toEqual([
      { code: "fhir-inconsistent", expression: "Task.identifier" },
    ]);
  });
});

test("what is no referral is left alone, each with its reason", () => {
  const { task, ...parts } = requestParts();
  const alone = {
    approve: { ...task, id: "t2", code: { coding: [{ system: HL7.taskCode, code: "approve" }] } },
    plan: { ...task, id: "t3", intent: "plan" },
    draft: { ...task, id: "t4", status: "draft" },
    goal: { resourceType: "Goal", id: "g1" },
  };
  expect(finish(bundle("collection", { task, ...parts, ...alone }))).toMatchObject({
    acts: [{ act: "request" }],
    left: [
      { expression: "Bundle.entry[6].resource", reason: "no-referral" },
      { expression: "Bundle.entry[7].resource", reason: "not-an-order" },
      { expression: "Bundle.entry[8].resource", reason: "not-sent-yet" },
      { expression: "Bundle.entry[9].resource", reason: "not-used" },
    ],
  });
  expect(finish(answerTask("requested"), asRequester)).toEqual({
    acts: [],
    left: [{ expression: "Task", reason: "says-nothing-new" }],
  });
});

test("a display never becomes a code: without codes nothing but words is left, and they go into the note", () => {
  const { request, ...parts } = requestParts();
  const worded = { ...request, code: { coding: [{ display: "ALO-FAM" }], text: "ALO-FAM" } };
  expect(faultsOf(bundle("collection", { ...parts, request: worded }))).toEqual([
    "fhir-unknown-code Bundle.entry[5].resource.code",
  ]);
});
