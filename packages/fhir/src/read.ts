// FHIR in: each Task of code fulfill becomes one act of the door. Pure. What is no referral is left alone; what is wrong is a fault.
import { parseReferralId } from "@ruta/events";
import type { Act } from "@ruta/events";
import { answerData } from "./answer.ts";
import { codesOf, numbersOf, valuesOf } from "./codes.ts";
import type { Fault, Left, LeftReason } from "./faults.ts";
import { idMeant } from "./reading.ts";
import type { Read, Reading, Sender } from "./reading.ts";
import { requestData } from "./request.ts";
import type { Resource } from "./resources.ts";
import { Shelf, shelfOf } from "./shelf.ts";
import type { Located } from "./shelf.ts";
import { BUSINESS, BUSINESS_CODES, TASK_STATUSES, actSaid } from "./status.ts";
import type { Known, TaskStatus } from "./status.ts";
import { HL7, RUTA } from "./systems.ts";

/** Most acts of one body. */
export const MAX_ACTS = 20;

/** How a Task names the referral that it speaks of. */
interface Names {
  readonly referral?: string;
  /** The requester's own number. */
  readonly placer?: string;
  /** The performer's own number. */
  readonly filler?: string;
}

/** A Task that is a referral. */
export interface ReadTask {
  readonly at: string;
  readonly names: Names;
  /** True for a new request: it names no referral of the hub, and its number, if any, is a new one or a repeat. */
  readonly asks: boolean;
  /** True when the act depends on where the referral stands now: in progress is a start, or goes on after a hold. */
  readonly dependsOnStatus: boolean;
}

/** One act, as the door takes it. */
export interface ReadAct {
  readonly at: string;
  readonly act: Act;
  /** The data of the act; the door checks it as it checks the data of a CloudEvent. */
  readonly data: Readonly<Record<string, unknown>>;
  /** When the sender says that it happened (RFC 3339). */
  readonly time?: string;
  /** Field of the data to the element that it came from. */
  readonly fields: Readonly<Record<string, string>>;
}

/** What came of a whole body. */
interface Finished {
  readonly acts: readonly ReadAct[];
  readonly left: readonly Left[];
}

/** A body whose Tasks are known, before the hub has said which referrals they name. */
export interface ReadBody {
  readonly tasks: readonly ReadTask[];
  /** The acts, given what the hub knows of each Task's referral (undefined for those that ask, and for what it does not know). */
  finish(known: readonly (Known | undefined)[]): Finished | readonly Fault[];
}

/** True for faults, false for what was read. */
export function isFaulty(value: object): value is readonly Fault[] {
  return Array.isArray(value);
}

/** Reads a parsed body of `sender`. */
export function readFhir(body: unknown, sender: Sender): ReadBody | readonly Fault[] {
  const shelf = shelfOf(body);
  if (!(shelf instanceof Shelf)) return [shelf];
  const left: Left[] = [];
  const readings = shelf.all
    .filter(({ type }) => type === "Task")
    .flatMap((located) => readingOf(shelf, located, sender, left) ?? []);
  const tasks = readings.map((reading) => {
    const names = namesOf(reading);
    const status = statusOf(reading);
    const asks = status === "requested" && names.referral === undefined;
    return { at: reading.task.at, names, asks, dependsOnStatus: status === "in-progress" };
  });
  if (tasks.length > MAX_ACTS) shelf.fault("fhir-too-many", "Bundle.entry");
  const numbers = tasks.filter(({ asks }) => asks).map(({ names }) => names.placer);
  for (const { at, asks, names } of tasks)
    if (asks && names.placer !== undefined && numbers.indexOf(names.placer) !== numbers.lastIndexOf(names.placer))
      shelf.fault("fhir-inconsistent", `${at}.identifier`);
  if (shelf.faults.length > 0) return shelf.faults;
  return {
    tasks,
    finish(known) {
      const acts = readings.flatMap((reading, index): ReadAct[] => {
        const task = tasks[index]!;
        const made = task.asks ? asked(reading) : answered(reading, task, known[index], left);
        return made ? [{ ...made, ...timeOf(reading, task.asks), at: task.at, fields: reading.fields }] : [];
      });
      if (shelf.faults.length > 0) return shelf.faults;
      const unread = shelf.unused().map(({ at }): Left => ({ expression: at, reason: "not-used" }));
      return { acts, left: [...left, ...unread] };
    },
  };
}

/** A Task that is a referral, with its request; undefined for one that is not, or that has faults. */
function readingOf(shelf: Shelf, located: Located, sender: Sender, left: Left[]): Reading | undefined {
  const task = shelf.read(located, "Task");
  if (!task) return undefined;
  const { at, resource } = task;
  const alone = (reason: LeftReason): undefined => void left.push({ expression: at, reason });
  if (!codesOf(HL7.taskCode, [resource.code]).includes("fulfill")) return alone("no-referral");
  if (resource.intent !== "order") return alone("not-an-order");
  if (resource.status === "draft") return alone("not-sent-yet");
  const business = businessOf(resource);
  if (!isStatus(resource.status)) shelf.fault("fhir-unknown-code", `${at}.status`);
  else if (resource.businessStatus && !BUSINESS_CODES.has(business ?? ""))
    shelf.fault("fhir-unknown-code", `${at}.businessStatus`);
  else if (business !== undefined && !BUSINESS[resource.status].includes(business))
    shelf.fault("fhir-inconsistent", `${at}.businessStatus`);
  for (const [index, { valueAttachment }] of [...(resource.input ?? []), ...(resource.output ?? [])].entries())
    if (valueAttachment !== undefined) {
      const inputs = resource.input?.length ?? 0;
      const where = index < inputs ? `input[${index}]` : `output[${index - inputs}]`;
      // Documents do not travel yet: one that is sent must not be lost in silence.
      shelf.fault("fhir-unsupported", `${at}.${where}.valueAttachment`);
    }
  return { shelf, sender, task, request: requestOf(shelf, task), fields: {} };
}

