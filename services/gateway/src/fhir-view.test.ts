// A referral as FHIR shows what GET shows in JSON, whatever its state; and the form to answer in, by Accept.
import { r4Faults } from "@ruta/fhir/testing";
import { expect, test } from "vitest";
import { formOf } from "./accept.ts";
import { REFERRAL } from "./examples.ts";
import { fhirView } from "./fhir-view.ts";

type Json = Record<string, unknown>;

const NAMED = { referral: REFERRAL, case: REFERRAL.slice(0, 26) };
const resourcesOf = (view: Json): Json[] => (view.entry as { resource: Json }[]).map(({ resource }) => resource);

test("a referral that is not decided yet, and a request that was refused, are valid and say so", () => {
  const submitted = fhirView({ ...NAMED, role: "requester", status: "submitted", requester: "sender" });
  expect(r4Faults(submitted)).toEqual([]);
  expect(resourcesOf(submitted)[0]).toMatchObject({ status: "requested" });
  const refusals = [{ act: "request", code: "consent-required", remedy: "Add the basis." }];
  const refused = fhirView({ ...NAMED, status: "refused", refusals });
  expect(r4Faults(refused)).toEqual([]);
  expect(resourcesOf(refused)).toMatchObject([
    { resourceType: "Task", status: "failed" },
    { resourceType: "ServiceRequest", status: "revoked" },
    {
      resourceType: "OperationOutcome",
      issue: [{ details: { coding: [{ code: "consent-required" }] }, diagnostics: "Add the basis." }],
    },
  ]);
});

test("reason, outcome and times are those of the last step that changed where it stands", () => {
  const at = { occurred: "2026-11-20T15:00:00.000Z", recorded: "2026-11-20T15:00:01.000Z" };
  const later = { recorded: "2026-11-23T15:00:00.000Z" };
  const history = [
    { fact: "requested", at },
    { fact: "accepted", at: later, expectedAt: "2026-12-01T15:00:00.000Z" },
    { fact: "held", at: later, reasonCode: "waitlist" },
    { fact: "completed", at: later, outcomeCode: "served", reachedAt: "2026-11-23T14:00:00.000Z" },
    { fact: "delivered", at: later },
  ];
  const view = fhirView({
    ...NAMED,
    role: "performer",
    status: "completed",
    requester: "sender",
    number: "B-4",
    history,
  });
  expect(r4Faults(view)).toEqual([]);
  const [task] = resourcesOf(view);
  expect(task).toMatchObject({
    authoredOn: at.occurred,
    lastModified: later.recorded,
    executionPeriod: { end: "2026-11-23T14:00:00.000Z" },
    restriction: { period: { end: "2026-12-01T15:00:00.000Z" } },
    output: [{ valueCodeableConcept: { coding: [{ code: "served" }] } }],
  });
  expect(task).not.toHaveProperty("statusReason");
  expect(JSON.stringify(task)).toMatch(/"FILL".*"B-4"/);
});

test.each([
  [undefined, "json"],
  ["", "json"],
  ["*/*", "json"],
  ["application/*", "json"],
  ["application/json", "json"],
  ["application/fhir+json", "fhir"],
  ["Application/FHIR+JSON", "fhir"],
  ["application/fhir+json; fhirVersion=4.0", "fhir"],
  ["application/fhir+json;fhirVersion=5.0", undefined],
  ["application/fhir+json, */*;q=0.1", "fhir"],
  ["application/fhir+json;q=0.2, application/json;q=0.9", "json"],
  ["application/fhir+json, application/json", "fhir"],
  ["application/fhir+json;q=0", undefined],
  ["application/fhir+xml", undefined],
  ["text/html", undefined],
  [`${"a/b,".repeat(500)}*/*`, undefined],
  [";;;,,,q=", undefined],
])("Accept: %s is answered as %s", (accept, form) => {
  expect(formOf(accept)).toBe(form);
});
