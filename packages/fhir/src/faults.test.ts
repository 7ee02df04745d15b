// What is wrong with FHIR is refused with one code and the element: hostile bodies, contradictions, and references that lead nowhere.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NOON, REFERRAL, answerTask, bundle, reason, requestParts } from "./fixtures.ts";
import { isFaulty, readFhir } from "./read.ts";
import type { Known } from "./status.ts";
import { BUSINESS, BUSINESS_CODES, TASK_STATUSES } from "./status.ts";
import { EXTENSION, HL7, RUTA } from "./systems.ts";
import type { Json } from "./write.ts";

const known: Known = { referral: REFERRAL, role: "performer", status: "accepted" };

function faultsOf(body: unknown, institution = "sender"): unknown {
  const read = readFhir(body, { institution, now: NOON });
  const finished = isFaulty(read) ? read : read.finish(read.tasks.map(({ asks }) => (asks ? undefined : known)));
  return isFaulty(finished) ? finished.map(({ code, expression }) => `${code} ${expression}`) : finished;
}

/** A request with some of its resources changed; entries are task, request, patient, child, consent, role. */
function changed(changes: Readonly<Record<string, Json>>): Json {
  const parts: Record<string, Json> = requestParts();
  for (const [name, change] of Object.entries(changes)) parts[name] = { ...parts[name], ...change };
  return bundle("collection", parts);
}
const at = (index: number, element: string) => `Bundle.entry[${index}].resource${element}`;
const label = (code: string) => ({ meta: { security: [{ system: HL7.confidentiality, code }] } });
const inSystem = (system: string, ...codes: string[]) => ({ coding: codes.map((code) => ({ system, code })) });

describe("a body that is none", () => {
  test.each([
    [null, "Resource"],
    [[], "Resource"],
    ["Bundle", "Resource"],
    [{}, "Resource.resourceType"],
    [{ resourceType: "Patient" }, "Resource.resourceType"],
    [{ resourceType: "Bundle" }, "Bundle.type"],
    [{ resourceType: "Bundle", type: "searchset" }, "Bundle.type"],
    [{ resourceType: "Bundle", type: ["collection"] }, "Bundle.type"],
  ])("%j is not taken", (body, expression) => {
    expect(faultsOf(body)).toEqual([`fhir-not-taken ${expression}`]);
  });

  test.each([
    [{ entry: {} }, "Bundle.entry"],
    [{ entry: [null] }, "Bundle.entry[0]"],
    [{ entry: [{}] }, "Bundle.entry[0].resource"],
    [{ entry: [{ resource: { id: "x" } }] }, "Bundle.entry[0].resource"],
    [{ entry: [{ resource: { resourceType: "Goal" }, fullUrl: 7 }] }, "Bundle.entry[0].fullUrl"],
    [{ type: "message", entry: [{ resource: { resourceType: "Task" } }] }, "Bundle.entry[0].resource"],
  ])("%j has an element of the wrong form", (more, expression) => {
    expect(faultsOf({ resourceType: "Bundle", type: "collection", ...more })).toEqual([
      `fhir-invalid-element ${expression}`,
    ]);
  });

  test("deletes, too many entries and too many acts are refused", () => {
    const resource = requestParts().task;
    const one = { resourceType: "Bundle", type: "transaction", entry: [{ resource, request: { method: "DELETE" } }] };
    expect(faultsOf(one)).toEqual(["fhir-unsupported Bundle.entry[0].request.method"]);
    const goals = Array.from({ length: 501 }, () => ({ resource: { resourceType: "Goal" } }));
    expect(faultsOf({ resourceType: "Bundle", type: "collection", entry: goals })).toEqual([
      "fhir-too-many Bundle.entry",
    ]);
    const tasks = Array.from({ length: 21 }, () => ({ resource: answerTask("accepted", "3.0") }));
    expect(faultsOf({ resourceType: "Bundle", type: "collection", entry: tasks })).toEqual([
      "fhir-too-many Bundle.entry",
    ]);
  });
});

