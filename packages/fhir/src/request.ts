// A new request: ServiceRequest, Patient, Consent and who is asked, as the data of the door's `request`.
import { PRIORITIES, SDOH_SERVICE_TYPES, classOfLabels, codesOf, numbersOf, lookUp, valuesOf } from "./codes.ts";
import { consentOf } from "./consent.ts";
import { PERSON_ELEMENTS, personOf, some } from "./person.ts";
import type { Fields } from "./person.ts";
import { follow, idMeant, onlyOne, workerOf } from "./reading.ts";
import type { Read, Reading } from "./reading.ts";
import type { Reference } from "./resources.ts";
import { linesOf } from "./text.ts";
import { EXTENSION, HL7, RUTA } from "./systems.ts";

/** How the hub is named as the one who is asked: it chooses. */
const HUB = "hub";
/** FHIR: without a priority it is routine. */
const ROUTINE = "routine";

/** The data of a request; what is missing of it the door refuses by the field, which `fields` leads back to the element. */
export function requestData(reading: Reading, request: Read<"ServiceRequest">): Fields | undefined {
  const { shelf, task, fields } = reading;
  const { resource, at } = request;
  if (resource.status !== "active") shelf.fault("fhir-inconsistent", `${at}.status`);
  if (resource.intent !== "order") shelf.fault("fhir-inconsistent", `${at}.intent`);
  if (resource.doNotPerform === true) shelf.fault("fhir-unsupported", `${at}.doNotPerform`);
  const asked = askedOf(reading, request);
  const person = subjectOf(reading, request);
  const members = membersOf(reading, request);
  const { worker, at: workerAt } = workerOf(reading, "requester");
  Object.assign(fields, {
    "data.serviceType": `${at}.code`,
    "data.priority": `${at}.priority`,
    "data.performer": asked.at,
    "data.service": `${at}.performer`,
    "data.reasonCode": `${at}.reasonCode`,
    "data.number": `${task.at}.identifier`,
    "data.basedOn": `${at}.basedOn`,
    "data.worker": workerAt,
    "data.note": at,
  });
  fields["data.consent"] ??= `${at}.supportingInfo`;
  return some({
    serviceType: serviceTypeOf(reading, request),
    priority: priorityOf(reading, request),
    performer: asked.performer,
    service: asked.service,
    reasonCode: onlyOne(reading, codesOf(RUTA.need, resource.reasonCode ?? []), `${at}.reasonCode`, "fhir-unsupported"),
    confidentiality: confidentialityOf(reading, request),
    number: numberOf(reading, request),
    basedOn: basedOnOf(reading, request),
    worker,
    consent: consentOf(reading),
    person,
    members: members.length > 0 ? members : undefined,
    note: noteOf(reading, request),
  });
}

function serviceTypeOf({ shelf }: Reading, { resource, at }: Read<"ServiceRequest">): string | undefined {
  const concepts = [resource.code, ...(resource.category ?? [])];
  const own = codesOf(RUTA.serviceType, concepts);
  const mapped = codesOf(HL7.sdoh, concepts).flatMap((code) => lookUp(SDOH_SERVICE_TYPES, code) ?? []);
  const codes = [...new Set(own.length > 0 ? own : mapped)];
  // One referral asks for one service: which of several, the sender must say.
  if (codes.length !== 1) shelf.fault(codes.length > 1 ? "fhir-unsupported" : "fhir-unknown-code", `${at}.code`);
  return codes[0];
}

function priorityOf(reading: Reading, { resource, at }: Read<"ServiceRequest">): string | undefined {
  const { shelf, task } = reading;
  const said = [
    { code: resource.priority, element: `${at}.priority` },
    { code: task.resource.priority, element: `${task.at}.priority` },
  ].filter(({ code }) => code !== undefined);
  for (const { code, element } of said)
    if (lookUp(PRIORITIES, code) === undefined) shelf.fault("fhir-unknown-code", element);
  const words = said.flatMap(({ code }) => lookUp(PRIORITIES, code) ?? []);
  return onlyOne(reading, words, `${task.at}.priority`) ?? PRIORITIES[ROUTINE];
}

/** Who is asked: Task.owner and ServiceRequest.performer, which must not contradict each other. */
function askedOf(reading: Reading, request: Read<"ServiceRequest">) {
  const { shelf, task } = reading;
  const performers: string[] = [];
  const services: string[] = [];
  const named = [
    ...(task.resource.owner ? [{ reference: task.resource.owner, from: task, at: `${task.at}.owner` }] : []),
    ...(request.resource.performer ?? []).map((reference, index) => ({
      reference,
      from: request,
      at: `${request.at}.performer[${index}]`,
    })),
  ];
  for (const { reference, from, at } of named) {
    const performer = idMeant(reading, reference, from, RUTA.institution, ["Organization", "PractitionerRole"]);
    const service = idMeant(reading, reference, from, RUTA.service, ["HealthcareService"]);
    if (performer !== undefined) performers.push(performer);
    else if (service !== undefined) services.push(service);
    // To leave out somebody who was addressed would send the referral to somebody else.
    else shelf.fault("fhir-dangling", at);
  }
  const at = named[0]?.at ?? `${task.at}.owner`;
  const chosen = performers.filter((id) => id !== HUB);
  return {
    performer: onlyOne(reading, chosen, at),
    service: onlyOne(reading, services, `${request.at}.performer`),
    at,
  };
}

