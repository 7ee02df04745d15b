// Task.status and Task.businessStatus against the acts of a referral: which pairs can be, and which act each one says.
import type { Act, StatusWord } from "@ruta/events";
import { lookUp } from "./codes.ts";

/** Statuses of R4 that the mapping knows; `ready` is no status of a referral (SDOH Clinical Care). */
export const TASK_STATUSES = [
  "draft",
  "requested",
  "received",
  "accepted",
  "rejected",
  "in-progress",
  "on-hold",
  "cancelled",
  "completed",
  "failed",
  "entered-in-error",
] as const satisfies readonly (StatusWord | "draft")[];

/** A status of a Task. */
export type TaskStatus = (typeof TASK_STATUSES)[number];

const SERVED = ["5.1", "5.1.1", "5.1.2", "5.1.3", "5.1.4"] as const;
const CANCELLATION_REQUESTED = "5.2";

/**
 * BSeR's business statuses that each status may have. A request to cancel keeps the status that was; on hold and in error keep the
 * business status that was. `rejected` after acceptance is BSeR's late decline.
 */
export const BUSINESS: Readonly<Record<TaskStatus, readonly string[]>> = {
  draft: [],
  requested: ["2.0"],
  received: ["2.0", CANCELLATION_REQUESTED],
  accepted: ["3.0", CANCELLATION_REQUESTED],
  rejected: ["4.0"],
  "in-progress": [...SERVED, CANCELLATION_REQUESTED],
  "on-hold": ["3.0", ...SERVED, CANCELLATION_REQUESTED],
  cancelled: ["6.0"],
  completed: ["7.0"],
  failed: ["4.0"],
  "entered-in-error": ["2.0", "3.0", "4.0", ...SERVED, CANCELLATION_REQUESTED, "6.0", "7.0"],
};

/** Every business status that is known. */
export const BUSINESS_CODES: ReadonlySet<string> = new Set(Object.values(BUSINESS).flat());

/** What the hub knows of a referral that a Task names. */
export interface Known {
  readonly referral: string;
  readonly role: "requester" | "performer";
  /** Its status in words; "submitted" while it is not decided. */
  readonly status: string;
}

/** The acts by which a performer brings a referral in progress to a business status. */
const PROGRESS: Readonly<Record<string, Act>> = {
  "5.1.1": "schedule",
  "5.1.2": "no-show",
  "5.1.3": "cancel-appointment",
  "5.1.4": "report",
};

/** The act that a Task of a known referral says; undefined when it says nothing new by itself. */
export function actSaid(status: TaskStatus, business: string | undefined, known: Known): Act | undefined {
  if (business === CANCELLATION_REQUESTED) return "cancel";
  const requester = known.role === "requester";
  switch (status) {
    case "draft":
    case "requested":
      return undefined;
    case "received":
      return "receive";
    case "accepted":
      return "accept";
    // A requester that sends back how the referral ended says that it has read it.
    case "rejected":
      return requester ? "acknowledge" : "reject";
    case "completed":
      return requester ? "acknowledge" : "complete";
    case "failed":
      return requester ? "acknowledge" : "fail";
    case "in-progress":
      return lookUp(PROGRESS, business) ?? (known.status === "on-hold" ? "resume" : "start");
    case "on-hold":
      return "hold";
    case "cancelled":
      return requester ? "cancel" : "confirm-cancellation";
    case "entered-in-error":
      return "mark-in-error";
  }
}