describe("statuses", () => {
  const pairs = TASK_STATUSES.filter((status) => status !== "draft").flatMap((status) =>
    [...BUSINESS_CODES].map((business) => [status, business] as const),
  );
  test.each(pairs)("%s with %s is taken exactly when the two can be together", (status, business) => {
    const faults = faultsOf(answerTask(status, business, { statusReason: reason("other") }));
    const refused = JSON.stringify(faults) === '["fhir-inconsistent Task.businessStatus"]';
    expect(refused).toBe(!BUSINESS[status].includes(business));
  });

  test("one that is not known, or no status of a referral, is refused", () => {
    expect(faultsOf(answerTask("ready"))).toEqual(["fhir-unknown-code Task.status"]);
    expect(faultsOf(answerTask("done"))).toEqual(["fhir-unknown-code Task.status"]);
    expect(faultsOf(answerTask("accepted", "9.9"))).toEqual(["fhir-unknown-code Task.businessStatus"]);
    const foreign = { businessStatus: { text: "aceptada" } };
    expect(faultsOf(answerTask("accepted", undefined, foreign))).toEqual(["fhir-unknown-code Task.businessStatus"]);
  });
});

/** A change of the request, and what is said of it. */
const WRONG: readonly (readonly [string, Readonly<Record<string, Json>>, string])[] = [
  [
    "a focus that is not there",
    { task: { focus: { reference: "ServiceRequest/s9" } } },
    `fhir-dangling ${at(0, ".focus")}`,
  ],
  ["a focus on something else", { task: { focus: { reference: "Patient/p1" } } }, `fhir-dangling ${at(0, ".focus")}`],
  [
    "a focus on another server",
    { task: { focus: { reference: "http://other.example/ServiceRequest/s1" } } },
    `fhir-dangling ${at(0, ".focus")}`,
  ],
  ["a focus by # without contained", { task: { focus: { reference: "#s1" } } }, `fhir-dangling ${at(0, ".focus")}`],
  ["no focus", { task: { focus: undefined } }, `fhir-dangling ${at(0, ".focus")}`],
  [
    "a subject that is not there",
    { request: { subject: { reference: "Patient/p9" } }, task: { for: undefined } },
    `fhir-dangling ${at(1, ".subject")}`,
  ],
  [
    "a Task for somebody else",
    { task: { for: { reference: "RelatedPerson/k1" } } },
    `fhir-inconsistent ${at(0, ".for")}`,
  ],
  ["an owner that names nobody", { task: { owner: { display: "Casa" } } }, `fhir-dangling ${at(0, ".owner")}`],
  [
    "two who are asked",
    { request: { performer: [{ identifier: { system: RUTA.institution, value: "other" } }] } },
    `fhir-inconsistent ${at(0, ".owner")}`,
  ],
  [
    "a requester who is not the sender",
    { task: { requester: { identifier: { system: RUTA.institution, value: "other" } } } },
    `fhir-inconsistent ${at(0, ".requester")}`,
  ],
  [
    "two numbers",
    { request: { identifier: [{ type: inSystem(HL7.identifierType, "PLAC"), value: "B-1" }] } },
    `fhir-inconsistent ${at(0, ".identifier")}`,
  ],
  ["a request that is a draft", { request: { status: "draft" } }, `fhir-inconsistent ${at(1, ".status")}`],
  ["a request that is a plan", { request: { intent: "plan" } }, `fhir-inconsistent ${at(1, ".intent")}`],
  ["a request not to do it", { request: { doNotPerform: true } }, `fhir-unsupported ${at(1, ".doNotPerform")}`],
  [
    "two services",
    { request: { code: inSystem(RUTA.serviceType, "ALO-FAM", "LEG") } },
    `fhir-unsupported ${at(1, ".code")}`,
  ],
  [
    "no service that is known",
    { request: { code: inSystem("http://snomed.info/sct", "1") } },
    `fhir-unknown-code ${at(1, ".code")}`,
  ],
  ["a priority that is none", { request: { priority: "high" } }, `fhir-unknown-code ${at(1, ".priority")}`],
  ["two priorities", { task: { priority: "stat" } }, `fhir-inconsistent ${at(0, ".priority")}`],
  ["a label that may be stricter than any", { request: label("X") }, `fhir-unknown-code ${at(1, ".meta.security")}`],
  [
    "two needs",
    { request: { reasonCode: [inSystem(RUTA.need, "SP", "SC")] } },
    `fhir-unsupported ${at(1, ".reasonCode")}`,
  ],
  [
    "an accused who is nobody",
    { request: { extension: [{ url: EXTENSION.accused, valueReference: { display: "él" } }] } },
    `fhir-dangling ${at(1, ".extension[0]")}`,
  ],
  ["a consent that was withdrawn", { consent: { status: "inactive" } }, `fhir-inconsistent ${at(4, ".status")}`],
  [
    "a consent that denies",
    { consent: { provision: { type: "deny" } } },
    `fhir-unsupported ${at(4, ".provision.type")}`,
  ],
  [
    "a consent that has ended",
    { consent: { provision: { period: { end: "2026-11-22" } } } },
    `fhir-inconsistent ${at(4, ".provision.period.end")}`,
  ],
  [
    "a consent of somebody else",
    { consent: { patient: { reference: "RelatedPerson/k1" } } },
    `fhir-inconsistent ${at(4, ".patient")}`,
  ],
  [
    "a modifier that nobody reads",
    { patient: { modifierExtension: [{ url: "x" }] } },
    `fhir-unsupported ${at(2, ".modifierExtension")}`,
  ],
  ["rules of its own", { task: { implicitRules: "http://x" } }, `fhir-unsupported ${at(0, ".implicitRules")}`],
  [
    "an attachment",
    { task: { input: [{ valueAttachment: { data: "AAAA" } }] } },
    `fhir-unsupported ${at(0, ".input[0].valueAttachment")}`,
  ],
  ["a status of the wrong type", { task: { status: 7 } }, `fhir-invalid-element ${at(0, ".status")}`],
  ["a date that is none", { task: { authoredOn: "ayer" } }, `fhir-invalid-element ${at(0, ".authoredOn")}`],
  [
    "a day that is none",
    { task: { authoredOn: "2026-02-31T25:00:00Z" } },
    `fhir-invalid-element ${at(0, ".authoredOn")}`,
  ],
  [
    "a coding that is none",
    { request: { code: { coding: { system: "x" } } } },
    `fhir-invalid-element ${at(1, ".code.coding")}`,
  ],
  ["an id with a blank", { patient: { id: "p 1" } }, `fhir-dangling ${at(1, ".subject")}`],
];

