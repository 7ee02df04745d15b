// What the door takes as an act, and which code and field it names when it does not.
import { expect, test } from "vitest";
import { DATA } from "./acts.ts";
import { ACTS } from "@ruta/events";
import { isRefusal, readEnvelope } from "./envelope.ts";
import { NOON, REFERRAL, answer, familyRequest, smallRequest } from "./examples.ts";
import type { Body } from "./examples.ts";

const read = (body: unknown) => readEnvelope(body, NOON);
const PERSON = `p-${REFERRAL.slice(0, 26)}`;
const leaves = (value: unknown): number =>
  typeof value === "object" && value !== null ? Object.values(value).reduce((n: number, v) => n + leaves(v), 0) : 1;

function without(body: Body, path: string): Body {
  const copy = structuredClone(body);
  const names = path.split(".");
  const last = names.pop() ?? "";
  let at: Record<string, unknown> = copy;
  for (const name of names) at = at[name] as Record<string, unknown>;
  delete at[last];
  return copy;
}

test("a minimal request has at most ten fields, and each of them is needed", () => {
  const body = smallRequest();
  expect(isRefusal(read(body))).toBe(false);
  expect(leaves(body)).toBeLessThanOrEqual(10);
  const { consent } = body.data as { consent: object };
  const fields = [
    "specversion",
    "id",
    "source",
    "type",
    "data",
    "data.serviceType",
    "data.priority",
    "data.consent",
    ...Object.keys(consent).map((name) => `data.consent.${name}`),
  ];
  for (const field of fields) expect(isRefusal(read(without(body, field))), field).toBe(true);
});

test("a family with every kind of content is taken as it was said", () => {
  const body = familyRequest();
  expect(read(body)).toEqual({ input: { act: "request", data: body.data } });
});

test.each([
  ["data.consent", "consent-required", "data.consent"],
  ["data.consent.basis", "consent-basis-required", "data.consent.basis"],
  ["data.consent.recipientClass", "consent-recipients-required", "data.consent.recipients"],
  ["data.consent.givenOn", "consent-date-required", "data.consent.givenOn"],
  ["data.consent.evidence", "consent-evidence-required", "data.consent.evidence"],
  ["data.priority", "missing-field", "data.priority"],
  ["type", "missing-field", "type"],
])("a request without %s is refused as %s", (path, code, field) => {
  expect(read(without(smallRequest(), path))).toEqual({ code, field });
});

test("a consent of tomorrow in Quito is refused, one of today is not", () => {
  const consent = { basis: "E", recipients: ["albergue-norte"], evidence: "F-12" };
  expect(read(smallRequest({ consent: { ...consent, givenOn: "2026-11-24" } }))).toEqual({
    code: "consent-date-in-future",
    field: "data.consent.givenOn",
  });
  const lateEvening = Date.parse("2026-11-23T23:30:00-05:00");
  expect(readEnvelope(smallRequest({ consent: { ...consent, givenOn: "2026-11-23" } }), lateEvening)).toHaveProperty(
    "input",
  );
});

test.each(ACTS.filter((act) => act !== "request"))("the answer %s needs its worker", (act) => {
  const body = answer(act, {
    reasonCode: "other",
    consent: smallRequest().data["consent"],
    outcomeCode: "served",
    appointmentAt: "2026-12-01T09:00:00-05:00",
    event: REFERRAL.slice(0, 26),
    stage: "R12.3",
    performer: "otro",
  });
  for (const name of Object.keys(body.data)) if (!(name in DATA[act].shape)) delete body.data[name];
  expect(isRefusal(read(body)), JSON.stringify(read(body))).toBe(false);
  expect(read(without(body, "data.worker"))).toEqual({ code: "worker-required", field: "data.worker" });
  expect(read(without(body, "data.referral"))).toEqual({ code: "missing-field", field: "data.referral" });
});

test.each([
  ["an unknown field of the envelope", { ...smallRequest(), extra: 1 }, "extra"],
  [
    "an unknown field of a name",
    smallRequest({ person: { identity: { name: { giv: "Ana" } } } }),
    "data.person.identity.name.giv",
  ],
  ["an unknown field of a member", smallRequest({ members: [{ age: "5" }] }), "data.members.0.age"],
  ["a person's name as a field, without repeating it", smallRequest({ person: { "Ana 171003": 1 } }), "data.person.?"],
])("%s is refused by its path", (_, body, field) => {
  expect(read(body)).toEqual({ code: "unknown-field", field });
});

test.each([
  ["the envelope", { ...smallRequest(), attachments: [] }, "attachments"],
  ["the data of an answer", answer("accept", { attachment: "JVBERi0x" }), "data.attachment"],
  ["an event of binary data", { ...smallRequest(), data: undefined, data_base64: "JVBERi0x" }, "data_base64"],
  ["a person", smallRequest({ person: { photo: "x" } }), "data.person.photo"],
  ["an identity", smallRequest({ person: { identity: { dataBase64: "x" } } }), "data.person.identity.dataBase64"],
  ["a member of a supplement", answer("supplement", { members: [{ id: PERSON, Files: [] }] }), "data.members.0.Files"],
  ["a body in which more is wrong", smallRequest({ priority: "soon", other: 1, image: "x" }), "data.image"],
])("a file in %s is refused by a code of its own", (_, body, field) => {
  expect(read(body)).toEqual({ code: "attachments-not-supported", field });
});

