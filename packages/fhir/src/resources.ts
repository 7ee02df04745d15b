// The elements of R4 resources that the mapping reads, narrowed to what it uses; others pass and are not looked at.
import { z } from "zod";

const string = z.string().min(1);
const dateTime = z
  .string()
  .regex(/^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?)?)?$/)
  .refine((text) => !Number.isNaN(Date.parse(text)));

const coding = z.looseObject({ system: string.optional(), code: string.optional(), display: string.optional() });
const concept = z.looseObject({ coding: z.array(coding).optional(), text: string.optional() });
const identifier = z.looseObject({
  type: concept.optional(),
  system: string.optional(),
  value: string.optional(),
  assigner: z.looseObject({ display: string.optional() }).optional(),
});
const reference = z.looseObject({
  reference: string.optional(),
  type: string.optional(),
  identifier: identifier.optional(),
});
const inner = z.looseObject({ url: string, valueCodeableConcept: concept.optional() });
const extension = z.looseObject({
  url: string,
  valueCode: string.optional(),
  valueString: string.optional(),
  valueReference: reference.optional(),
  valueCodeableConcept: concept.optional(),
  extension: z.array(inner).optional(),
});
const extensions = z.array(extension).optional();
const period = z.looseObject({ start: dateTime.optional(), end: dateTime.optional() });
const shadow = z.looseObject({ extension: extensions }).optional();

const resource = z.looseObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,64}$/)
    .optional(),
  meta: z.looseObject({ security: z.array(coding).optional() }).optional(),
  extension: extensions,
  identifier: z.array(identifier).optional(),
});

const value = {
  type: concept.optional(),
  valueReference: reference.optional(),
  valueCodeableConcept: concept.optional(),
  valueDateTime: dateTime.optional(),
  valueAttachment: z.unknown().optional(),
};

const task = resource.extend({
  status: string,
  intent: string,
  code: concept.optional(),
  businessStatus: concept.optional(),
  statusReason: concept.optional(),
  priority: string.optional(),
  focus: reference.optional(),
  for: reference.optional(),
  requester: reference.optional(),
  owner: reference.optional(),
  authoredOn: dateTime.optional(),
  lastModified: dateTime.optional(),
  executionPeriod: period.optional(),
  input: z.array(z.looseObject(value)).optional(),
  output: z.array(z.looseObject(value)).optional(),
});

const serviceRequest = resource.extend({
  status: string,
  intent: string,
  doNotPerform: z.boolean().optional(),
  category: z.array(concept).optional(),
  code: concept.optional(),
  priority: string.optional(),
  subject: reference,
  performer: z.array(reference).optional(),
  reasonCode: z.array(concept).optional(),
  reasonReference: z.array(reference).optional(),
  supportingInfo: z.array(reference).optional(),
  basedOn: z.array(reference).optional(),
});

const name = z.looseObject({
  use: string.optional(),
  text: string.optional(),
  family: string.optional(),
  given: z.array(string).optional(),
  extension: extensions,
});
const person = resource.extend({
  name: z.array(name).optional(),
  gender: z.enum(["male", "female", "other", "unknown"]).optional(),
  _gender: shadow,
  birthDate: z
    .string()
    .regex(/^\d{4}(-\d{2}(-\d{2})?)?$/)
    .optional(),
  _birthDate: shadow,
  telecom: z.array(z.looseObject({ system: string.optional(), value: string.optional() })).optional(),
  address: z
    .array(
      z.looseObject({
        text: string.optional(),
        line: z.array(string).optional(),
        city: string.optional(),
        district: string.optional(),
        country: string.optional(),
      }),
    )
    .optional(),
  communication: z.array(z.looseObject({ language: concept })).optional(),
});

const consent = z.looseObject({
  ...resource.shape,
  status: string,
  category: z.array(concept).optional(),
  patient: reference.optional(),
  dateTime: dateTime.optional(),
  policyRule: concept.optional(),
  organization: z.array(reference).optional(),
  provision: z
    .looseObject({
      type: string.optional(),
      period: period.optional(),
      actor: z.array(z.looseObject({ role: concept, reference })).optional(),
    })
    .optional(),
});

/** The resources that are read, by type. */
export const READ = {
  Task: task,
  ServiceRequest: serviceRequest,
  Patient: person,
  RelatedPerson: person.extend({ patient: reference, relationship: z.array(concept).optional() }),
  Consent: consent,
  Procedure: resource.extend({
    status: string,
    performedDateTime: dateTime.optional(),
    performedPeriod: period.optional(),
  }),
  Appointment: resource.extend({ status: string, start: dateTime.optional() }),
  MessageHeader: resource.extend({ author: reference.optional() }),
  Organization: resource,
  HealthcareService: resource.extend({ providedBy: reference.optional() }),
  Practitioner: resource,
  PractitionerRole: resource,
  Provenance: resource.extend({
    target: z.array(reference).optional(),
    agent: z.array(z.looseObject({ who: reference.optional() })).optional(),
  }),
} as const;

/** A type of resource that is read. */
export type ReadType = keyof typeof READ;

/** A resource as it is read. */
export type Resource<T extends ReadType> = z.infer<(typeof READ)[T]>;

/** A coded value with its text. */
export type Concept = z.infer<typeof concept>;
/** An identifier. */
export type Identifier = z.infer<typeof identifier>;
/** A reference, by address or by identifier. */
export type Reference = z.infer<typeof reference>;
/** An extension. */
export type Extension = z.infer<typeof extension>;
