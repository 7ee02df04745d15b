// What institutions see of a service: whom it serves and when, in the words of the files; nothing where nothing was said.
import {
  DirectoryFold,
  DirectoryRecordSchema,
  NationalityRule,
  RegistrationRule,
  ServiceSchema,
  create,
} from "@ruta/events";
import type { Directory, Service } from "@ruta/events";
import { expect, test } from "vitest";
import { catalogueOf } from "./catalogue.ts";

function directoryWith(services: readonly Service[]): Directory {
  const fold = new DirectoryFold();
  for (const value of services)
    fold.apply(create(DirectoryRecordSchema, { revision: 1n, entry: { case: "service", value } }));
  const value = { staff: "ana", entries: services.length };
  fold.apply(create(DirectoryRecordSchema, { revision: 1n, entry: { case: "revisionCommitted", value } }));
  return fold.current;
}

test("a service shows languages, hours, nationality rule and registration as they were said", () => {
  const said = create(ServiceSchema, {
    id: "said",
    languages: ["spa", "hat"],
    schedule: [{ days: ["MO"], opensAt: "08:00", closesAt: "16:30" }],
    alwaysOpen: true,
    nationalityRule: NationalityRule.ANY,
    registration: RegistrationRule.NOT_REQUIRED,
  });
  const [shown, silent] = catalogueOf(directoryWith([said, create(ServiceSchema, { id: "silent" })]), "services", 0);
  expect(shown).toMatchObject({
    languages: ["spa", "hat"],
    schedule: [{ byday: ["MO"], opens_at: "08:00", closes_at: "16:30" }],
    always_open: true,
    nationality_rule: "any",
    registration: "not-required",
  });
  expect(silent).toMatchObject({ languages: [], schedule: [] });
  for (const field of ["always_open", "nationality_rule", "registration"]) expect(silent).not.toHaveProperty(field);
});
