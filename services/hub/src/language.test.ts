// The command's two languages: the locale chooses, and the Spanish catalogue holds every text that is said.
import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import type { Command } from "commander";
import { isSpanish } from "./language.ts";
import catalogue from "./messages.es.json" with { type: "json" };
import { FOOTER, OWN_WORDS, createProgram } from "./program.ts";
import { TEXTS } from "./words.ts";

const SOURCES = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  .map((name) => readFileSync(`${import.meta.dirname}/${name}`, "utf8"));

/** The keys of all say`…` in the sources: values become {0}, {1} … */
function said(source: string): string[] {
  return [...source.matchAll(/\bsay`((?:[^`$]|\$\{(?:[^{}`]|\{[^{}]*\})*\})*)`/g)].map(([, template = ""]) => {
    let index = 0;
    return template.replaceAll(/\$\{(?:[^{}`]|\{[^{}]*\})*\}/g, () => `{${index++}}`);
  });
}

/** Every description that help shows, of a command and all below it. */
function described(command: Command): string[] {
  const own = [command, ...command.options, ...command.registeredArguments].map((one) =>
    typeof one.description === "function" ? one.description() : one.description,
  );
  return [...own, ...command.commands.flatMap(described)].filter((text) => text !== "");
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

test("every text that is said is in the Spanish catalogue, with the same values", () => {
  const texts = [...new Set([...SOURCES.flatMap(said), ...TEXTS, ...described(createProgram()), FOOTER, ...OWN_WORDS])];
  expect(texts.length).toBeGreaterThan(50);
  const spanish: Readonly<Record<string, string>> = catalogue;
  const values = (text: string): string[] => (text.match(/\{\d+\}/g) ?? []).toSorted();
  expect(texts.filter((text) => spanish[text] === undefined)).toEqual([]);
  expect(texts.filter((text) => values(text).join() !== values(spanish[text] ?? "").join())).toEqual([]);
});

test("every say`…` of the sources was understood by this test", () => {
  const count = SOURCES.reduce((sum, source) => sum + (source.match(/\bsay`/g) ?? []).length, 0);
  expect(SOURCES.flatMap(said)).toHaveLength(count);
});
