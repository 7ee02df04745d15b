// For tests: FHIR bodies of our own, a request with everything that is mapped and answers. All persons are invented.
import { EXTENSION, HL7, RUTA } from "./systems.ts";
import type { Json } from "./write.ts";

/** A referral id of the right form. */
export const REFERRAL = "0123456789abcdefghjkmnpqrs-1";
/** The moment of the examples: 2026-11-23 10:00 in Quito. */
export const NOON = Date.parse("2026-11-23T10:00:00-05:00");

/** Names, words and numbers of the persons in the full request, and of displays; none may stand in clear anywhere. */
export const CANARIES = [
  "Yuleima",
  "Zambrano",
  "Quilismal",
  "099123456",
  "+593 99 000 0000",
  "Maikelys",
  "Carcelén",
  "antes de las 18h",
  "doctora Ana Cevallos",
  "con la niña",
] as const;

const fulfill = { coding: [{ system: HL7.taskCode, code: "fulfill", display: "Pedido de Yuleima Zambrano" }] };
const institution = (id: string) => ({
  type: "Organization",
  identifier: { system: RUTA.institution, value: id },
  display: "Casa de Yuleima",
});
const number = (type: "PLAC" | "FILL", value: string) => ({
  type: { coding: [{ system: HL7.identifierType, code: type }] },
  value,
});

/** A Bundle of resources as entries under urn:uuid addresses; of two that share a name the later one counts. */
export function bundle(type: string, resources: Readonly<Record<string, Json | undefined>>): Json {
  const entry = Object.values(resources)
    .filter((resource) => resource !== undefined)
    .map((resource) => ({
      fullUrl: `http://system.example/fhir/${String(resource.resourceType)}/${String(resource.id)}`,
      resource,
      ...(type === "transaction"
        ? { request: { method: "PUT", url: `${String(resource.resourceType)}/${String(resource.id)}` } }
        : {}),
    }));
  return { resourceType: "Bundle", type, entry };
}

/** The resources of a request in which every row of the mapping stands. */
export function requestParts(
  number_ = "A-17",
): Record<"task" | "request" | "patient" | "child" | "consent" | "role", Json> {
  return {
    task: {
      resourceType: "Task",
      id: "t1",
      identifier: [number("PLAC", number_)],
      status: "requested",
      businessStatus: { coding: [{ system: HL7.businessStatus, code: "2.0", display: "Zambrano creada" }] },
      intent: "order",
      code: fulfill,
      description: "Llamar antes de las 18h.",
      focus: { reference: "ServiceRequest/s1" },
      for: { reference: "Patient/p1", display: "Yuleima Zambrano" },
      authoredOn: "2026-11-20T10:00:00-05:00",
      requester: { reference: "PractitionerRole/r1", display: "doctora Ana Cevallos" },
      owner: institution("performer"),
    },
    request: {
      resourceType: "ServiceRequest",
      id: "s1",
      meta: { security: [{ system: HL7.confidentiality, code: "R" }] },
      status: "active",
      intent: "order",
      priority: "asap",
      code: {
        coding: [{ system: RUTA.serviceType, code: "ALO-FAM", display: "Albergue para Zambrano" }],
        text: "Albergue con la niña",
      },
      subject: { reference: "Patient/p1" },
      performer: [{ type: "HealthcareService", identifier: { system: RUTA.service, value: "lodging" } }],
      reasonCode: [{ coding: [{ system: RUTA.need, code: "SP" }], text: "Llegó a Carcelén" }],
      supportingInfo: [{ reference: "Consent/c1" }, { reference: "RelatedPerson/k1" }],
      extension: [{ url: EXTENSION.accused, valueReference: institution("other") }],
    },
    patient: {
      resourceType: "Patient",
      id: "p1",
      extension: [
        {
          url: HL7.nationality,
          extension: [
            { url: "code", valueCodeableConcept: { coding: [{ system: "urn:iso:std:iso:3166", code: "VEN" }] } },
          ],
        },
        { url: HL7.genderIdentity, valueCodeableConcept: { text: "mujer" } },
        { url: EXTENSION.territory, valueCode: "parish-calderon" },
        { url: EXTENSION.papers, valueCode: "expired" },
      ],
      identifier: [
        { type: { coding: [{ system: HL7.identifierType, code: "PPN" }] }, value: "099123456", system: "urn:iso:VEN" },
      ],
      name: [
        { use: "official", family: "Zambrano Quilismal", given: ["Yuleima", "del Carmen"] },
        { use: "nickname", text: "Yuli" },
      ],
      telecom: [{ system: "phone", value: "+593 99 000 0000" }],
      gender: "female",
      birthDate: "1990-04-12",
      address: [{ line: ["Calle 3"], city: "Carcelén" }],
      communication: [{ language: { coding: [{ system: "urn:ietf:bcp:47", code: "es-VE" }] } }],
    },
    child: {
      resourceType: "RelatedPerson",
      id: "k1",
      patient: { reference: "Patient/p1" },
      relationship: [{ coding: [{ system: HL7.roleCode, code: "CHILD" }] }],
      name: [{ given: ["Maikelys"] }],
      birthDate: "2018",
    },
    consent: {
      resourceType: "Consent",
      id: "c1",
      identifier: [{ value: "F-12" }],
      status: "active",
      scope: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/consentscope", code: "patient-privacy" }] },
      category: [{ coding: [{ system: HL7.actCode, code: "IDSCL" }] }],
      patient: { reference: "Patient/p1", display: "Yuleima Zambrano" },
      dateTime: "2026-11-23T02:00:00Z",
      policyRule: { coding: [{ system: RUTA.consentBasis, code: "E" }] },
      provision: {
        type: "permit",
        actor: [
          {
            role: { coding: [{ system: HL7.participation, code: "IRCP" }] },
            reference: institution("performer"),
          },
          {
            role: { coding: [{ system: HL7.participation, code: "IRCP" }] },
            reference: { identifier: { system: RUTA.recipientClass, value: "municipal" } },
          },
        ],
      },
    },
    role: {
      resourceType: "PractitionerRole",
      id: "r1",
      identifier: [{ system: "urn:example:staff", value: "w-7" }],
    },
  };
}

/** A request as a transaction. */
export function requestBundle(number_?: string): Json {
  return bundle("transaction", requestParts(number_));
}

/** A Task that answers a referral, with an owner who is a worker in a role. */
export function answerTask(status: string, business?: string, more: Json = {}): Json {
  return {
    resourceType: "Task",
    identifier: [{ system: RUTA.referral, value: REFERRAL }],
    status,
    ...(business === undefined ? {} : { businessStatus: { coding: [{ system: HL7.businessStatus, code: business }] } }),
    intent: "order",
    code: fulfill,
    owner: { type: "PractitionerRole", identifier: { system: RUTA.worker, value: "op-7" } },
    requester: { type: "PractitionerRole", identifier: { system: RUTA.worker, value: "w-7" } },
    ...more,
  };
}

/** A coded reason of our own. */
export const reason = (code: string): Json => ({ coding: [{ system: RUTA.reason, code }] });
/** A number of the performer. */
export const fillerNumber = (value: string): Json => number("FILL", value);
