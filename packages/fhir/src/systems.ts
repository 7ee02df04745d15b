// Which code systems, identifier systems and extensions the mapping reads and writes, by their URIs.

/** Our own systems: an identifier or a code in one of these means the same as at the door for CloudEvents. */
export const RUTA = {
  /** Id of a referral, as receipts and webhooks give it. */
  referral: "urn:ruta:referral",
  /** Id of a case; stands for the person in what the hub sends, since a person's id is nobody's business before acceptance. */
  case: "urn:ruta:case",
  /** Opaque id of a person, as a receipt gave it. */
  person: "urn:ruta:person",
  /** Id of an institution of the directory; `hub` is the hub itself. */
  institution: "urn:ruta:institution",
  /** Id of a service of the directory. */
  service: "urn:ruta:service",
  /** Opaque reference of a worker. */
  worker: "urn:ruta:worker",
  /** ce_id of the event that a delivery tells. */
  event: "urn:ruta:event",
  /** Service type term of the directory. */
  serviceType: "urn:ruta:service-type",
  /** Need term of the directory. */
  need: "urn:ruta:need",
  /** Basis of disclosure: E, A, O, V, N. */
  consentBasis: "urn:ruta:consent-basis",
  /** Class of recipients that a basis covers: any, municipal … */
  recipientClass: "urn:ruta:recipient-class",
  /** Coded reason of an act. */
  reason: "urn:ruta:reason",
  /** Coded outcome. */
  outcome: "urn:ruta:outcome",
  /** What a Task.output is: outcome, appointment, expected, counterpart. */
  output: "urn:ruta:task-output",
  /** Code of a refusal, as /docs/errors lists it. */
  refusal: "urn:ruta:refusal",
} as const;

/** Our own extensions. */
export const EXTENSION = {
  /** On a Task: the act that this delivery tells of. */
  act: "urn:ruta:extension:act",
  /** On a Task: which one, of the deliveries of this case to this institution, it is. */
  sequence: "urn:ruta:extension:sequence",
  /** On a Task: where its content is fetched. */
  content: "urn:ruta:extension:content",
  /** On a Task: who is expected to act. */
  expected: "urn:ruta:extension:expected",
  /** On a Patient: its territory. */
  territory: "urn:ruta:extension:territory",
  /** On a Patient: the state of its papers. */
  papers: "urn:ruta:extension:papers",
  /** On a Patient or RelatedPerson, where the birth date is not told. */
  ageBand: "urn:ruta:extension:age-band",
  /** On a ServiceRequest: an institution that must never be chosen. */
  accused: "urn:ruta:extension:accused",
} as const;

/** HL7's systems and extensions. */
export const HL7 = {
  taskCode: "http://hl7.org/fhir/CodeSystem/task-code",
  businessStatus: "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS",
  identifierType: "http://terminology.hl7.org/CodeSystem/v2-0203",
  confidentiality: "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
  roleCode: "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
  participation: "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
  actCode: "http://terminology.hl7.org/CodeSystem/v3-ActCode",
  sdoh: "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
  dataAbsent: "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
  nationality: "http://hl7.org/fhir/StructureDefinition/patient-nationality",
  genderIdentity: "http://hl7.org/fhir/StructureDefinition/patient-genderIdentity",
} as const;

/** Profiles of SDOH Clinical Care that what we send follows. */
export const PROFILE = {
  task: "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement",
  serviceRequest: "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-ServiceRequest",
} as const;
