// The hub of the demonstration: `ruta start` in one process on the embedded database, or a process a service on Kafka.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startEmbedded } from "@ruta/db/embedded";
import { readFile } from "node:fs/promises";
import { startBroker } from "../../infra/kafka/broker.ts";
import { missingForJars } from "../../infra/kafka/jars.ts";
import type { Options } from "./options.ts";
import { RUTA, keep, ready } from "./processes.ts";
import type { Kept } from "./processes.ts";
import { freePorts, isFree } from "./setup.ts";

/** A running hub. */
export interface Hub {
  readonly gateway: string;
  readonly adminUrls: readonly string[];
  /** Environment with which the `ruta` command reaches it. */
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

const READY_MS = 60_000;
/** How long the hub of a start that was killed may take to leave: it is given five seconds to stop. */
const LEAVING_MS = 8_000;
/** One or two may be for what an earlier start still holds. */
const FAILED_STARTS = 3;
const SERVICES = ["directory", "router", "delivery", "gateway"];

async function keyVariables(data: string): Promise<NodeJS.ProcessEnv> {
  const line = async (name: string): Promise<string> => (await readFile(join(data, "keys", name), "utf8")).trim();
  const { firstAdmin } = JSON.parse(await readFile(join(data, "hub.json"), "utf8")) as { firstAdmin: string };
  return {
    RUTA_MASTER_KEY: await line("master.key"),
    RUTA_SIGNING_KEY: await line("signing.key"),
    RUTA_FIRST_ADMIN: firstAdmin,
  };
}

/** Names of this data folder's own on a broker that is given: neither a hub nor another demonstration there is touched. */
async function prefixOf(data: string): Promise<string> {
  const { firstAdmin } = JSON.parse(await readFile(join(data, "hub.json"), "utf8")) as { firstAdmin: string };
  return `demonstration_${createHash("sha256").update(firstAdmin).digest("hex").slice(0, 12)}`;
}

/** A broker that is given; else one from jars, whose data stay in the folder, as the next start needs them. */
async function broker(data: string, say: (line: string) => void) {
  const given = process.env.KAFKA_BROKERS;
  if (given) return { brokers: given, prefix: await prefixOf(data), stop: async () => {} };
  const missing = await missingForJars();
  if (missing) throw new Error(`no Kafka: there is ${missing}; install it, or name a broker in KAFKA_BROKERS`);
  const started = await startBroker({ folder: join(data, "kafka"), say });
  return { brokers: started.brokers, prefix: "", stop: () => started.stop() };
}

/** The last that the command said before it ended: a line and what to do. */
async function lastWords(file: string): Promise<string> {
  const lines = (await readFile(file, "utf8").catch(() => "")).trimEnd().split("\n");
  const from = lines.findLastIndex((line) => line.startsWith("ruta: "));
  return from < 0 ? `the hub ends as soon as it starts; its log is ${file}` : lines.slice(from, from + 2).join("; ");
}

/** Waits for a port that a hub on its way out may still hold, so that another's hub is never taken for the one started here. */
async function untilFree(variable: string, port: string, signal: AbortSignal): Promise<void> {
  const number = Number(port);
  if (!(Number.isInteger(number) && number > 0 && number < 65_536)) throw new Error(`${variable}: a port, 1 to 65535`);
  const end = performance.now() + LEAVING_MS;
  while (!(await isFree(number))) {
    signal.throwIfAborted();
    if (performance.now() > end)
      throw new Error(`port ${port} is in use: stop what uses it, or set ${variable} to another`);
    await delay(100);
  }
}

/**
 * Starts the hub and waits until it is ready. `say` gets what a person should know. Throws, with the hub's own words, when it
 * ends again and again before it is ready, and when the signal aborts.
 */
export async function startHub(
  options: Options,
  base: NodeJS.ProcessEnv,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Hub> {
  const { data } = options;
  const logFile = join(data, "hub.log");
  const gatewayPort = base.RUTA_PORT ?? "7400";
  const gateway = `http://127.0.0.1:${gatewayPort}`;
  const common = {
    ...base,
    RUTA_DATA: data,
    RUTA_PORT: gatewayPort,
    RUTA_URL: gateway,
    RUTA_ALLOW_LOOPBACK: "1",
    RUTA_LOG_LEVEL: "info",
  };
  const stops: (() => Promise<void>)[] = [];
  let up = false;
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => {});
  const onRestart = (name: string) => {
    let ended = 0;
    return () => {
      if (up) return say(`${name} ended by itself; started again (its log: ${logFile})`);
      ended += 1;
      if (ended === FAILED_STARTS) void lastWords(logFile).then((words) => refused.reject(new Error(words)));
    };
  };
  const untilReady = async (urls: readonly string[]): Promise<void> => {
    await Promise.race([refused.promise, Promise.all(urls.map((url) => ready(`${url}/readyz`, READY_MS, signal)))]);
    up = true;
  };
  const start = (name: string, args: readonly string[], env: NodeJS.ProcessEnv): Kept =>
    keep({
      name,
      file: RUTA,
      args: ["start", "--demonstration", ...args],
      env,
      log: logFile,
      onRestart: onRestart(name),
    });
  const stop = async (): Promise<void> => {
    for (const one of stops.toReversed()) await one();
  };

  try {
    await untilFree("RUTA_PORT", gatewayPort, signal);
    if (options.on === "embedded") {
      const adminPort = base.RUTA_ADMIN_PORT ?? "7401";
      const adminUrls = [`http://127.0.0.1:${adminPort}`];
      const env = { ...common, RUTA_ADMIN_PORT: adminPort, RUTA_ADMIN_URLS: adminUrls.join(",") };
      await untilFree("RUTA_ADMIN_PORT", adminPort, signal);
      const hub = start("the hub", [], env);
      stops.push(() => hub.stop());
      await untilReady(adminUrls);
      return { gateway, adminUrls, env, stop };
    }
    const { brokers, prefix, stop: stopBroker } = await broker(data, say);
    stops.push(stopBroker);
    const database = await startEmbedded({ folder: data, say });
    stops.push(() => database.stop());
    const ports = await freePorts(SERVICES.length);
    const adminUrls = ports.map((port) => `http://127.0.0.1:${port}`);
    const env = {
      ...common,
      ...(await keyVariables(data)),
      DATABASE_URL: database.url,
      KAFKA_BROKERS: brokers,
      RUTA_PREFIX: prefix,
      RUTA_ADMIN_URLS: adminUrls.join(","),
    };
    const services = SERVICES.map((name, index) =>
      start(name, ["--only", name], { ...env, RUTA_ADMIN_PORT: String(ports[index]) }),
    );
    stops.push(async () => {
      await Promise.all(services.map((service) => service.stop()));
    });
    await untilReady(adminUrls);
    return { gateway, adminUrls, env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
