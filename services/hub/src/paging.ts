// What all lists of the command have in common: pages, query strings, ages, and how the next page is asked for.
import type { Command } from "commander";

/** The options of a page. */
export interface Page {
  readonly limit: string;
  readonly after?: string;
}

/** Adds --limit and --after. */
export function addPaging(command: Command, limit = "50"): Command {
  return command
    .option("--limit <n>", "most rows", limit)
    .option("--after <cursor>", "go on where a page ended; the page before says where");
}

/** A path with those of the values that are there as its query. */
export function withQuery(path: string, values: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, value);
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** The line that leads to the next page; nothing when this was the last. */
export function more(next: string | undefined): string {
  return next === undefined ? "" : `\nmore: --after ${next}`;
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
] as const;

/** How long ago something was (RFC 3339), in its largest unit, such as `3 d`. `now` in milliseconds. */
export function age(since: string, now: number): string {
  const ms = Math.max(0, now - Date.parse(since));
  const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? ["s", 1000];
  return `${Math.floor(ms / size)} ${unit}`;
}
