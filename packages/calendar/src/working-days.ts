// Working days (término) in America/Guayaquil: Monday to Friday without holidays. Pure.
import { holidaysOf } from "./holidays.ts";

const DAY_MS = 86_400_000;
/** America/Guayaquil has been five hours behind UTC, without summer time, since 1993. */
const OFFSET_MS = -5 * 3_600_000;

const kept = new Map<number, ReadonlySet<string>>();

/** The days of a year on which nobody works although it is no weekend. */
function freeDays(year: number): ReadonlySet<string> {
  let days = kept.get(year);
  if (!days) {
    // A holiday of the next 1 January may be kept on the last day of this year.
    days = new Set([...holidaysOf(year), ...holidaysOf(year + 1)].map((holiday) => holiday.kept));
    kept.set(year, days);
  }
  return days;
}

/** Whether a moment (milliseconds) lies on a working day in Quito. */
export function isWorkingDay(at: number): boolean {
  const local = new Date(at + OFFSET_MS);
  const weekday = local.getUTCDay();
  if (weekday === 0 || weekday === 6) return false;
  return !freeDays(local.getUTCFullYear()).has(local.toISOString().slice(0, 10));
}

/** The same time of day, so many working days after the day of `start` (milliseconds): the day of the start does not count. */
export function addWorkingDays(start: number, days: number): number {
  let at = start;
  for (let left = days; left > 0;) {
    at += DAY_MS;
    if (isWorkingDay(at)) left -= 1;
  }
  return at;
}
