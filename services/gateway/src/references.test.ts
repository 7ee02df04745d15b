// What a body names must exist in the directory; a small directory is folded for it.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { DirectoryFold, DirectoryRecordSchema, create } from "@ruta/events";
import { expect, test } from "vitest";
import type { RequestData } from "./acts.ts";
import { isRefusal, readEnvelope } from "./envelope.ts";
import { NOON, answer, smallRequest } from "./examples.ts";
import { referenceRefusal } from "./references.ts";

type Entry = NonNullable<Parameters<typeof create<typeof DirectoryRecordSchema>>[1]>["entry"];

function directoryOf(...entries: Entry[]) {
  const fold = new DirectoryFold();
  const mark: Entry = { case: "revisionCommitted", value: { entries: entries.length } };
  for (const entry of [...entries, mark])
    fold.apply(create(DirectoryRecordSchema, { revision: 1n, ...(entry ? { entry } : {}) }));
  return fold.current;
}

const ended = { until: timestampFromMs(NOON - 1) };
const known: Entry[] = [
  { case: "term", value: { code: "ALO-FAM", taxonomy: "service-type" } },
  { case: "term", value: { code: "PSI", taxonomy: "service-type" } },
  { case: "institution", value: { id: "norte" } },
  { case: "institution", value: { id: "cerrado", validity: ended } },
  { case: "service", value: { id: "norte-alo", institution: "norte", serviceType: "ALO-FAM" } },
  { case: "service", value: { id: "norte-viejo", institution: "norte", serviceType: "ALO-FAM", validity: ended } },
  { case: "territory", value: { id: "parish-calderon" } },
  { case: "roadmap", value: { id: "R12", version: 1, stages: [{ id: "R12.3" }] } },
];
const directory = directoryOf(...known);

function refusal(data: Partial<RequestData> | Record<string, unknown>, in_ = directory) {
  const envelope = readEnvelope(smallRequest(data), NOON);
  if (isRefusal(envelope)) throw new Error(`${envelope.code} ${envelope.field}`);
  return referenceRefusal(envelope.input, in_, NOON);
}

const consent = { basis: "E", givenOn: "2026-11-23", evidence: "F-12" };

test("what exists is taken", () => {
  expect(
    refusal({
      performer: "norte",
      service: "norte-alo",
      reasonCode: "SP",
      consent: { ...consent, recipients: ["norte"] },
      person: { territory: "parish-calderon", accused: ["cerrado"] },
      members: [{ territory: { absent: "unknown" } }],
    }),
  ).toBeUndefined();
});

test.each([
  ["a service type", { serviceType: "NADA" }, "unknown-service-type", "data.serviceType"],
  ["a performer", { performer: "nadie" }, "unknown-institution", "data.performer"],
  ["a performer that has closed", { performer: "cerrado" }, "unknown-institution", "data.performer"],
  ["a roadmap", { roadmap: "R99" }, "unknown-roadmap", "data.roadmap"],
  ["a stage that the roadmap has not got", { roadmap: "R12", stage: "R12.9" }, "unknown-stage", "data.stage"],
  ["a stage without a roadmap", { stage: "R99.1" }, "unknown-roadmap", "data.roadmap"],
  ["a service", { service: "nada" }, "unknown-service", "data.service"],
  ["a service that has ended", { service: "norte-viejo" }, "unknown-service", "data.service"],
  ["a service of another type", { service: "norte-alo", serviceType: "PSI" }, "unknown-service", "data.service"],
  [
    "a recipient",
    { consent: { ...consent, recipients: ["norte", "nadie"] } },
    "unknown-institution",
    "data.consent.recipients.1",
  ],
  ["a territory", { person: { territory: "marte" } }, "unknown-territory", "data.person.territory"],
  ["a member's territory", { members: [{}, { territory: "marte" }] }, "unknown-territory", "data.members.1.territory"],
  ["an accused institution", { person: { accused: ["nadie"] } }, "unknown-institution", "data.person.accused.0"],
])("%s that does not exist is refused", (_, data, code, field) => {
  expect(refusal(data)).toEqual({ code, field });
});

test("needs are checked as soon as the directory lists any", () => {
  const withNeeds = directoryOf(...known, { case: "term", value: { code: "CR", taxonomy: "need" } });
  expect(refusal({ reasonCode: "CR" }, withNeeds)).toBeUndefined();
  expect(refusal({ reasonCode: "SP" }, withNeeds)).toEqual({ code: "unknown-reason-code", field: "data.reasonCode" });
  expect(refusal({ serviceType: "CR" }, withNeeds)).toEqual({
    code: "unknown-service-type",
    field: "data.serviceType",
  });
});

test("a redirect names a performer that exists", () => {
  const read = readEnvelope(
    answer("redirect", { performer: "nadie", consent: { ...consent, recipientClass: "any" } }),
    NOON,
  );
  if (isRefusal(read)) throw new Error(read.code);
  expect(referenceRefusal(read.input, directory, NOON)).toEqual({
    code: "unknown-institution",
    field: "data.performer",
  });
});
