// The command's two languages: the locale chooses, and the Spanish catalogue holds every text that is said, and no other.
import { readFileSync, readdirSync } from "node:fs";
import { PERSONALITIES } from "@ruta/client/simulator";
import { PROBLEMS as DELIVERY } from "@ruta/delivery";
import { REFUSALS as DIRECTORY } from "@ruta/directory";
import { STAFF_PROBLEMS } from "@ruta/events";
import { HTTP_PROBLEMS } from "@ruta/kit";
import { REFUSALS as CASE, PROBLEMS as ROUTER } from "@ruta/router";
import { describe, expect, test } from "vitest";
import type { Command } from "commander";
import { isSpanish } from "./language.ts";
import catalogue from "./messages.es.json" with { type: "json" };
import { RULES } from "./alerts/rules.ts";
import { PROBLEMS as HUB_KEYS } from "./hub-keys.ts";
import { PROBLEMS as POISON } from "./poison.ts";
import { FOOTER, OWN_WORDS, createProgram } from "./program.ts";
import { SERVICES } from "./service-names.ts";
import { configOf } from "./services.ts";
import { textsOf } from "./test-texts.ts";
import { TEXTS } from "./words.ts";

const SPANISH: Readonly<Record<string, string>> = catalogue;
/** Files that run in the hub and say nothing to whoever types a command; and one that only makes lines to paste. */
const NOT_SPOKEN = new Set([
  "admin.ts",
  "alerts/dashboard.ts",
  "alerts/prometheus.ts",
  "alerts/watch.ts",
  "compose.ts",
  "config.ts",
  "engine-metrics.ts",
  "hub-keys.ts",
  "metrics.ts",
  "connections.ts",
  "database-url.ts",
  "poison.ts",
  "read-log.ts",
  "record-view.ts",
  "set-aside.ts",
  "status.ts",
  "partner/first-lines.ts",
]);
const SAID = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !/\.test\.ts$|(^|\/)test-/.test(name))
  .flatMap((file) =>
    textsOf(file, readFileSync(`${import.meta.dirname}/${file}`, "utf8")).map((text) => ({ file, ...text })),
  );

/** Every description that help shows, of a command and all below it. */
function described(command: Command): string[] {
  const own = [command, ...command.options, ...command.registeredArguments].map((one) =>
    typeof one.description === "function" ? one.description() : one.description,
  );
  return [...own, ...command.commands.flatMap(described)].filter((text) => text !== "");
}

/** What the hub answers to a command that it refuses. */
const REFUSED = Object.values({
  ...HTTP_PROBLEMS,
  ...STAFF_PROBLEMS,
  ...DIRECTORY,
  ...ROUTER,
  ...DELIVERY,
  ...POISON,
  ...HUB_KEYS,
}).flatMap(({ title, remedy }) => [title, remedy]);

/** What it says when the case would refuse an act of staff. */
const REFUSED_BY_CASE = Object.values(CASE).map(({ title, remedy }) => `${title}. ${remedy}`);
const MEANINGS = Object.values(configOf(SERVICES).shape).map((schema) => String(schema.meta()?.help ?? ""));
const HELP = [...described(createProgram()), FOOTER, ...OWN_WORDS];
const ALERTS = RULES.flatMap(({ severity, summary, remedy }) => [severity, summary, remedy]);
const LABELS = Object.values(PERSONALITIES).map(({ label }) => label);
const NEEDED = new Set([
  ...SAID.flatMap(({ isSaid, text }) => (isSaid ? [text] : [])),
  ...[TEXTS, HELP, REFUSED, REFUSED_BY_CASE, MEANINGS, ALERTS, LABELS].flat(),
]);

/** Whether a text, whatever its values are, is in the catalogue as it is shown: some help names codes. */
function isNeeded(text: string): boolean {
  const form = text.split(/\{\d+\}/).map((part) => RegExp.escape(part));
  const whole = new RegExp(`^${form.join("[^]+")}$`);
  return [...NEEDED].some((needed) => whole.test(needed));
}

test.each([
  [{ LANG: "es_EC.UTF-8" }, true],
  [{ LANG: "es" }, true],
  [{ LANG: "en_US.UTF-8", LC_ALL: "es_ES" }, true],
  [{ LANG: "es_EC.UTF-8", LC_MESSAGES: "C" }, false],
  [{ LANG: "est_EE.UTF-8" }, false],
  [{}, false],
])("the locale %j speaks Spanish: %s", (env, expected) => {
  expect(isSpanish(env)).toBe(expected);
});

describe("the catalogue", () => {
  test("has every text of the command, of its help, of the configuration and of the hub's refusals", () => {
    expect(NEEDED.size).toBeGreaterThan(400);
    expect([...NEEDED].filter((text) => !SPANISH[text])).toEqual([]);
  });

  test("keeps the values of each text, what is typed as it is, and space at its ends", () => {
    const kept = (text: string): string[] =>
      (text.match(/\{\d+\}|`ruta [a-z -]+`|RUTA_[A-Z_]+|--[a-z-]+|^\s+|\s+$/g) ?? []).toSorted();
    const pairs = Object.entries(SPANISH);
    expect(pairs.filter(([text, words]) => kept(text).join() !== kept(words).join())).toEqual([]);
  });

  test("has no text that nobody says", () => {
    expect(Object.keys(SPANISH).filter((text) => !NEEDED.has(text))).toEqual([]);
  });
});

describe("what people read goes through the catalogue:", () => {
  const plain = SAID.filter(({ isSaid, file }) => !isSaid && !NOT_SPOKEN.has(file));
  const at = ({ file, line, text }: (typeof plain)[number]): string => `${file}:${line} ${text}`;
  const isWord = (text: string): boolean => /\p{L}{2}/u.test(text.replaceAll(/\{\d+\}/g, ""));

  test("the words and the remedy of an error", () => {
    expect(SAID.filter(({ role, isSaid }) => role === "error" && isSaid).length).toBeGreaterThan(40);
    const faults = plain.filter(({ role, text }) => role === "error" && isWord(text) && !/^[, ]+$/.test(text));
    expect(faults.map(at)).toEqual([]);
  });

  test("the headings of tables, but ids", () => {
    expect(SAID.filter(({ role, isSaid }) => role === "heading" && isSaid).length).toBeGreaterThan(15);
    expect(plain.filter(({ role, text }) => role === "heading" && text !== "id").map(at)).toEqual([]);
  });

  test("whatever else reads as a sentence, but lines to paste, queries, styles and pages", () => {
    const isSentence = (text: string): boolean => /\p{L}{2,}[,;:]? \p{L}{2,}/u.test(text);
    const isElse = (text: string): boolean => /^\s*(ruta |curl |SELECT |body\{|<|application\/)/.test(text);
    const faults = plain.filter(({ text }) => isSentence(text) && !isElse(text) && !isNeeded(text));
    expect(faults.map(at)).toEqual([]);
  });

  test("a text that is not said is found, with its line and where it stands", () => {
    const source =
      'say`one ${a} two`;\nthrow new CommandError("no way", 1, c ? say`try` : `or ${b}`);\ntable(["at"], x);';
    expect(textsOf("x.ts", source)).toEqual([
      { text: "one {0} two", line: 1, isSaid: true, role: "" },
      { text: "no way", line: 2, isSaid: false, role: "error" },
      { text: "try", line: 2, isSaid: true, role: "error" },
      { text: "or {0}", line: 2, isSaid: false, role: "error" },
      { text: "at", line: 3, isSaid: false, role: "heading" },
    ]);
  });
});
