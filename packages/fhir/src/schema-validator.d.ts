// For tests: the part of @asymmetrik/fhir-json-schema-validator that is used; the package has no types of its own.
declare module "@asymmetrik/fhir-json-schema-validator" {
  /** Checks against the official JSON Schema of R4. */
  export default class JsonSchemaValidator {
    /** Faults found; empty when there are none. */
    validate(resource: object): readonly unknown[];
  }
}
