// What the parts of the mapping share while they read one Task: the resources around it, and which element became which field.
import type { FaultCode } from "./faults.ts";
import type { ReadType, Reference, Resource } from "./resources.ts";
import type { Located, Shelf } from "./shelf.ts";
import { RUTA } from "./systems.ts";
import { codesOf, valuesOf } from "./codes.ts";

/** A located resource of a known type. */
export type Read<T extends ReadType> = Located<Resource<T>>;

/** Who sends, and when it came (milliseconds). */
export interface Sender {
  readonly institution: string;
  readonly now: number;
}

/** One Task being read. */
export interface Reading {
  readonly shelf: Shelf;
  readonly sender: Sender;
  readonly task: Read<"Task">;
  readonly request: Read<"ServiceRequest"> | undefined;
  /** Field of the door's data to the element that it came from, or would have. */
  readonly fields: Record<string, string>;
}

const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** The resource a reference leads to, read; faults are noted, also when it leads nowhere inside of the body. */
export function follow<T extends ReadType>(
  { shelf }: Reading,
  reference: Reference,
  from: Located<unknown>,
  at: string,
  type: T,
): Read<T> | undefined {
  const found = shelf.find(reference, from);
  if (!found || found.type !== type) {
    shelf.fault("fhir-dangling", at);
    return undefined;
  }
  return shelf.read(found, type);
}

/**
 * The id of a kind of thing that a reference means: by an identifier of our system, on the reference or on what it leads to, or as
 * `Type/id` where the id is the directory's own. Undefined when it says none.
 */
export function idMeant(
  { shelf }: Reading,
  reference: Reference,
  from: Located<unknown>,
  system: string,
  types: readonly ReadType[],
): string | undefined {
  const [own] = valuesOf(system, reference.identifier ? [reference.identifier] : []);
  if (own !== undefined) return own;
  const found = shelf.find(reference, from);
  const type = types.find((each) => each === found?.type);
  if (found && type) {
    const read = shelf.read(found, type);
    return valuesOf(system, read?.resource.identifier)[0];
  }
  if (found) return undefined;
  const [, named = "", id = ""] = /^([A-Za-z]+)\/([^/]+)$/.exec(reference.reference ?? "") ?? [];
  return types.some((each) => each === named) && ID.test(id) ? id : undefined;
}

/** The one value among some; a fault when they contradict each other. */
export function onlyOne(
  { shelf }: Reading,
  values: readonly string[],
  at: string,
  code: FaultCode = "fhir-inconsistent",
): string | undefined {
  if (new Set(values).size > 1) shelf.fault(code, at);
  return values[0];
}

const WORKERS = ["Practitioner", "PractitionerRole"] as const;

/**
 * The sender's opaque reference of its worker, and the element that says it: the author of a message, who a Provenance of the Task
 * names, or the Task's own requester (owner, where the performer acts) when that is a person in a role.
 */
export function workerOf(reading: Reading, role: "requester" | "performer"): { worker?: string; at: string } {
  const { shelf, task } = reading;
  const [first] = shelf.all;
  const header = first?.type === "MessageHeader" ? shelf.read(first, "MessageHeader") : undefined;
  const fallback = role === "requester" ? "requester" : "owner";
  const candidates: { reference: Reference | undefined; from: Located<unknown>; at: string }[] = [
    ...(header ? [{ reference: header.resource.author, from: header, at: `${header.at}.author` }] : []),
    ...provenances(reading),
    { reference: task.resource[fallback], from: task, at: `${task.at}.${fallback}` },
  ];
  for (const { reference, from, at } of candidates) {
    const worker = reference && workerMeant(reading, reference, from);
    if (worker !== undefined) return { worker, at };
  }
  return { at: `${task.at}.${fallback}` };
}

function provenances({ shelf, task }: Reading) {
  return shelf.all.flatMap((one) => {
    if (one.type !== "Provenance") return [];
    const read = shelf.read(one, "Provenance");
    const about = read?.resource.target?.some((target) => shelf.find(target, one)?.at === task.at);
    const who = about ? read?.resource.agent?.[0]?.who : undefined;
    return read && who ? [{ reference: who, from: read, at: `${read.at}.agent[0].who` }] : [];
  });
}

/** An identifier of whatever system, since the sender's own is opaque to us; else the id of the resource itself. */
function workerMeant({ shelf }: Reading, reference: Reference, from: Located<unknown>): string | undefined {
  const [own] = valuesOf(RUTA.worker, reference.identifier ? [reference.identifier] : []);
  if (own !== undefined) return own;
  const found = shelf.find(reference, from);
  const type = WORKERS.find((each) => each === found?.type);
  if (found && type) {
    const { identifier, id } = shelf.read(found, type)?.resource ?? {};
    return valuesOf(RUTA.worker, identifier)[0] ?? identifier?.find(({ value }) => value !== undefined)?.value ?? id;
  }
  if (found) return undefined;
  if (WORKERS.some((each) => each === reference.type) && reference.identifier?.value !== undefined)
    return reference.identifier.value;
  const [, named = "", id] = /(?:^|\/)([A-Za-z]+)\/([A-Za-z0-9.-]{1,64})$/.exec(reference.reference ?? "") ?? [];
  return WORKERS.some((each) => each === named) ? id : undefined;
}

/** The code of our own system that a concept says, and whether it says anything else in words or foreign codes. */
export function reasonOf(concept: Resource<"Task">["statusReason"]): { code?: string; other: boolean } {
  const [code] = codesOf(RUTA.reason, [concept]);
  const other = concept?.text !== undefined || (concept?.coding ?? []).length > 0;
  return code === undefined ? { other } : { code, other };
}
