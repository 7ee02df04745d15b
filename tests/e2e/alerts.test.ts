// Alerts of a running hub: each metric that a rule or a panel names is there, and what goes wrong fires with what to do, in `ruta status`.
import { readFileSync } from "node:fs";
import { openDb, sql } from "@ruta/db";
import { TOPICS, newCaseId } from "@ruta/events";
import { openLog } from "@ruta/log";
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
const scraped = async (): Promise<string> => (await fetch(`${city.adminUrls[0]}/metrics`)).text();
async function exported(): Promise<Set<string>> {
  const text = await scraped();
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
  // Until delivery has read of it in the directory, there is none to disable.
  await expect.poll(() => ruta(["endpoint", "disable", "casa", "--yes", ...REASON]), SOON).toMatchObject({ code: 0 });
  await expect.poll(firing, SOON).toContain("RutaEndpointDisabled");
  const said = await ruta(["status"]);
  expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining("ruta endpoint resume") });
  expect(said.stdout).toContain("docs/operate.md#rutaendpointdisabled");
  const spanish = await ruta(["status"], { LC_ALL: "es_EC.UTF-8" });
  expect(spanish.stdout).toContain("docs/operate.es.md#rutaendpointdisabled");
  expect(await ruta(["endpoint", "resume", "casa", ...REASON])).toMatchObject({ code: 0 });
  await expect.poll(firing, SOON).not.toContain("RutaEndpointDisabled");
});

test("what waits for longer than it may fires, and ends by the remedy: emergencies undelivered, on the worklist, and parked records", async () => {
  expect(await ruta(["endpoint", "pause", "casa", ...REASON])).toMatchObject({ code: 0 });
  const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
  const ask = async (number: string, data: object): Promise<string> => {
    const { body } = await city.citizen("sender").send(number, "request", { priority: "emergency", consent, ...data });
    return body.referral as string;
  };
  await ask("e-1", { serviceType: "ALO-FAM", performer: "casa" });
  const nobody = await ask("e-2", { serviceType: "LEG" });
  const poison = { topic: TOPICS.commands, key: newCaseId(), value: Buffer.from([255]), headers: { ce_id: "poison" } };
  const log = await openLog({ databaseUrl: city.databaseUrl, prefix: `${city.env.RUTA_PREFIX}.`, clientId: "test" });
  await log.append([poison]);
  await log.close();

  const db = openDb({ url: city.databaseUrl, name: "test" });
  const table = (service: string, name: string) => sql.id(`${city.env.RUTA_PREFIX}_${service}`, name);
  /** Time passes in the tables; again at each look, since the router writes a case anew with whatever it hears of it. */
  const firingLater = async (): Promise<string[]> => {
    await db.query(sql`UPDATE ${table("delivery", "deliveries")} SET waits_since = now() - interval '2 hours'
      WHERE institution = 'casa' AND state = 'waiting'`);
    await db.query(sql`UPDATE ${table("router", "cases")} SET waiting_since = now() - interval '2 days'
      WHERE waiting_referral = ${nobody} AND waiting_kind = 'worklisted'`);
    return firing();
  };
  const late = ["RutaEmergencyUndelivered", "RutaUndelivered", "RutaEmergencyUnassigned", "RutaWorklistOld"];
  try {
    await expect.poll(firingLater, SOON).toEqual(expect.arrayContaining([...late, "RutaRecordsParked"]));
  } finally {
    await db.close();
  }
  expect(await ruta(["status"])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("RutaEmergencyUndelivered".toLowerCase()),
  });

  expect(await ruta(["endpoint", "resume", "casa", ...REASON])).toMatchObject({ code: 0 });
  const cancel = ["worklist", "resolve", nobody, "--cancel", "other", "--yes", ...REASON];
  expect(await ruta(cancel)).toMatchObject({ code: 0 });
  const out = `${city.folder}/op-2.key`;
  expect(await ruta(["staff", "add", "op-2", "--role", "operator", "--out", out, ...REASON])).toMatchObject({
    code: 0,
  });
  const { records } = JSON.parse((await ruta(["--json", "parked", "records"])).stdout) as { records: { id: string }[] };
  const aside = ["set-aside", "router", records[0]!.id, ...REASON, "--yes"];
  expect(await ruta([...aside, "--reason-code", "unreadable"])).toMatchObject({ code: 0 });
  expect(await ruta(aside, { RUTA_STAFF_KEY: out })).toMatchObject({ code: 0 });
  await expect.poll(firing, SOON).toEqual([]);
  expect(await ruta(["status"])).toMatchObject({ code: 0 });
});

test("the table of metrics is what a running hub exports", async () => {
  const page = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(ruta_\w+)` \| (\w+) \| (.*) \| (.+) \|$/gm)].map(
    ([, name = "", type = "", labels = "", help = ""]) => ({ name, type, help, labels: labels.match(/\w+/g) ?? [] }),
  );
  const text = await scraped();
  const helps = [...text.matchAll(/^# HELP (ruta_\w+) (.+)$/gm)];
  expect(rows.map(({ name, type, help }) => [name, help, type])).toEqual(
    helps.map(([, name = "", help]) => [name, help, new RegExp(`^# TYPE ${name} (\\w+)$`, "m").exec(text)?.[1]]),
  );
  const seen = rows.flatMap(({ name, type, labels }) => {
    const [series] = namesOf(name, type).slice(-1);
    const [, found] = new RegExp(`^${series}(?:\\{(.*)\\})? `, "m").exec(text) ?? [];
    const isShown = new RegExp(`^${series}[{ ]`, "m").test(text);
    return isShown ? [{ name, labels, found: [...(found ?? "").matchAll(/(\w+)="/g)].map(([, label]) => label) }] : [];
  });
  expect(seen.length).toBeGreaterThan(20);
  for (const { name, labels, found } of seen) expect(new Set(found), name).toEqual(new Set(labels));
});