describe("a request with one thing wrong", () => {
  test.each(WRONG)("%s", (_, changes, said) => {
    expect(faultsOf(changed(changes))).toContain(said);
  });

  test("two entries under one address, and two requests under one number, are refused", () => {
    const { task, patient, ...parts } = requestParts();
    expect(faultsOf(bundle("collection", { task, patient, twin: patient, ...parts }))).toContain(
      `fhir-inconsistent ${at(2, "")}`,
    );
    const twice = bundle("collection", { task, ...parts, patient, again: { ...task, id: "t2" } });
    expect(faultsOf(twice)).toContain(`fhir-inconsistent ${at(6, ".identifier")}`);
  });

  test("a document that is named is not lost in silence", () => {
    const { request, ...parts } = requestParts();
    const document = { resourceType: "DocumentReference", id: "d1", status: "current", content: [] };
    const supportingInfo = [...(request.supportingInfo as Json[]), { reference: "DocumentReference/d1" }];
    const unsupported = [`fhir-unsupported ${at(6, "")}`];
    const asInfo = { ...parts, request: { ...request, supportingInfo } };
    const asInput = { ...parts, request, task: { ...parts.task, input: [{ valueReference: supportingInfo.at(-1) }] } };
    expect(faultsOf(bundle("collection", { ...asInfo, document }))).toEqual(unsupported);
    expect(faultsOf(bundle("collection", { ...asInput, document }))).toEqual(unsupported);
  });
});

