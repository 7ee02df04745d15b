// The language of the command: Spanish where the locale of the terminal is, else English; one catalogue, keyed by the English.
import catalogue from "./messages.es.json" with { type: "json" };

const SPANISH: Readonly<Record<string, string>> = catalogue;

/** Whether this terminal speaks Spanish (POSIX: LC_ALL, then LC_MESSAGES, then LANG). */
export function isSpanish(env: NodeJS.ProcessEnv): boolean {
  return /^es([_.@-]|$)/i.test(env.LC_ALL || env.LC_MESSAGES || env.LANG || "");
}

/** The language of the terminal. Programs, which ask for JSON, get the words that stand in it in English wherever they run. */
export const LANGUAGE = isSpanish(process.env) && !process.argv.includes("--json") ? "es" : "en";

/** A text of the catalogue in the language of the terminal; a text that it lacks stays English. */
export function translated(english: string): string {
  return LANGUAGE === "es" ? (SPANISH[english] ?? english) : english;
}

/** What is said to people: a template whose English, with {0}, {1} … for its values, is its key in the catalogue. */
export function say(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  const key = parts.reduce((text, part, index) => `${text}{${index - 1}}${part}`);
  return translated(key).replaceAll(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)] ?? ""));
}