/** The ServiceRequest that the Task is about; undefined where the focus is the hub's own, by its id. */
function requestOf(shelf: Shelf, task: Read<"Task">): Read<"ServiceRequest"> | undefined {
  const { focus } = task.resource;
  if (!focus) return undefined;
  const found = shelf.find(focus, task);
  if (found?.type === "ServiceRequest") return shelf.read(found, "ServiceRequest");
  if (found || referralIn(focus) === undefined) shelf.fault("fhir-dangling", `${task.at}.focus`);
  return undefined;
}

/** The referral that a focus names by identifier, or by the id under which we send ServiceRequests. */
function referralIn(focus: NonNullable<Resource<"Task">["focus"]>): string | undefined {
  const [own] = focus.identifier ? valuesOf(RUTA.referral, [focus.identifier]) : [];
  const id = /(?:^|\/)ServiceRequest\/([^/]+)$/.exec(focus.reference ?? "")?.[1] ?? "";
  return own ?? (parseReferralId(id) ? id : undefined);
}

function namesOf({ shelf, task, request }: Reading): Names {
  const { id, identifier, focus } = task.resource;
  const referrals = new Set([
    ...valuesOf(RUTA.referral, identifier),
    ...valuesOf(RUTA.referral, request?.resource.identifier),
    ...(focus ? [referralIn(focus)] : []),
    // What we send has the referral's id as its own, and whoever answers may send it back so.
    ...(id !== undefined && parseReferralId(id) ? [id] : []),
  ]);
  referrals.delete(undefined);
  const [referral, another] = [...referrals];
  if (another !== undefined) shelf.fault("fhir-inconsistent", `${task.at}.identifier`);
  const number = (type: "PLAC" | "FILL") => [
    ...numbersOf(type, identifier),
    ...numbersOf(type, request?.resource.identifier),
  ];
  const [[placer], [filler]] = [number("PLAC"), number("FILL")];
  return {
    ...(referral === undefined ? {} : { referral }),
    ...(placer === undefined ? {} : { placer }),
    ...(filler === undefined ? {} : { filler }),
  };
}

function asked(reading: Reading): Pick<ReadAct, "act" | "data"> | undefined {
  const { shelf, task, request, sender } = reading;
  const { requester, focus } = task.resource;
  if (!request) {
    // Faults of a focus that leads nowhere were noted already.
    if (!focus) shelf.fault("fhir-dangling", `${task.at}.focus`);
    else if (referralIn(focus) !== undefined) shelf.fault("fhir-inconsistent", `${task.at}.focus`);
    return undefined;
  }
  const named = requester && idMeant(reading, requester, task, RUTA.institution, ["Organization"]);
  if (named !== undefined && named !== sender.institution) shelf.fault("fhir-inconsistent", `${task.at}.requester`);
  const data = requestData(reading, request);
  return data && { act: "request", data };
}

function answered(
  reading: Reading,
  { at, names }: ReadTask,
  known: Known | undefined,
  left: Left[],
): Pick<ReadAct, "act" | "data"> | undefined {
  const { shelf, task } = reading;
  if (Object.keys(names).length === 0) {
    shelf.fault("fhir-unidentified", `${at}.identifier`);
    return undefined;
  }
  const status = statusOf(reading);
  // Whom nobody knows may be none of the sender's: the door says so, for every act alike.
  const referral = known?.referral ?? names.referral ?? "";
  const standing = known ?? { referral, role: "performer", status: "submitted" };
  const isRedirect = status === "requested" && standing.role === "requester" && hasConsent(reading);
  const act = isRedirect ? "redirect" : actSaid(status, businessOf(task.resource), standing);
  if (act !== undefined) return { act, data: answerData(reading, act, referral) };
  left.push({ expression: at, reason: "says-nothing-new" });
  return undefined;
}

function hasConsent({ shelf }: Reading): boolean {
  return shelf.ofType("Consent").length > 0;
}

/** Of a Task that was found to have one. */
function statusOf({ task }: Reading): TaskStatus {
  return task.resource.status as TaskStatus;
}

function isStatus(status: string): status is TaskStatus {
  return (TASK_STATUSES as readonly string[]).includes(status);
}

function businessOf({ businessStatus }: Resource<"Task">): string | undefined {
  return businessStatus && (codesOf(HL7.businessStatus, [businessStatus])[0] ?? "");
}

/** When it was asked, or when the Task last changed; a date alone is no instant. */
function timeOf({ task }: Reading, asks: boolean): { time?: string } {
  const { authoredOn, lastModified } = task.resource;
  const time = asks ? authoredOn : lastModified;
  return time !== undefined && time.length > 10 ? { time } : {};
}
