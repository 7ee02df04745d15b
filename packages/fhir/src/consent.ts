// The basis of the disclosure, from a Consent resource: SDOH Clinical Care's, or one that names our bases.
import { codesOf, valuesOf } from "./codes.ts";
import { dateIn } from "./person.ts";
import type { Fields } from "./person.ts";
import { some } from "./person.ts";
import { idMeant } from "./reading.ts";
import type { Read, Reading } from "./reading.ts";
import { HL7, RUTA } from "./systems.ts";

const INFORMATION_DISCLOSURE = "IDSCL";
const RECIPIENT = "IRCP";

/** The Consent that a request stands on: the one that it names, else the only one in the body. */
export function consentOf(reading: Reading): Fields | undefined {
  const { shelf, task, request } = reading;
  const named = [
    ...(request?.resource.supportingInfo ?? []).map((reference) => ({ reference, from: request! })),
    ...(task.resource.input ?? []).flatMap(({ valueReference }) =>
      valueReference ? [{ reference: valueReference, from: task }] : [],
    ),
  ].flatMap(({ reference, from }) => shelf.find(reference, from) ?? []);
  const pointed = named.filter(({ type }) => type === "Consent");
  const all = pointed.length > 0 ? pointed : shelf.ofType("Consent");
  const [first, ...more] = [...new Map(all.map((one) => [one.at, one])).values()];
  if (first === undefined) return undefined;
  // Which one of several counts is not ours to choose.
  for (const { at } of more) shelf.fault("fhir-inconsistent", at);
  const consent = shelf.read(first, "Consent");
  return consent && fieldsOf(reading, consent);
}

function fieldsOf(reading: Reading, consent: Read<"Consent">): Fields | undefined {
  const { shelf, fields, sender } = reading;
  const { at, resource } = consent;
  const element = (name: string) => `${at}.${name}`;
  Object.assign(fields, {
    "data.consent": at,
    "data.consent.basis": element("policyRule"),
    "data.consent.givenOn": element("dateTime"),
    "data.consent.evidence": element("identifier"),
    "data.consent.recipients": element("provision.actor"),
    "data.consent.recipientClass": element("provision.actor"),
  });
  // What was proposed, withdrawn or never given is no basis.
  if (resource.status !== "active") shelf.fault("fhir-inconsistent", element("status"));
  if (resource.provision?.type !== undefined && resource.provision.type !== "permit")
    shelf.fault("fhir-unsupported", element("provision.type"));
  const end = resource.provision?.period?.end;
  if (end !== undefined && endOf(end) < sender.now) shelf.fault("fhir-inconsistent", element("provision.period.end"));
  const { subject } = reading.request?.resource ?? {};
  if (resource.patient && subject && reading.request) {
    const [a, b] = [shelf.find(resource.patient, consent), shelf.find(subject, reading.request)];
    if (a?.at !== b?.at) shelf.fault("fhir-inconsistent", element("patient"));
  }
  const disclosure = codesOf(HL7.actCode, resource.category ?? []).includes(INFORMATION_DISCLOSURE);
  const [basis] = codesOf(RUTA.consentBasis, [resource.policyRule, ...(resource.category ?? [])]);
  return some({
    // A person who consents to the disclosure of information does so explicitly.
    basis: basis ?? (disclosure ? "E" : undefined),
    ...recipientsOf(reading, consent),
    givenOn: dayOf(resource.dateTime),
    evidence: resource.identifier?.find(({ value }) => value !== undefined)?.value ?? resource.id,
  });
}

function recipientsOf(reading: Reading, consent: Read<"Consent">): Fields {
  const actors = consent.resource.provision?.actor ?? [];
  const recipients: string[] = [];
  let recipientClass: string | undefined;
  for (const [index, { role, reference }] of actors.entries()) {
    if (!codesOf(HL7.participation, [role]).includes(RECIPIENT)) continue;
    const [group] = valuesOf(RUTA.recipientClass, reference.identifier ? [reference.identifier] : []);
    const id = idMeant(reading, reference, consent, RUTA.institution, ["Organization"]);
    if (group !== undefined) recipientClass = group;
    else if (id !== undefined) recipients.push(id);
    // A recipient that is left out by mistake would be one that the person allowed and the hub refuses, or the reverse.
    else reading.shelf.fault("fhir-dangling", `${consent.at}.provision.actor[${index}].reference`);
  }
  return { recipients: recipients.length > 0 ? recipients : undefined, recipientClass };
}

/** The day in Quito; undefined for a month or a year alone, which is no date of a consent. */
function dayOf(dateTime: string | undefined): string | undefined {
  if (dateTime === undefined || dateTime.length < 10) return undefined;
  return dateTime.length === 10 ? dateTime : dateIn(Date.parse(dateTime));
}

/** The last instant of a date, or the instant itself. */
function endOf(dateTime: string): number {
  return dateTime.length > 10 ? Date.parse(dateTime) : Date.parse(`${dateTime.padEnd(10, "-12-31")}T23:59:59-05:00`);
}
