// What lists of the command have in common: pages, query strings, and how the next page is asked for.
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { say } from "./language.ts";

/** The options of a page. */
export interface Page {
  readonly limit: string;
  readonly after?: string;
}

/** Adds --limit and --after. */
export function addPaging(command: Command, limit = "50"): Command {
  return command.option("--limit <n>", "most rows", limit).option("--after <cursor>", "go on where a page ended");
}

/** A whole number, of an option. */
export function whole(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError(say`It takes a whole number.`);
  return Number(text);
}

/** A path with those of the values that are there as its query. */
export function withQuery(path: string, values: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, value);
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** The line that leads to the next page; nothing when this was the last. */
export function more(next: string | undefined): string {
  return next === undefined ? "" : `\n${say`more: --after ${next}`}`;
}
