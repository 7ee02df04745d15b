// `ruta doctor`: what is reachable, what is missing, and what to do about it.
import { Command } from "commander";
import type { HubConfig } from "../config.ts";
import { contextOf } from "../context.ts";
import { hubKeys, isInitialised, staffKey } from "../keys.ts";
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
    return { what, ok: false, detail: error instanceof Error ? error.message : "unreachable" };
  }
}

async function answers(url: string, remedy: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(3000) }).catch(() => undefined);
  if (!response) throw new Error(`no answer at ${url}: ${remedy}`);
  if (!response.ok) throw new Error(`${url} says it is not ready (${response.status}): ${await response.text()}`);
  return url;
}

async function database(url: string): Promise<string> {
  const { openDb } = await import("@ruta/db");
  const db = openDb({ url, name: "ruta-doctor", max: 1 });
  try {
    if (!(await db.healthy())) throw new Error("not reachable: check DATABASE_URL and that PostgreSQL runs");
    return "reachable";
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
    if (!(await log.healthy())) throw new Error("not reachable: check KAFKA_BROKERS and that the broker runs");
    return config.KAFKA_BROKERS ?? "";
  } finally {
    await log.close();
  }
}

async function examine(config: HubConfig): Promise<Finding[]> {
  const findings = [
    await look("keys", async () => {
      await hubKeys({
        data: config.RUTA_DATA,
        external: config.DATABASE_URL !== undefined,
        masterKey: config.RUTA_MASTER_KEY,
        signingKey: config.RUTA_SIGNING_KEY,
      });
      return config.RUTA_MASTER_KEY ? "from the environment" : `in ${config.RUTA_DATA}/keys`;
    }),
    await look("staff key", async () => (await staffKey(config.RUTA_DATA, config.RUTA_STAFF_KEY)).staff),
  ];
  if (config.DATABASE_URL !== undefined)
    findings.push(await look("database", () => database(config.DATABASE_URL ?? "")));
  else
    findings.push(
      await look("database", async () => {
        if (!isInitialised(config.RUTA_DATA))
          throw new Error("none yet: `ruta init`, then `ruta start` starts the embedded one");
        return "embedded, started with the hub";
      }),
    );
  if (config.KAFKA_BROKERS !== undefined) findings.push(await look("kafka", () => kafka(config)));
  findings.push(
    await look("gateway", () => answers(new URL("/readyz", config.RUTA_URL).href, "start the hub, or set RUTA_URL")),
  );
  for (const url of config.RUTA_ADMIN_URLS.split(","))
    findings.push(
      await look("admin", () => answers(new URL("/readyz", url).href, "start the hub, or set RUTA_ADMIN_URLS")),
    );
  return findings;
}

/** The command. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("say what is reachable, what is missing, and what to do")
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const findings = await examine(context.config);
      print(context.json, findings, () =>
        findings
          .map(({ what, ok, detail }) => `${ok ? style.green("ok  ") : style.red("MISS")} ${what.padEnd(10)} ${detail}`)
          .join("\n"),
      );
      if (findings.some(({ ok }) => !ok)) process.exitCode = EXIT.failed;
    });
}
