// Composes the hub: database, log, keyring, admin routes and the services asked for, in one process.
import { openDb } from "@ruta/db";
import { startEmbedded } from "@ruta/db/embedded";
import { TOPIC_SPECS } from "@ruta/events";
import { createLogger, createMetrics, loadConfig, stopAll } from "@ruta/kit";
import type { HealthCheck, Running } from "@ruta/kit";
import { followDirectory, openLog } from "@ruta/log";
import { fingerprint, publicKeyOf } from "@ruta/proof";
import { openSeal } from "@ruta/seal";
import { createAdmin } from "./admin.ts";
import type { HubConfig } from "./config.ts";
import { KeyProblem, hubKeys, readHubFile } from "./keys.ts";
import { servePoison } from "./poison.ts";
import { SERVICES } from "./service-names.ts";
import type { ServiceName } from "./service-names.ts";
import { BUILDERS } from "./services.ts";

/** What `startHub` takes. */
export interface HubOptions {
  readonly config: HubConfig;
  /** Services to run; all when all are named. */
  readonly only: readonly ServiceName[];
  readonly env: NodeJS.ProcessEnv;
  /** Told in one line what a person at the terminal should know. */
  readonly say?: (line: string) => void;
}

/** Schema name of a service under a prefix. */
function schemaName(prefix: string, service: string): string {
  return prefix === "" ? service : `${prefix}_${service}`;
}

interface Step {
  readonly name: string;
  stop(): Promise<void>;
}

/** Starts the database when none is named, then everything on it. What was started is stopped again when a later part fails. */
export async function startHub(options: HubOptions): Promise<Running> {
  const steps: Step[] = [];
  const stop = (): Promise<void> => stopAll(steps.toReversed());
  try {
    await compose(options, steps);
    return { stop };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

async function database({ config, say }: HubOptions, steps: Step[]): Promise<string> {
  if (config.DATABASE_URL !== undefined) return config.DATABASE_URL;
  const server = await startEmbedded({ folder: config.RUTA_DATA, ...(say ? { say } : {}) });
  steps.push({ name: "database", stop: server.stop });
  return server.url;
}

async function compose(options: HubOptions, steps: Step[]): Promise<void> {
  const { config, only, env } = options;
  const hubFile = await readHubFile(config.RUTA_DATA);
  if (!hubFile && config.DATABASE_URL === undefined)
    throw new KeyProblem(`${config.RUTA_DATA} is not initialised: run \`ruta init\` first`);
  const keys = await hubKeys({
    data: config.RUTA_DATA,
    external: config.DATABASE_URL !== undefined,
    masterKey: config.RUTA_MASTER_KEY,
    signingKey: config.RUTA_SIGNING_KEY,
  });
  const logger = createLogger({ service: "hub", level: config.RUTA_LOG_LEVEL });
  const metrics = createMetrics();
  const prefix = config.RUTA_PREFIX;
  const url = await database(options, steps);
  const db = openDb({
    url,
    name: "ruta",
    onError: (error) => logger.warn({ err: error }, "a database connection was lost"),
  });
  steps.push({ name: "pool", stop: db.close });
  const brokers = config.KAFKA_BROKERS === undefined ? {} : { kafkaBrokers: config.KAFKA_BROKERS };
  const log = await openLog({
    ...brokers,
    databaseUrl: url,
    prefix: prefix === "" ? "" : `${prefix}.`,
    clientId: "ruta",
    logger,
  });
  steps.push({ name: "log", stop: () => log.close() });
  await log.createTopics(TOPIC_SPECS);
  const seal = await openSeal({
    url: config.KEYRING_URL ?? url,
    masterKey: keys.masterKey,
    schema: schemaName(prefix, "keyring"),
  });
  steps.push({ name: "keyring", stop: seal.close });
  await seal.pin("signing key", fingerprint(publicKeyOf(keys.signingSeed)));

  const directory = await followDirectory(log, { logger });
  steps.push({ name: "directory fold", stop: () => directory.stop() });

  const checks: HealthCheck[] = [
    { name: "log", check: async () => ({ ready: await log.healthy(), reasons: ["the log does not answer"] }) },
    { name: "database", check: async () => ({ ready: await db.healthy(), reasons: ["the database does not answer"] }) },
  ];
  const admin = createAdmin({
    logger,
    metrics,
    directory: directory.current,
    caughtUp: directory.caughtUp,
    checks: () => checks,
    now: Date.now,
  });
  steps.push({ name: "admin routes", stop: () => admin.close() });

  const firstAdmin = env.RUTA_FIRST_ADMIN ?? hubFile?.firstAdmin;
  const serviceEnv = firstAdmin === undefined ? env : { ...env, RUTA_FIRST_ADMIN: firstAdmin };
  for (const name of SERVICES.filter((service) => only.includes(service))) {
    const { config: schema, create } = BUILDERS[name];
    const service = await create({
      log,
      db,
      schema: schemaName(prefix, name),
      seal,
      signingSeed: keys.signingSeed,
      logger: createLogger({ service: name, level: config.RUTA_LOG_LEVEL }),
      config: loadConfig(schema, serviceEnv) as never,
      admin: admin as never,
      metrics,
      checks,
      prefix,
    } as never);
    servePoison(admin, name, service.engine, Date.now);
    checks.push({ name, check: () => service.health() });
    steps.push({ name, stop: () => service.stop() });
    await service.start();
  }
  await admin.listen({ host: config.RUTA_ADMIN_HOST, port: config.RUTA_ADMIN_PORT });
  logger.info({ port: config.RUTA_ADMIN_PORT, count: only.length }, "the hub runs");
}
