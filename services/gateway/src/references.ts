// Checks that what a body names exists in the directory, so that a typing mistake is told at once and not by the router.
import { isValid } from "@ruta/events";
import type { Directory } from "@ruta/events";
import type { ActInput, ConsentInput, RequestData } from "./acts.ts";
import type { Refusal } from "./errors.ts";
import { isAbsent } from "./person.ts";

const NEED = "need";
const SERVICE_TYPE = "service-type";

/** The first reference that leads nowhere at `now` (milliseconds), as a refusal. */
export function referenceRefusal({ act, data }: ActInput, directory: Directory, now: number): Refusal | undefined {
  if (act === "redirect")
    return (
      missingInstitution(directory, now, "data.performer", data.performer) ?? consent(data.consent, directory, now)
    );
  if (act === "choose") return missingInstitution(directory, now, "data.performer", data.performer);
  if (act === "supplement") return persons(data, directory);
  return act === "request" ? request(data, directory, now) : undefined;
}

function request(data: RequestData, directory: Directory, now: number): Refusal | undefined {
  if (directory.get("term", data.serviceType)?.taxonomy !== SERVICE_TYPE)
    return { code: "unknown-service-type", field: "data.serviceType" };
  // A directory without needs leaves the choice of their codes to the senders.
  const knowsNeeds = directory.all("term").some((term) => term.taxonomy === NEED);
  if (data.reasonCode !== undefined && knowsNeeds && directory.get("term", data.reasonCode)?.taxonomy !== NEED)
    return { code: "unknown-reason-code", field: "data.reasonCode" };
  return (
    roadmap(data, directory, now) ??
    missingInstitution(directory, now, "data.performer", data.performer) ??
    service(data, directory, now) ??
    consent(data.consent, directory, now) ??
    persons(data, directory)
  );
}

/** Whether the stage is served by the service type depends on the case: the router says it. */
function roadmap({ roadmap: id, stage }: RequestData, directory: Directory, now: number): Refusal | undefined {
  if (id === undefined) return stage === undefined ? undefined : { code: "unknown-roadmap", field: "data.roadmap" };
  const found = directory.roadmapAt(id, now);
  if (!found) return { code: "unknown-roadmap", field: "data.roadmap" };
  return stage === undefined || found.stages.some((one) => one.id === stage)
    ? undefined
    : { code: "unknown-stage", field: "data.stage" };
}

function missingInstitution(directory: Directory, now: number, field: string, id?: string): Refusal | undefined {
  return id !== undefined && !directory.institution(id, now) ? { code: "unknown-institution", field } : undefined;
}

function service(data: RequestData, directory: Directory, now: number): Refusal | undefined {
  if (data.service === undefined) return undefined;
  const found = directory.get("service", data.service);
  const matches =
    found !== undefined &&
    isValid(found.validity, now) &&
    found.serviceType === data.serviceType &&
    (data.performer === undefined || found.institution === data.performer);
  return matches ? undefined : { code: "unknown-service", field: "data.service" };
}

function consent(given: ConsentInput, directory: Directory, now: number): Refusal | undefined {
  const index = (given.recipients ?? []).findIndex((id) => !directory.institution(id, now));
  return index < 0 ? undefined : { code: "unknown-institution", field: `data.consent.recipients.${index}` };
}

function persons(data: Pick<RequestData, "person" | "members">, directory: Directory): Refusal | undefined {
  const described = [
    ...(data.person ? [{ at: "data.person", person: data.person }] : []),
    ...(data.members ?? []).map((person, i) => ({ at: `data.members.${i}`, person })),
  ];
  for (const { at, person } of described) {
    const { territory, accused } = person;
    if (territory !== undefined && !isAbsent(territory) && !directory.get("territory", territory))
      return { code: "unknown-territory", field: `${at}.territory` };
    // An accused institution may have left the directory since: any that ever was in it counts.
    const index = (accused ?? []).findIndex((id) => !directory.get("institution", id));
    if (index >= 0) return { code: "unknown-institution", field: `${at}.accused.${index}` };
  }
  return undefined;
}
