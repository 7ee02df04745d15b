// Delivery: talks to the outside. Events become deliveries in lanes, a worker sends them, results go back to the case. Nothing
// runs before `start`.
import { migrate, processId, startSweeps } from "@ruta/db";
import type { Db } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import type { HttpApp, Metrics } from "@ruta/kit";
import { decodeEvent, followDirectory, openEngine } from "@ruta/log";
import type { Engine, FollowedDirectory, Log, LogLogger } from "@ruta/log";
import type { Seal } from "@ruta/seal";
import type { DeliveryConfig } from "./config.ts";
import { GROUP, passOver, takeIn } from "./consume.ts";
import type { Resolver } from "./guard.ts";
import { registerRoutes } from "./http.ts";
import { registerEndpointRoutes } from "./http-endpoints.ts";
import { openIntake } from "./intake.ts";
import { LIMITS } from "./limits.ts";
import type { Limits } from "./limits.ts";
import { createDeliveryMetrics } from "./metrics.ts";
import { openParkedDeliveries } from "./parked.ts";
import { forgetOutcomes, ownResults } from "./recover.ts";
import { startRedriver } from "./redriver.ts";
import type { Redriver } from "./redriver.ts";
import { openRedrives } from "./redrives.ts";
import { retention } from "./retention.ts";
import { openSender } from "./send.ts";
import { registerSummary } from "./summary.ts";
import { startWorker } from "./worker.ts";
import type { Worker } from "./worker.ts";

export { config } from "./config.ts";
export { renumberLanes } from "./recover.ts";
export { PROBLEMS } from "./http.ts";

/** The migrations of its own tables. */
export const MIGRATIONS = new URL("./migrations/", import.meta.url);

/** What the service is built on. */
export interface DeliveryDeps {
  readonly log: Log;
  readonly db: Db;
  /** Schema of its own in that database. */
  readonly schema: string;
  readonly seal: Pick<Seal, "unwrap">;
  /** Ed25519 seeds of the hub, by each of which v1a deliveries are signed. */
  readonly signingSeeds: readonly [Uint8Array, ...Uint8Array[]];
  readonly logger: LogLogger;
  readonly config: DeliveryConfig;
  /** Where it adds its routes below /admin/delivery; requests that reach them carry the checked signature. */
  readonly admin: HttpApp;
  readonly metrics: Metrics;
  readonly now?: () => number;
  /** Other bounds than those in force; tests need shorter ones. */
  readonly limits?: Partial<Limits>;
  /** Other names than the system's; tests need some that lead astray. */
  readonly resolver?: Resolver;
}

/** A service as the hub runs it. */
export interface Service {
  /** Its door to the log: what is parked there can be seen and released. */
  readonly engine: Engine;
  start(): Promise<void>;
  stop(): Promise<void>;
  health(): { ready: boolean; reasons: string[] };
}

/** Builds delivery and adds its routes. */
export async function createDelivery(deps: DeliveryDeps): Promise<Service> {
  const { log, db, schema, seal, signingSeeds, logger, config, admin, now = Date.now } = deps;
  const limits = { ...LIMITS, ...deps.limits };
  const rules = { allowLoopback: config.RUTA_ALLOW_LOOPBACK === "1" };
  await migrate(db, { schema, folder: MIGRATIONS });
  const engine = await openEngine({ log, db, service: "delivery", schema, logger });
  const intake = openIntake(schema);
  const metrics = createDeliveryMetrics(deps.metrics, db, schema);
  registerSummary(admin, db, schema);
  const redrives = openRedrives(db, schema);
  registerRoutes(admin, {
    engine,
    db,
    schema,
    deliveries: openParkedDeliveries(db, schema),
    redrives,
    expiryMs: limits.expiryMs,
    endpointIdOf: (institution) => directory?.current().endpointOf(institution, now())?.id ?? "",
    now,
  });
  const sender = openSender({
    rules,
    signingSeeds,
    unwrap: seal.unwrap,
    deadlineMs: limits.deadlineMs,
    connections: limits.perEndpoint,
    now,
    ...(deps.resolver ? { resolver: deps.resolver } : {}),
  });
  let directory: FollowedDirectory | undefined;
  registerEndpointRoutes(admin, { engine, db, schema, sender, directory: () => directory?.current(), now });
  let worker: Worker | undefined;
  let redriver: Redriver | undefined;
  let stopSweeps: (() => Promise<void>) | undefined;

  return {
    engine,
    async start() {
      if (rules.allowLoopback)
        logger.warn({ code: "RUTA_ALLOW_LOOPBACK" }, "DEVELOPMENT: deliveries may go to this machine over http");
      const folded = await followDirectory(log, { logger });
      directory = folded;
      await engine.takeInOutput(ownResults(schema));
      await forgetOutcomes(db, schema);
      const name = processId(db);
      worker = await startWorker({
        engine,
        db,
        schema,
        name,
        sender,
        limits,
        metrics,
        logger,
        now,
        directory: () => folded.current(),
      });
      redriver = startRedriver(redrives, logger);
      stopSweeps = startSweeps({
        db,
        schema,
        sweeps: retention(schema),
        onError: (error) => logger.warn({ err: error }, "what is old could not be dropped"),
      });
      await engine.consume<ReferralEvent>({
        group: GROUP,
        topics: [TOPICS.events],
        decode: decodeEvent,
        handle: (tx, batch) => takeIn({ intake, directory: folded }, tx, batch),
        givenUp: (tx, record) => passOver(intake, tx, record),
      });
    },
    async stop() {
      await stopSweeps?.();
      await redriver?.stop();
      await worker?.stop();
      await engine.stop();
      await sender.close();
      await directory?.stop();
    },
    health() {
      const reasons = [...engine.health().reasons, ...(worker?.reasons() ?? [])];
      if (!directory) reasons.push("delivery has not started");
      else if (!directory.healthy()) reasons.push("the directory cannot be followed");
      return { ready: reasons.length === 0, reasons };
    },
  };
}
