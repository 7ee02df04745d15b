// Alerts of a running hub: each metric that a rule or a panel names is there, and what goes wrong fires with what to do, in `ruta status`.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCity } from "../city.ts";
import type { City } from "../city.ts";
import { command } from "../command.ts";
import type { Ended } from "../command.ts";

const SOON = { timeout: 60_000, interval: 250 };
const REASON = ["--reason", "a test of alerts"];
const silent = { label: "silent", answers: () => [], replyAfterMs: 0, downForMs: 0 };

interface Status {
  readonly alerts: readonly { readonly name: string; readonly severity: string; readonly remedy: string }[];
}

let city: City;
beforeAll(async () => {
  city = await openCity({ driver: "postgres", processes: "one" }, { sender: undefined, casa: silent }, silent);
});
afterAll(async () => city?.stop());

const ruta = (args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> => command(args, { ...city.env, ...env });
async function firing(): Promise<string[]> {
  const { stdout } = await ruta(["--json", "status"]);
  return (JSON.parse(stdout) as Status).alerts.map(({ name }) => name);
}
async function exported(): Promise<Set<string>> {
  const text = await (await fetch(`${city.adminUrls[0]}/metrics`)).text();
  return new Set([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = "", type]) => namesOf(name, type)));
}
/** The names of the series of a metric. */
function namesOf(name: string, type: string | undefined): string[] {
  return type === "histogram" ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

test("each metric that a rule or the dashboard names is exported", async () => {
  const read = (file: string): string => readFileSync(new URL(`../../infra/${file}`, import.meta.url), "utf8");
  const named = [read("prometheus/ruta.rules.yml"), read("grafana/ruta.json")].flatMap((text) => [
    ...text.matchAll(/\b(?:ruta|process|nodejs)_[a-z_]+\b/g),
  ]);
  const names = await exported();
  const missing = new Set(named.map(([name]) => name).filter((name) => !names.has(name)));
  expect(named.length).toBeGreaterThan(20);
  expect([...missing]).toEqual([]);
});

test("an endpoint that is disabled is an alert with what to do, in both languages, until it is resumed", async () => {
  expect(await firing()).not.toContain("RutaEndpointDisabled");
  expect(await ruta(["endpoint", "disable", "casa", "--yes", ...REASON])).toMatchObject({ code: 0 });
  await expect.poll(firing, SOON).toContain("RutaEndpointDisabled");
  const said = await ruta(["status"]);
  expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining("ruta endpoint resume") });
  expect(said.stdout).toContain("docs/operate.md#rutaendpointdisabled");
  const spanish = await ruta(["status"], { LC_ALL: "es_EC.UTF-8" });
  expect(spanish.stdout).toContain("docs/operate.es.md#rutaendpointdisabled");
  expect(await ruta(["endpoint", "resume", "casa", ...REASON])).toMatchObject({ code: 0 });
  await expect.poll(firing, SOON).not.toContain("RutaEndpointDisabled");
});
