// Operative time limits by priority (domain §8, from CL01): pure arithmetic on the calendar of America/Guayaquil.
import { Priority } from "@ruta/events";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** America/Guayaquil has been five hours behind UTC, without summer time, since 1993. */
const GUAYAQUIL_OFFSET_MS = -5 * HOUR_MS;

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

/** The same time of day, `days` working days (Monday to Friday in America/Guayaquil) after the day of `start`. */
export function addWorkingDays(start: number, days: number): number {
  let at = start;
  for (let left = days; left > 0;) {
    at += DAY_MS;
    const weekday = new Date(at + GUAYAQUIL_OFFSET_MS).getUTCDay();
    if (weekday !== 0 && weekday !== 6) left -= 1;
  }
  return at;
}