describe("an answer with one thing wrong", () => {
  test.each([
    ["that names nothing", { identifier: undefined }, "fhir-unidentified Task.identifier"],
    ["whose focus leads nowhere", { focus: { reference: "ServiceRequest/s1" } }, "fhir-dangling Task.focus"],
    [
      "whose result is elsewhere",
      { output: [{ valueReference: { reference: "Procedure/q1" } }] },
      "fhir-dangling Task.output[0].valueReference",
    ],
    [
      "with two numbers",
      { identifier: ["1", "2"].map((value) => ({ type: inSystem(HL7.identifierType, "FILL"), value })) },
      "fhir-inconsistent Task.identifier",
    ],
  ])("%s", (_, more, said) => {
    expect(faultsOf(answerTask("accepted", "3.0", more as unknown as Json))).toEqual([said]);
  });

  test("a Procedure that was not done says no outcome", () => {
    const task = answerTask("completed", "7.0", {
      id: "t",
      output: [{ valueReference: { reference: "Procedure/q1" } }],
    });
    const procedure = { resourceType: "Procedure", id: "q1", status: "not-done" };
    expect(faultsOf(bundle("collection", { task, procedure }))).toEqual([`fhir-inconsistent ${at(1, ".status")}`]);
  });
});

test("names that every object has are no codes", () => {
  for (const code of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    expect(faultsOf(changed({ request: { priority: code } }))).toContain(`fhir-unknown-code ${at(1, ".priority")}`);
    expect(faultsOf(changed({ request: label(code) }))).toContain(`fhir-unknown-code ${at(1, ".meta.security")}`);
    const concept = inSystem(HL7.sdoh, code);
    expect(faultsOf(changed({ request: { code: concept } }))).toContain(`fhir-unknown-code ${at(1, ".code")}`);
    expect(faultsOf(answerTask(code))).toEqual(["fhir-unknown-code Task.status"]);
  }
});

test("what is named a thousand times is read once, and of a thousand faults the first are told", () => {
  const many = <T>(one: T): T[] => Array.from({ length: 1000 }, () => one);
  const { request, ...parts } = requestParts();
  const condition = { resourceType: "Condition", id: "d1", code: { text: "x".repeat(50_000) } };
  const named = { ...request, reasonReference: many({ reference: "Condition/d1" }) };
  const read = readFhir(bundle("collection", { ...parts, request: named, condition }), {
    institution: "sender",
    now: NOON,
  });
  const finished = isFaulty(read) ? read : read.finish([undefined]);
  expect(JSON.stringify(finished).length).toBeLessThan(60_000);
  const nowhere = { ...request, reasonReference: many({ reference: "Condition/none" }) };
  expect(faultsOf(bundle("collection", { ...parts, request: nowhere }))).toHaveLength(50);
});

test("whatever is put in the place of any element, it is read or refused, and a refusal repeats nothing of it", () => {
  const whole = bundle("collection", requestParts());
  const paths: (readonly (string | number)[])[] = [];
  const walk = (value: unknown, path: readonly (string | number)[]): void => {
    paths.push(path);
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) walk(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  };
  walk(whole, []);
  const canary = "Zulmaquica";
  let repeated = false;
  let refusals = 0;
  const odd = fc.oneof(
    fc.constantFrom(null, true, 0, -1, "", canary, [], {}, [[]], { [canary]: canary }, { reference: "#" }, [
      null,
      canary,
    ]),
    fc.jsonValue({ maxDepth: 3 }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...paths), odd, (path, value) => {
      const copy = structuredClone(whole);
      let target: Record<string | number, unknown> = copy;
      for (const key of path.slice(0, -1)) target = target[key] as Record<string | number, unknown>;
      const last = path.at(-1);
      if (last === undefined) return;
      target[last] = value;
      const said = faultsOf(copy);
      refusals += Array.isArray(said) ? 1 : 0;
      repeated ||= Array.isArray(said) && JSON.stringify(said).includes(canary);
    }),
    { numRuns: 1500 },
  );
  expect(repeated).toBe(false);
  expect(refusals).toBeGreaterThan(100);
});
