// `ruta doctor`: what is reachable, what is missing, and what to do about it.
import { Command } from "commander";
import type { HubConfig } from "../config.ts";
import { contextOf } from "../context.ts";
import { hubKeys, isInitialised, staffKey } from "../keys.ts";
import { say } from "../language.ts";
import { EXIT, print, style } from "../output.ts";

/** One thing looked at. */
interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

async function look(what: string, check: () => Promise<string>): Promise<Finding> {
  try {
    return { what, ok: true, detail: await check() };
  } catch (error) {
    return { what, ok: false, detail: error instanceof Error ? error.message : say`cannot be reached` };
  }
}

async function answers(url: string, remedy: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(3000) }).catch(() => undefined);
  if (!response) throw new Error(say`no answer at ${url}: ${remedy}`);
  if (!response.ok) throw new Error(say`${url} says it is not ready (${response.status}): ${await response.text()}`);
  return url;
}

async function database(url: string): Promise<string> {
  const { openDb } = await import("@ruta/db");
  const db = openDb({ url, name: "ruta-doctor", max: 1 });
  try {
    if (!(await db.healthy())) throw new Error(say`cannot be reached: check DATABASE_URL and that PostgreSQL runs`);
    return say`reachable`;
  } finally {
    await db.close();
  }
}

async function kafka(config: HubConfig): Promise<string> {
  const { openLog } = await import("@ruta/log");
  const log = await openLog({
    kafkaBrokers: config.KAFKA_BROKERS ?? "",
    databaseUrl: config.DATABASE_URL ?? "",
    prefix: config.RUTA_PREFIX,
    clientId: "ruta-doctor",
  });
  try {
    if (!(await log.healthy())) throw new Error(say`cannot be reached: check KAFKA_BROKERS and that the broker runs`);
    return config.KAFKA_BROKERS ?? "";
  } finally {
    await log.close();
  }
}

async function examine(config: HubConfig): Promise<Finding[]> {
  const findings = [
    await look(say`keys`, async () => {
      await hubKeys({
        data: config.RUTA_DATA,
        external: config.DATABASE_URL !== undefined,
        masterKey: config.RUTA_MASTER_KEY,
        signingKey: config.RUTA_SIGNING_KEY,
      });
      return config.RUTA_MASTER_KEY ? say`from the environment` : say`in ${config.RUTA_DATA}/keys`;
    }),
    await look(say`staff key`, async () => (await staffKey(config.RUTA_DATA, config.RUTA_STAFF_KEY)).staff),
  ];
  if (config.DATABASE_URL !== undefined)
    findings.push(await look(say`database`, () => database(config.DATABASE_URL ?? "")));
  else
    findings.push(
      await look(say`database`, async () => {
        if (!isInitialised(config.RUTA_DATA))
          throw new Error(say`none yet: \`ruta init\`, then \`ruta start\` starts the embedded one`);
        return say`embedded, started with the hub`;
      }),
    );
  if (config.KAFKA_BROKERS !== undefined) findings.push(await look("kafka", () => kafka(config)));
  findings.push(
    await look("gateway", () => answers(new URL("/readyz", config.RUTA_URL).href, say`start the hub, or set RUTA_URL`)),
  );
  for (const url of config.RUTA_ADMIN_URLS.split(","))
    findings.push(
      await look("admin", () => answers(new URL("/readyz", url).href, say`start the hub, or set RUTA_ADMIN_URLS`)),
    );
  return findings;
}

function lineOf({ what, ok, detail }: Finding): string {
  return `${ok ? style.green(say`ok`.padEnd(4)) : style.red(say`MISS`.padEnd(4))} ${what.padEnd(10)} ${detail}`;
}

/** The command. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("say what is reachable, what is missing, and what to do")
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const findings = await examine(context.config);
      print(context.json, findings, () => findings.map(lineOf).join("\n"));
      if (findings.some(({ ok }) => !ok)) process.exitCode = EXIT.failed;
    });
}
