// The README's table of variables is what `ruta config` shows.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SERVICES } from "./service-names.ts";
import { configOf } from "./services.ts";

test("every variable stands in the README, with the meaning that `ruta config` prints", () => {
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const written = [...readme.matchAll(/^\| `([A-Z_]+)` \|.*\| (.+) \|$/gm)].map(([, name, meaning]) => [name, meaning]);
  const shown = Object.entries(configOf(SERVICES).shape).map(([name, schema]) => [name, schema.meta()?.help]);
  expect(written).toEqual(shown);
});
