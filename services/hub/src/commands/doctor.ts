// `ruta doctor`: what is reachable, what is missing, and what to do about it.
import { loadConfig, pingRedis } from "@ruta/kit";
import { Command } from "commander";
import { keySource } from "../config.ts";
import type { HubConfig } from "../config.ts";
import { kafkaOf } from "../connections.ts";
import { contextOf } from "../context.ts";
import { hubKeys, isInitialised, staffKey } from "../keys.ts";
import { say } from "../language.ts";
import { EXIT, print, style } from "../output.ts";
import { whyRefused } from "../reach.ts";

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
  const { openDb, sql } = await import("@ruta/db");
  const db = openDb({ url, name: "ruta-doctor", max: 1 });
  try {
    const [row] = await db.query<{ ssl: boolean }>(sql`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`);
    return row?.ssl === true ? say`reachable, over TLS` : say`reachable, in clear`;
  } catch (error) {
    throw new Error(whyRefused(error) ?? say`cannot be reached: check DATABASE_URL and that PostgreSQL runs`, {
      cause: error,
    });
  } finally {
    await db.close();
  }
}

async function kafka(config: HubConfig): Promise<string> {
  const target = kafkaOf(config);
  const { reachKafka } = await import("@ruta/log/kafka");
  const brokers = await reachKafka({ ...target, clientId: "ruta-doctor" }).catch((error: unknown) => {
    const words =
      whyRefused(error) ??
      say`cannot be reached: check KAFKA_BROKERS, KAFKA_SECURITY_PROTOCOL and the certificates, and that the broker runs`;
    throw new Error(words, { cause: error });
  });
  return say`${config.KAFKA_BROKERS ?? ""}, ${config.KAFKA_SECURITY_PROTOCOL}, brokers: ${brokers}`;
}

/** Redis, as the gateway is told of it; undefined without one. */
async function redis(env: NodeJS.ProcessEnv): Promise<Finding | undefined> {
  const { BUILDERS, redisOf } = await import("../services.ts");
  const target = redisOf(loadConfig(BUILDERS.gateway.config, env));
  if (target === undefined) return undefined;
  return look("redis", async () => {
    await pingRedis(target).catch((error: unknown) => {
      throw new Error(
        whyRefused(error) ?? say`cannot be reached: check REDIS_URL; until then each gateway limits by itself`,
        {
          cause: error,
        },
      );
    });
    return target.url.startsWith("rediss:") ? say`reachable, over TLS` : say`reachable, in clear`;
  });
}

async function examine(config: HubConfig): Promise<Finding[]> {
  const findings = [
    await look(say`keys`, async () => {
      await hubKeys(keySource(config));
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
  const limits = await redis(process.env);
  if (limits) findings.push(limits);
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