/** The person: Patient in the body, or one that an earlier receipt gave. */
function subjectOf(reading: Reading, request: Read<"ServiceRequest">): Fields | undefined {
  const { shelf, task, fields, sender } = reading;
  const { subject } = request.resource;
  const at = `${request.at}.subject`;
  const id = subject.identifier && valuesOf(RUTA.person, [subject.identifier])[0];
  if (task.resource.for) {
    const [one, other] = [shelf.find(task.resource.for, task), shelf.find(subject, request)];
    const [first] = task.resource.for.identifier ? valuesOf(RUTA.person, [task.resource.for.identifier]) : [];
    if (one?.at !== other?.at || first !== id) shelf.fault("fhir-inconsistent", `${task.at}.for`);
  }
  fields["data.person"] = at;
  fields["data.person.id"] = at;
  if (id !== undefined && subject.reference === undefined) return { id };
  const patient = follow(reading, subject, request, at, "Patient");
  if (!patient) return undefined;
  note(fields, "data.person", patient.at);
  const accused = (request.resource.extension ?? []).flatMap(({ url, valueReference }, index) => {
    if (url !== EXTENSION.accused) return [];
    const institution = valueReference && idMeant(reading, valueReference, request, RUTA.institution, ["Organization"]);
    if (institution === undefined) shelf.fault("fhir-dangling", `${request.at}.extension[${index}]`);
    return institution === undefined ? [] : [institution];
  });
  return {
    ...(id === undefined ? {} : { id }),
    ...personOf(patient, sender.now),
    ...(accused.length > 0 && { accused }),
  };
}

/** RelatedPerson counts as referred together only where the ServiceRequest says so: a contact is not a member. */
function membersOf(reading: Reading, request: Read<"ServiceRequest">): Fields[] {
  const { shelf, fields, sender } = reading;
  const related = shelf
    .findAll(request.resource.supportingInfo ?? [], request)
    .flatMap((found) => (found.type === "RelatedPerson" ? (shelf.read(found, "RelatedPerson") ?? []) : []));
  return related.map((one, index) => {
    note(fields, `data.members.${index}`, one.at);
    const [relation] = codesOf(HL7.roleCode, one.resource.relationship ?? []);
    return { ...(relation === undefined ? {} : { relation }), ...personOf(one, sender.now) };
  });
}

function note(fields: Record<string, string>, field: string, at: string): void {
  fields[field] = at;
  for (const [name, element] of Object.entries(PERSON_ELEMENTS)) fields[`${field}.${name}`] = `${at}.${element}`;
}

function confidentialityOf({ shelf, task }: Reading, { resource, at }: Read<"ServiceRequest">): string | undefined {
  const labelled = [
    { labels: resource.meta?.security, element: `${at}.meta.security` },
    { labels: task.resource.meta?.security, element: `${task.at}.meta.security` },
  ];
  const codes = labelled.flatMap(({ labels, element }) => {
    const own = (labels ?? []).filter(({ system }) => system === HL7.confidentiality).map(({ code }) => code);
    // A label that is not known may be a stricter one than any we know.
    if (classOfLabels(own) === "fhir-unknown-code") shelf.fault("fhir-unknown-code", element);
    return own;
  });
  return classOfLabels(codes);
}

function numberOf(reading: Reading, { resource }: Read<"ServiceRequest">): string | undefined {
  const { task } = reading;
  const values = [...numbersOf("PLAC", task.resource.identifier), ...numbersOf("PLAC", resource.identifier)];
  return onlyOne(reading, values, `${task.at}.identifier`);
}

/** Referrals of this hub alone: what else the need is based on is the sender's own matter. */
function basedOnOf(reading: Reading, { resource, at }: Read<"ServiceRequest">): string | undefined {
  const own = (resource.basedOn ?? []).flatMap(({ identifier }) =>
    identifier ? valuesOf(RUTA.referral, [identifier]) : [],
  );
  return onlyOne(reading, own, `${at}.basedOn`, "fhir-unsupported");
}

function noteOf(reading: Reading, request: Read<"ServiceRequest">): string | undefined {
  const { shelf, task } = reading;
  const named = (["reasonReference", "supportingInfo"] as const).flatMap((element) => {
    const references = request.resource[element] ?? [];
    // What is named and is not there would be lost.
    for (const [index, reference] of references.entries())
      if (reference.reference !== undefined && !shelf.find(reference, request))
        shelf.fault("fhir-dangling", `${request.at}.${element}[${index}]`);
    return references;
  });
  const inputs = (task.resource.input ?? []).flatMap(({ valueReference }): Reference[] =>
    valueReference ? [valueReference] : [],
  );
  const reasons = [...shelf.findAll(named, request), ...shelf.findAll(inputs, task)]
    .filter(({ type }) => type !== "Consent" && type !== "RelatedPerson")
    .flatMap((found) => {
      if (isAttachment(found.type)) shelf.fault("fhir-unsupported", found.at);
      shelf.use(found);
      return linesOf(found.type, found.resource);
    });
  const lines = [...linesOf("Task", task.resource), ...linesOf("ServiceRequest", request.resource), ...reasons];
  return lines.length === 0 ? undefined : lines.join("\n");
}

/** Documents do not travel yet: one that is named must not be lost in silence. */
export function isAttachment(type: string): boolean {
  return type === "DocumentReference" || type === "Binary" || type === "Media";
}
