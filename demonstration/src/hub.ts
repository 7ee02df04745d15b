// The hub of the demonstration: `ruta start` in one process on the embedded database, or a process a service on Kafka.
import { join } from "node:path";
import { startEmbedded } from "@ruta/db/embedded";
import { readFile } from "node:fs/promises";
import { startBroker } from "../../infra/kafka/broker.ts";
import { missingForJars } from "../../infra/kafka/jars.ts";
import type { Options } from "./options.ts";
import { RUTA, keep, ready } from "./processes.ts";
import type { Kept } from "./processes.ts";
import { freePorts } from "./setup.ts";

/** A running hub. */
export interface Hub {
  readonly gateway: string;
  readonly adminUrls: readonly string[];
  /** Environment with which the `ruta` command reaches it. */
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

const READY_MS = 60_000;
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

/**
 * A broker that is given, under names of its own so that a hub beside it is not touched; else one from jars, whose data stay in
 * the folder, as the next start needs them.
 */
async function broker(data: string, say: (line: string) => void) {
  const given = process.env.KAFKA_BROKERS;
  if (given) return { brokers: given, prefix: "demonstration", stop: async () => {} };
  const missing = await missingForJars();
  if (missing) throw new Error(`no Kafka: there is ${missing}; install it, or name a broker in KAFKA_BROKERS`);
  const started = await startBroker({ folder: join(data, "kafka"), say });
  return { brokers: started.brokers, prefix: "", stop: () => started.stop() };
}

/** Starts the hub and waits until it is ready. `say` gets what a person should know. */
export async function startHub(options: Options, base: NodeJS.ProcessEnv, say: (line: string) => void): Promise<Hub> {
  const { data } = options;
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
  const onRestart = (name: string) => () => say(`${name} ended by itself; started again (its log: ${data}/hub.log)`);
  const start = (name: string, args: readonly string[], env: NodeJS.ProcessEnv): Kept =>
    keep({
      name,
      file: RUTA,
      args: ["start", "--demonstration", ...args],
      env,
      log: join(data, "hub.log"),
      onRestart: onRestart(name),
    });
  const stop = async (): Promise<void> => {
    for (const one of stops.toReversed()) await one();
  };

  try {
    if (options.on === "embedded") {
      const adminPort = base.RUTA_ADMIN_PORT ?? "7401";
      const adminUrls = [`http://127.0.0.1:${adminPort}`];
      const env = { ...common, RUTA_ADMIN_PORT: adminPort, RUTA_ADMIN_URLS: adminUrls.join(",") };
      const hub = start("the hub", [], env);
      stops.push(() => hub.stop());
      await ready(`${adminUrls[0]}/readyz`, READY_MS);
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
    await Promise.all(adminUrls.map((url) => ready(`${url}/readyz`, READY_MS)));
    return { gateway, adminUrls, env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
