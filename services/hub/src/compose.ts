// Composes the services on one database and one log: log, keyring, admin routes, then each service asked for.
import { openDb, sql } from "@ruta/db";
import { TOPIC_SPECS } from "@ruta/events";
import { createLogger, createMetrics, loadConfig } from "@ruta/kit";
import type { HealthCheck } from "@ruta/kit";
import { followDirectory, openLog } from "@ruta/log";
import { openSeal } from "@ruta/seal";
import { createAdmin } from "./admin.ts";
import { watchAlerts } from "./alerts/watch.ts";
import { createEngineMetrics } from "./engine-metrics.ts";
import { serveKeyEnds } from "./key-ends.ts";
import { createProcessMetrics } from "./metrics.ts";
import { kafkaOf } from "./connections.ts";
import { serveHubKeys } from "./hub-keys.ts";
import { admitSigners, publishedKeys } from "./signers.ts";
import { servePoison } from "./poison.ts";
import { reach } from "./reach.ts";
import { SERVICES, logPrefix, schemaName } from "./service-names.ts";
import { BUILDERS } from "./services.ts";
import { serveLog } from "./read-log.ts";
import type { Ground, Step } from "./start.ts";
import { serveStatus } from "./status.ts";

/** Opens what the services share, then starts them in order; each thing started is added to `steps`. */
export async function compose(ground: Ground, steps: Step[]): Promise<void> {
  const { config, only, env, keys } = ground;
  const { url, data: dataFolder } = ground.database;
  const wanted = SERVICES.filter((service) => only.includes(service));
  const configs = wanted.map((name) => loadConfig(BUILDERS[name].config, env));
  const logger = createLogger({ service: "hub", level: config.RUTA_LOG_LEVEL });
  const metrics = createMetrics();
  const prefix = config.RUTA_PREFIX;
  const db = openDb({
    url,
    name: "ruta",
    onError: (error) => logger.warn({ err: error }, "a database connection was lost"),
  });
  steps.push({ name: "pool", stop: db.close });
  await reach("DATABASE_URL", () => db.query(sql`SELECT 1`));
  const log = await reach("KAFKA_BROKERS", () =>
    openLog({
      ...kafkaOf(config),
      databaseUrl: url,
      db,
      prefix: logPrefix(prefix),
      clientId: "ruta",
      logger,
    }),
  );
  steps.push({ name: "log", stop: () => log.close() });
  await reach("KAFKA_BROKERS", () => log.createTopics(TOPIC_SPECS));
  const seal = await reach("KEYRING_URL", () =>
    openSeal({
      url: config.KEYRING_URL ?? url,
      masterKey: keys.masterKey,
      previousMasterKey: keys.previousMasterKey,
      schema: schemaName(prefix, "keyring"),
    }),
  );
  steps.push({ name: "keyring", stop: seal.close });
  const signers = await admitSigners(seal, keys);
  const publicKeys = publishedKeys(seal, Date.now);

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

  serveLog(admin, log);
  serveHubKeys(admin, { seal, log, now: Date.now });
  serveKeyEnds(admin, directory.current, Date.now);
  createProcessMetrics(metrics, { checks: () => checks, db, directory: directory.current, dataFolder, now: Date.now });
  const measure = createEngineMetrics(metrics);
  const alerts = watchAlerts(admin, metrics, logger, Date.now);
  steps.push({ name: "alerts", stop: async () => alerts.stop() });
  for (const [index, name] of wanted.entries()) {
    const { create } = BUILDERS[name];
    const service = await create({
      log,
      db,
      schema: schemaName(prefix, name),
      seal,
      signingSeed: signers.receipts,
      signingSeeds: signers.deliveries,
      publicKeys,
      logger: createLogger({ service: name, level: config.RUTA_LOG_LEVEL }),
      config: configs[index] as never,
      admin: admin as never,
      metrics,
      checks,
      prefix,
    } as never);
    servePoison(admin, name, service.engine, Date.now);
    serveStatus(admin, name, Date.now, service);
    measure(name, service.engine);
    checks.push({ name, check: () => service.health() });
    steps.push({ name, stop: () => service.stop() });
    await service.start();
  }
  await admin.listen({ host: config.RUTA_ADMIN_HOST, port: config.RUTA_ADMIN_PORT });
  logger.info({ port: config.RUTA_ADMIN_PORT, count: only.length }, "the hub runs");
}
