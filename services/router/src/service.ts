// The router: the single writer of cases. Builds its parts; nothing runs before `start`.
import { migrate, startSweeps } from "@ruta/db";
import type { Db } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import type { ReferralCommand } from "@ruta/events";
import type { HttpApp, Metrics } from "@ruta/kit";
import { followDirectory, openEngine } from "@ruta/log";
import type { Engine, FollowedDirectory, Log, LogLogger } from "@ruta/log";
import type { Seal } from "@ruta/seal";
import { openCaseTable } from "./case-table.ts";
import { GROUP, decideBatch, decodeCommand } from "./consume.ts";
import { registerRoutes } from "./http.ts";
import { ownEvents } from "./recover.ts";
import { startRinger } from "./ringer.ts";
import { retention } from "./retention.ts";
import { createRouterMetrics } from "./metrics.ts";
import { registerSummary } from "./summary.ts";
import { openWorklist } from "./worklist.ts";

export { config } from "./config.ts";
export { REFUSALS } from "./errors.ts";
export { PROBLEMS } from "./staff-request.ts";
export type { RefusalCode, RefusalKind } from "./errors.ts";

/** The migrations of its own tables. */
export const MIGRATIONS = new URL("./migrations/", import.meta.url);

/** What the service is built on. */
export interface RouterDeps {
  readonly log: Log;
  readonly db: Db;
  /** Schema of its own in that database. */
  readonly schema: string;
  readonly seal: Pick<Seal, "openSections" | "sealSections">;
  readonly logger: LogLogger;
  readonly metrics: Metrics;
  /** Where it adds its routes below /admin/router; requests that reach them carry the checked signature. */
  readonly admin: HttpApp;
  readonly now?: () => number;
  /** Between two looks for clocks that ring, in milliseconds; 5 s when not said. */
  readonly ringMs?: number;
}

/** Windows are hours and days long: a look is one read of an index. */
const RING_MS = 5_000;

/** A service as the hub runs it. */
export interface Service {
  /** Its door to the log: what is parked can be seen and released there. */
  readonly engine: Engine;
  start(): Promise<void>;
  stop(): Promise<void>;
  health(): { ready: boolean; reasons: string[] };
}

/** Builds the router and adds its routes. */
export async function createRouter(deps: RouterDeps): Promise<Service> {
  const { log, db, schema, seal, logger, admin, now = Date.now } = deps;
  await migrate(db, { schema, folder: MIGRATIONS });
  const engine = await openEngine({ log, db, service: "router", schema, logger });
  const table = openCaseTable(schema);
  const worklist = openWorklist(schema);
  registerSummary(admin, db, schema);
  createRouterMetrics(deps.metrics, db, schema);
  let directory: FollowedDirectory | undefined;
  let stopSweeps: (() => Promise<void>) | undefined;
  let stopRinging: (() => Promise<void>) | undefined;
  registerRoutes(admin, { engine, db, table, worklist, seal, directory: () => directory, now });

  return {
    engine,
    async start() {
      const folded = await followDirectory(log, { logger });
      directory = folded;
      await engine.takeInOutput(ownEvents({ log, table, worklist, directory: folded, seal }));
      await engine.consume<ReferralCommand>({
        group: GROUP,
        topics: [TOPICS.commands],
        decode: decodeCommand,
        handle: (tx, batch) => decideBatch({ table, worklist, directory: folded, seal }, tx, batch),
      });
      stopRinging = startRinger({ engine, schema, logger, everyMs: deps.ringMs ?? RING_MS });
      stopSweeps = startSweeps({
        db,
        schema,
        sweeps: retention(schema, engine),
        onError: (error) => logger.warn({ err: error }, "what is old could not be dropped"),
      });
    },
    async stop() {
      await stopRinging?.();
      await stopSweeps?.();
      await engine.stop();
      await directory?.stop();
    },
    health() {
      const reasons = [...engine.health().reasons];
      if (!directory) reasons.push("the router has not started");
      else if (!directory.healthy()) reasons.push("the directory cannot be followed");
      return { ready: reasons.length === 0, reasons };
    },
  };
}
