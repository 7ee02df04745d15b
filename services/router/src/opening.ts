// When a service is open, and whether its data are assured of late: what a directory says of it at one moment. Pure.
import type { Service } from "@ruta/events";
import type { Answer } from "./ranking.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** Quito keeps UTC-5 all year. */
const QUITO_MS = -5 * 60 * MINUTE_MS;
/** iCalendar BYDAY, from the day of the epoch's week on which `Date.getUTCDay` is 0. */
const DAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"] as const;

/** How long what was assured of a service counts as fresh: half a year. An operative choice, no source. */
const ASSURED_DAYS = 183;

/** Whether a service is open at `now` (milliseconds) by its schedule. */
export function isOpen({ alwaysOpen, schedule }: Service, now: number): Answer {
  if (alwaysOpen) return "yes";
  if (schedule.length === 0) return "unknown";
  const local = new Date(now + QUITO_MS);
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  const today = local.getUTCDay();
  const open = schedule.some(({ days, opensAt, closesAt }) => {
    const from = minutesOf(opensAt);
    const until = minutesOf(closesAt);
    const isDay = (day: number) => days.includes(DAYS[day % 7] ?? "");
    if (from < until) return isDay(today) && minute >= from && minute < until;
    // It closes on the day after: what is left of yesterday's hours counts too.
    return (isDay(today) && minute >= from) || (isDay(today + 6) && minute < until);
  });
  return open ? "yes" : "no";
}

/** Whether its data were assured of late. What is old or was never assured is not known any more. */
export function isAssured({ assuredDate }: Service, now: number): Answer {
  const at = assuredDate === "" ? Number.NaN : Date.parse(`${assuredDate}T00:00:00-05:00`);
  return now - at <= ASSURED_DAYS * DAY_MINUTES * MINUTE_MS ? "yes" : "unknown";
}

function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}
