// Operative time limits by priority (domain §8, from CL01): working days are those of Quito. Pure.
import { addWorkingDays } from "@ruta/calendar";
import { Priority } from "@ruta/events";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long the performer has to confirm a cancellation before the hub may do it. */
export const CONFIRM_CANCELLATION_MS = 48 * HOUR_MS;

/** What a limit is for. */
export type Window = "acknowledge" | "decide" | "serve";

/**
 * The end of a window that begins at `start` (milliseconds): acknowledge 1 h, 4 h, 2 working days; decide, and first service after
 * acceptance, 24 h, 72 h, 14 days. A priority that a newer schema adds counts as normal.
 */
export function windowEnd(window: Window, priority: Priority, start: number): number {
  switch (priority) {
    case Priority.EMERGENCY:
      return start + (window === "acknowledge" ? HOUR_MS : DAY_MS);
    case Priority.URGENT:
      return start + (window === "acknowledge" ? 4 * HOUR_MS : 3 * DAY_MS);
    default:
      return window === "acknowledge" ? addWorkingDays(start, 2) : start + 14 * DAY_MS;
  }
}
