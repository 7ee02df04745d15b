// Points in time as people give them to the command: an ISO 8601 time, or how long ago.
import { say, translated } from "./language.ts";
import { CommandError, EXIT } from "./output.ts";

const AGO = /^(\d{1,6})(s|m|h|d)$/;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What the help says of such an option. */
export const TIME_HELP = "since when: ISO 8601 with offset, or how long ago: 90m, 12h, 3d";

/** The time that `text` means at `now` (milliseconds), as ISO 8601 in UTC. Throws CommandError when it means none. */
export function timeOf(text: string, option: string, now: number): string {
  const [, amount, unit = ""] = AGO.exec(text) ?? [];
  const ms = amount === undefined ? isoMs(text) : now - Number(amount) * (UNIT_MS[unit] ?? 0);
  if (Number.isNaN(ms)) throw new CommandError(say`${option} is no time`, EXIT.usage, translated(TIME_HELP));
  return new Date(ms).toISOString();
}

/** Without an offset a time would mean another one on another machine. */
function isoMs(text: string): number {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
}
