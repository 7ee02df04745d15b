// The CapabilityStatement: what the hub takes and gives in FHIR, said in FHIR. Pure.
import { PROFILE } from "./systems.ts";
import type { Json } from "./write.ts";

/** Day on which this description was last changed. */
const DATE = "2026-11-25";

/** The statement of GET /fhir/metadata. `version` is the hub's. */
export function capabilityStatement(version: string): Json {
  return {
    resourceType: "CapabilityStatement",
    name: "Ruta",
    title: "Ruta: referrals as FHIR",
    status: "active",
    date: DATE,
    kind: "instance",
    software: { name: "Ruta", version },
    implementation: {
      description: "A referral hub: it passes referrals between institutions and keeps no records of patients",
    },
    fhirVersion: "4.0.1",
    format: ["json"],
    implementationGuide: ["http://hl7.org/fhir/us/sdoh-clinicalcare/ImplementationGuide/hl7.fhir.us.sdoh-clinicalcare"],
    rest: [
      {
        mode: "server",
        documentation:
          "Acts are posted to /v1/in/{institution}/fhir as a Bundle (transaction, message, collection) or as one Task with what it contains; they are signed by Standard Webhooks over the bytes and answered 202 with a receipt for each. A referral is read at /v1/referrals/{id} with Accept: application/fhir+json. There is no search, no update in place and no delete.",
        security: {
          cors: false,
          description:
            "Posts are signed by Standard Webhooks (v1 or v1a). Reads use a bearer token of the institution.",
        },
        resource: [
          {
            type: "Task",
            supportedProfile: [PROFILE.task],
            documentation:
              "Of code fulfill and intent order: one act each. status and businessStatus (BSeR) say which; what contradicts itself is refused with an OperationOutcome.",
          },
          {
            type: "ServiceRequest",
            supportedProfile: [PROFILE.serviceRequest],
            documentation:
              "The focus of a Task. Its code is a term of urn:ruta:service-type, or a category of SDOH Clinical Care that has one.",
          },
          {
            type: "Patient",
            documentation: "Read of a new request only; sealed; given out as content to those entitled, never as FHIR.",
          },
          {
            type: "Consent",
            documentation: "The basis of a new request, active and with recipients; without one a request is refused.",
          },
        ],
      },
    ],
  };
}
