// When a limit ends: an ISO 8601 duration in calendar days (plazo) or working days (término), and the moments on the way. Pure.
import { addWorkingDays } from "./working-days.ts";

/** A limit as roadmaps write it. */
export interface Limit {
  /** ISO 8601: whole days, hours or minutes, such as P14D or PT24H. */
  readonly limit: string;
  readonly workingDays: boolean;
}

const MINUTE_MS = 60_000;

/** The end of a limit that begins at `start`, in milliseconds. Throws for what is no such duration. */
export function limitEnd({ limit, workingDays }: Limit, start: number): number {
  const [, days, amount, unit] = /^P(?:(\d+)D|T(\d+)([HM]))$/.exec(limit) ?? [];
  if (days !== undefined)
    return workingDays ? addWorkingDays(start, Number(days)) : start + Number(days) * 24 * 60 * MINUTE_MS;
  if (amount === undefined) throw new Error("a limit is no ISO 8601 duration of days, hours or minutes");
  return start + Number(amount) * (unit === "H" ? 60 : 1) * MINUTE_MS;
}

/** The moment at which so many hundredths of the time from `start` to `end` have passed, in whole milliseconds. */
export function momentAt(start: number, end: number, percent: number): number {
  return start + Math.round(((end - start) * percent) / 100);
}
