// An answer to a referral that is known: what a Task says of it, as the data of one of the door's acts.
import type { Act } from "@ruta/events";
import { codesOf, numbersOf, lookUp } from "./codes.ts";
import { consentOf } from "./consent.ts";
import { some } from "./person.ts";
import type { Fields } from "./person.ts";
import { idMeant, onlyOne, reasonOf, workerOf } from "./reading.ts";
import type { Read, Reading } from "./reading.ts";
import { isAttachment } from "./request.ts";
import type { Reference, Resource } from "./resources.ts";
import { linesOf } from "./text.ts";
import { HL7, RUTA } from "./systems.ts";

const REQUESTERS: ReadonlySet<Act> = new Set(["cancel", "mark-in-error", "acknowledge", "redirect"]);
const NEEDS_REASON: ReadonlySet<Act> = new Set(["reject", "hold", "fail", "cancel", "mark-in-error"]);
/** What a Procedure that came of the referral says about its outcome. */
const PROCEDURE_OUTCOME: Readonly<Record<string, string>> = { completed: "served", stopped: "partly-served" };

/** The data of an answer. What is missing of it the door refuses by the field. */
export function answerData(reading: Reading, act: Act, referral: string): Fields {
  const { task, fields } = reading;
  const element = (name: string) => `${task.at}.${name}`;
  const { worker, at } = workerOf(reading, REQUESTERS.has(act) ? "requester" : "performer");
  Object.assign(fields, {
    "data.referral": element("identifier"),
    "data.number": element("identifier"),
    "data.worker": at,
    "data.reasonCode": element("statusReason"),
    "data.outcomeCode": element("output"),
    "data.appointmentAt": element("output"),
    "data.expectedAt": element("restriction.period.end"),
    "data.reachedAt": element("executionPeriod.end"),
    "data.performer": element("owner"),
    "data.note": task.at,
  });
  fields["data.consent"] ??= element("input");
  return some({ referral, worker, note: noteOf(reading, act), ...ownData(reading, act) }) ?? {};
}

function ownData(reading: Reading, act: Act): Fields {
  const { task } = reading;
  const { resource } = task;
  const reason = reasonOf(resource.statusReason);
  switch (act) {
    case "accept":
      return {
        number: onlyOne(reading, numbersOf("FILL", resource.identifier), `${task.at}.identifier`),
        expectedAt: instant(restrictionEnd(resource)),
      };
    case "schedule":
      return { appointmentAt: appointmentOf(reading) };
    case "complete":
      return outcomeOf(reading);
    case "cancel-appointment":
      return { reasonCode: reason.code ?? (reason.other ? "other" : undefined) };
    case "redirect":
      return { performer: performerOf(reading), consent: consentOf(reading) };
    default:
      // A peer of SDOH Clinical Care gives its reason in words: they are sealed, and the code says that it is another.
      return NEEDS_REASON.has(act) ? { reasonCode: reason.code ?? (reason.other ? "other" : undefined) } : {};
  }
}

function performerOf(reading: Reading): string | undefined {
  const { task } = reading;
  const { owner } = task.resource;
  const id = owner && idMeant(reading, owner, task, RUTA.institution, ["Organization"]);
  if (owner && id === undefined) reading.shelf.fault("fhir-dangling", `${task.at}.owner`);
  return id === "hub" ? undefined : id;
}

/** An Appointment that the Task leads to, or the time itself. */
function appointmentOf(reading: Reading): string | undefined {
  const { task } = reading;
  const appointment = outputs(reading, "Appointment")[0];
  if (appointment && ["cancelled", "noshow", "entered-in-error"].includes(appointment.resource.status))
    reading.shelf.fault("fhir-inconsistent", `${appointment.at}.status`);
  const own = ownOutput(task.resource, "appointment")?.valueDateTime;
  return instant(appointment?.resource.start) ?? instant(own);
}

function outcomeOf(reading: Reading): Fields {
  const { task } = reading;
  const concepts = (task.resource.output ?? []).map(({ valueCodeableConcept }) => valueCodeableConcept);
  const [procedure] = outputs(reading, "Procedure");
  const code = onlyOne(reading, codesOf(RUTA.outcome, concepts), `${task.at}.output`, "fhir-inconsistent");
  const derived = procedure && lookUp(PROCEDURE_OUTCOME, procedure.resource.status);
  if (code === undefined && procedure && derived === undefined)
    reading.shelf.fault("fhir-inconsistent", `${procedure.at}.status`);
  const performed = procedure?.resource.performedDateTime ?? procedure?.resource.performedPeriod?.end;
  return {
    outcomeCode: code ?? derived,
    reachedAt: instant(task.resource.executionPeriod?.end) ?? instant(performed),
  };
}

/** The resources of a type that the Task's outputs lead to. */
function outputs<T extends "Appointment" | "Procedure">({ shelf, task }: Reading, type: T): Read<T>[] {
  const references = (task.resource.output ?? []).flatMap(({ valueReference }): Reference[] =>
    valueReference ? [valueReference] : [],
  );
  const found = shelf.findAll(references, task).filter((one) => one.type === type);
  return found.flatMap((one) => shelf.read(one, type) ?? []);
}

function ownOutput({ output }: Resource<"Task">, kind: string) {
  return output?.find(({ type }) => codesOf(RUTA.output, [type]).includes(kind));
}

function restrictionEnd(resource: Resource<"Task">): string | undefined {
  const { restriction } = resource as { restriction?: { period?: { end?: unknown } } };
  const end = restriction?.period?.end;
  return typeof end === "string" ? end : undefined;
}

/** A time with its offset; a date alone is no instant. */
function instant(dateTime: string | undefined): string | undefined {
  return dateTime !== undefined && dateTime.length > 10 ? dateTime : undefined;
}

function noteOf(reading: Reading, act: Act): string | undefined {
  const { shelf, task } = reading;
  const foreign = (task.resource.output ?? []).filter(
    ({ type }) => codesOf(RUTA.output, [type]).length === 0 && codesOf(HL7.sdoh, [type]).length === 0,
  );
  const references = (task.resource.output ?? []).flatMap(({ valueReference }, index): Reference[] => {
    // Whatever came of it is told by what is in the body: a result elsewhere would be lost.
    if (valueReference && !shelf.find(valueReference, task))
      shelf.fault("fhir-dangling", `${task.at}.output[${index}].valueReference`);
    return valueReference ? [valueReference] : [];
  });
  const results = shelf.findAll(references, task).flatMap((found) => {
    if (isAttachment(found.type)) shelf.fault("fhir-unsupported", found.at);
    shelf.use(found);
    return linesOf(found.type, found.resource);
  });
  const read = ["output", "executionPeriod", ...(act === "accept" ? ["restriction"] : [])];
  const lines = [
    ...linesOf("Task", task.resource, read),
    ...foreign.flatMap((one) => linesOf("Task.output", one)),
    ...results,
  ];
  return lines.length === 0 ? undefined : lines.join("\n");
}
