// The README's table of variables is what `ruta config` shows, in both languages.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import catalogue from "./messages.es.json" with { type: "json" };
import { SERVICES } from "./service-names.ts";
import { configOf } from "./services.ts";

const SPANISH: Readonly<Record<string, string>> = catalogue;

test.each([
  ["README.md", (help: string) => help],
  ["README.es.md", (help: string) => SPANISH[help]],
])("every variable stands in %s, with the meaning that `ruta config` prints", (file, meaningOf) => {
  const readme = readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");
  const written = [...readme.matchAll(/^\| `([A-Z_]+)` \|.*\| (.+) \|$/gm)].map(([, name, meaning]) => [name, meaning]);
  const shown = Object.entries(configOf(SERVICES).shape).map(([name, schema]) => [
    name,
    meaningOf(String(schema.meta()?.help)),
  ]);
  expect(written).toEqual(shown);
});