test("a name that only resembles that of a file is a field that the door does not know", () => {
  expect(read(smallRequest({ profile: 1 }))).toEqual({ code: "unknown-field", field: "data.profile" });
});

test.each([
  ["a person without an id", { person: { ageBand: "0-4" } }, "missing-field", "data.person.id"],
  ["a relation", { members: [{ id: PERSON, relation: "CHILD" }] }, "unknown-field", "data.members.0.relation"],
  ["an id of a section that is none", { supersedes: ["Yuleima"] }, "invalid-field", "data.supersedes.0"],
  ["nothing in supersedes", { supersedes: [] }, "invalid-field", "data.supersedes"],
  ["too many", { supersedes: Array(51).fill(REFERRAL.slice(0, 26)) as string[] }, "invalid-field", "data.supersedes"],
  ["another person's table", { person: { id: "p-1" } }, "invalid-field", "data.person.id"],
])("a supplement with %s is refused by its path", (_, data, code, field) => {
  expect(read(answer("supplement", data))).toEqual({ code, field });
});

test.each([
  [
    "a number where a name belongs",
    smallRequest({ person: { identity: { name: { given: 3 } } } }),
    "data.person.identity.name.given",
  ],
  [
    "a reason of absence that does not exist",
    smallRequest({ person: { sex: { absent: "lost" } } }),
    "data.person.sex.absent",
  ],
  ["an age instead of a band", smallRequest({ person: { ageBand: "34" } }), "data.person.ageBand"],
  [
    "a date that does not exist",
    smallRequest({ person: { identity: { birthDate: "2001-02-30" } } }),
    "data.person.identity.birthDate",
  ],
  ["null", smallRequest({ person: null }), "data.person"],
  ["an id that is none", answer("receive", { referral: "7" }), "data.referral"],
  ["a name as worker", answer("receive", { worker: "Ana Pérez" }), "data.worker"],
  ["an instant without offset", { ...smallRequest(), time: "2026-11-23T10:00:00" }, "time"],
  ["a code outside of the list", answer("reject", { reasonCode: "no" }), "data.reasonCode"],
  ["a subject that contradicts the data", { ...answer("receive"), subject: "other" }, "subject"],
  ["another specversion", { ...smallRequest(), specversion: "0.3" }, "specversion"],
])("%s is refused by its path", (_, body, field) => {
  expect(read(body)).toEqual({ code: "invalid-field", field });
});

test.each([[], "text", 7, null, undefined, [smallRequest()]])("%j is no event", (body) => {
  expect(read(body)).toEqual({ code: "missing-field", field: "type" });
});

test.each([
  "ruta.referral.delete",
  "ruta.referral.",
  "ruta.delivery.delivered",
  "",
  7,
  null,
  "ruta.referral.constructor",
])("the type %j names no act", (type) => {
  expect(read({ ...smallRequest(), type })).toEqual({ code: "unknown-act", field: "type" });
});

test.each([
  ["number", smallRequest({ number: "1710034065" }), "data.number"],
  [
    "evidence",
    smallRequest({ consent: { basis: "E", recipientClass: "any", givenOn: "2026-11-23", evidence: "cc 171003406-5" } }),
    "data.consent.evidence",
  ],
  ["worker", answer("accept", { worker: "1710034065" }), "data.worker"],
  ["the performer's number", answer("accept", { number: "x-1710034065" }), "data.number"],
])("an identity number in %s is refused", (_, body, field) => {
  expect(read(body)).toEqual({ code: "looks-like-identity", field });
});

test("the time may be as far ahead as the signature allows, and no further", () => {
  const at = (ms: number) => ({ ...smallRequest(), time: new Date(ms).toISOString() });
  expect(read(at(NOON + 300_000))).toHaveProperty("occurredAt", NOON + 300_000);
  expect(read(at(NOON + 300_001))).toEqual({ code: "time-in-future", field: "time" });
});

test("no refusal ever holds a value of the body", () => {
  const canary = "Zambrano-Quilismal-099123456";
  const spots: unknown[] = [
    { ...familyRequest(), id: { a: canary } },
    smallRequest({ serviceType: canary }),
    smallRequest({ person: { identity: { name: canary } } }),
    smallRequest({ person: { sex: canary } }),
    smallRequest({ members: [canary] }),
    smallRequest({ [canary]: 1 }),
    { ...smallRequest(), type: canary },
  ];
  for (const body of spots) {
    const result = read(body);
    expect(isRefusal(result)).toBe(true);
    expect(JSON.stringify(result)).not.toContain(canary);
  }
});
