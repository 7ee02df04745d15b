// The gateway: the outside door for machines. Builds its parts; nothing runs before `start`.
import { readFile } from "node:fs/promises";
import { migrate, startSweeps } from "@ruta/db";
import type { Db } from "@ruta/db";
import type { ReferralEvent } from "@ruta/events";
import { createHttp, createLocalLimiter, createRedisLimiter, serveHealth, together } from "@ruta/kit";
import type { HttpApp, Limiter, Logger, Metrics } from "@ruta/kit";
import { decodeEvent, followDirectory, openEngine } from "@ruta/log";
import type { Engine, FollowedDirectory, Log } from "@ruta/log";
import type { Seal } from "@ruta/seal";
import { registerAdmin } from "./admin.ts";
import { createCertificateMetrics } from "./certificate-metrics.ts";
import { createCheck } from "./check.ts";
import { createClaims } from "./claims.ts";
import { redisOf } from "./config.ts";
import type { GatewayConfig } from "./config.ts";
import { FOLDED, GROUP, foldBatch, passOver } from "./consume.ts";
import { createWebhookKeys } from "./credentials.ts";
import { createFhirDoor } from "./fhir-door.ts";
import { registerRoutes } from "./http.ts";
import type { PublishedKey } from "./public-keys.ts";
import { createInboxPart } from "./inbox-service.ts";
import { createNumbers } from "./numbers.ts";
import { createOutageLog } from "./outage-log.ts";
import { openOverview } from "./overview.ts";
import { createLimit } from "./limits.ts";
import { createReads } from "./reads.ts";
import { ownCommands, readHistory } from "./recover.ts";
import { retention } from "./retention.ts";
import { createState } from "./state.ts";
import { createTake } from "./take.ts";
import { createWatching } from "./watch.ts";

export { config, redisOf } from "./config.ts";
export type { CaseHistory, HistoryStep } from "./case-history.ts";
export type { PublishedKey } from "./public-keys.ts";

/** The migrations of its own tables. */
export const MIGRATIONS = new URL("./migrations/", import.meta.url);

/** What the service is built on. */
export interface GatewayDeps {
  readonly log: Log;
  readonly db: Db;
  /** Schema of its own in that database. */
  readonly schema: string;
  readonly seal: Pick<Seal, "createKeys" | "sealSections" | "openSections" | "unwrap">;
  /** Ed25519 seed that signs receipts. */
  readonly signingSeed: Uint8Array;
  /** The hub's public keys as they stand: those in force first, and those that old receipts are verified by. */
  readonly publicKeys: () => Promise<readonly PublishedKey[]>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly config: GatewayConfig;
  /** Where it adds its routes below /admin/gateway; requests that reach them carry the checked signature. */
  readonly admin: HttpApp;
  /** Put before names that are shared with other hubs. */
  readonly prefix?: string;
  readonly now?: () => number;
  /** Between two looks for what is too old, in milliseconds; tests need shorter ones. */
  readonly sweepMs?: number;
}

/** A service as the hub runs it. */
export interface Service {
  /** Its door to the log: what is parked can be seen and released there. */
  readonly engine: Engine;
  start(): Promise<void>;
  stop(): Promise<void>;
  health(): { ready: boolean; reasons: string[]; degraded: readonly string[] };
  /** Port on which it listens; 0 while it does not. */
  port(): number;
}

const BODY_LIMIT = 256 * 1024;

/** Certificate and key of the configuration, read once. */
async function tlsOf(config: GatewayConfig): Promise<{ cert: string; key: string } | undefined> {
  together(config, "RUTA_TLS_CERT", "RUTA_TLS_KEY");
  if (config.RUTA_TLS_CERT === undefined || config.RUTA_TLS_KEY === undefined) return undefined;
  const [cert, key] = await Promise.all([
    readFile(config.RUTA_TLS_CERT, "utf8"),
    readFile(config.RUTA_TLS_KEY, "utf8"),
  ]);
  return { cert, key };
}

/** So many times what is allowed in a second is allowed at once. */
const BURST = 5;

/** The limiter of the configuration: shared through Redis where there is one; none for a rate of 0. */
function limiterOf(config: GatewayConfig, prefix: string, logger: Logger): Limiter | undefined {
  const redis = redisOf(config);
  const { RUTA_RATE } = config;
  if (RUTA_RATE === 0) return undefined;
  const rate = { perSecond: RUTA_RATE, burst: RUTA_RATE * BURST };
  if (redis === undefined) return createLocalLimiter(rate);
  const onChange = (lost: boolean, error?: unknown): void => {
    if (lost) logger.warn({ err: error }, "Redis does not answer: this process limits by itself");
    else logger.info({}, "limits are shared through Redis");
  };
  return createRedisLimiter({ ...redis, prefix: prefix === "" ? "ruta:" : `${prefix}:`, rate, onChange });
}

/** Builds the gateway and adds its routes. */
export async function createGateway(deps: GatewayDeps): Promise<Service> {
  const { log, db, schema, seal, signingSeed, logger, metrics, config, admin, now = Date.now } = deps;
  await migrate(db, { schema, folder: MIGRATIONS });
  const engine = await openEngine({ log, db, service: "gateway", schema, logger });
  const state = createState(schema);
  const claims = createClaims(schema);
  const numbers = createNumbers(schema);
  let followed: FollowedDirectory | undefined;
  let history = 0n;
  let stopSweeps: (() => Promise<void>) | undefined;
  const directory = () => {
    if (!followed) throw new Error("the gateway has not started");
    return followed.current();
  };
  const reads = createReads({ db, state, claims, engine, directory });
  const watching = createWatching(log, logger);
  const inboxes = createInboxPart({ db, schema, engine, metrics, logger, directory, now });
  registerAdmin({ admin, db, state, overview: openOverview(db, schema), watching, inboxes, engine, now });

  const limiter = limiterOf(config, deps.prefix ?? "", logger);
  const tls = await tlsOf(config);
  createCertificateMetrics(metrics, tls?.cert, now);
  const app = createHttp({
    logger,
    bodyLimit: BODY_LIMIT,
    onAnswer: metrics.observe,
    parseJson: false,
    ...(tls ? { tls } : {}),
    ...(config.RUTA_TRUSTED_PROXY === undefined ? {} : { trustedProxy: config.RUTA_TRUSTED_PROXY }),
  });
  const keysOf = createWebhookKeys((wrapped, context) => seal.unwrap(wrapped, context));
  await registerRoutes(app, {
    directory,
    keysOf,
    readFhirKnock: createFhirDoor({ directory, keysOf, db, claims, numbers, engine }),
    take: createTake({ db, state, claims, engine, seal, signingSeed, directory, history: () => history }),
    check: createCheck({ db, state, claims, seal, reads, directory }),
    db,
    state,
    claims,
    reads,
    inboxes,
    limit: createLimit(limiter),
    engine,
    seal,
    publicKeys: deps.publicKeys,
    onUnreadable: ({ sectionId }) =>
      logger.error({ section: sectionId, code: "unreadable" }, "a section does not open"),
    onUnavailable: createOutageLog(logger, () => performance.now()),
    now,
  });

  // Readers that wait are answered as the stop begins: nothing else would end before they do.
  app.addHook("preClose", () => inboxes.stop());

  function health(): { ready: boolean; reasons: string[]; degraded: readonly string[] } {
    const reasons = [...engine.health().reasons];
    if (!followed) reasons.push("the gateway has not started");
    else if (!followed.healthy()) reasons.push("the directory cannot be followed");
    return { ready: reasons.length === 0, reasons, degraded: limiter?.degraded() ?? [] };
  }
  serveHealth(app, () => [{ name: "gateway", check: async () => health() }]);

  return {
    engine,
    async start() {
      followed = await followDirectory(log, { logger });
      // Before the door opens: a repeat of what was taken must find its claim.
      await engine.takeInOutput(ownCommands({ schema, claims, seal, signingSeed }));
      history = await readHistory(db, schema);
      // The door takes acts while the group still waits for a member that was killed; whoever names what the view has not
      // got yet is told to come again.
      await app.listen({ host: config.RUTA_HOST, port: config.RUTA_PORT });
      await engine.consume<ReferralEvent>({
        group: GROUP,
        topics: FOLDED,
        decode: decodeEvent,
        handle: async (tx, batch) => {
          await foldBatch({ state, numbers }, tx, batch);
          return [];
        },
        givenUp: (tx, record) => passOver(state, tx, record),
      });
      await inboxes.start();
      stopSweeps = startSweeps({
        db,
        schema,
        sweeps: retention(schema),
        onError: (error) => logger.warn({ err: error }, "what is old could not be dropped"),
        everyMs: deps.sweepMs,
      });
    },
    async stop() {
      await stopSweeps?.();
      await app.close();
      await limiter?.close();
      await watching.stop();
      await engine.stop();
      await followed?.stop();
    },
    health,
    port() {
      const address = app.server.address();
      return typeof address === "object" && address ? address.port : 0;
    },
  };
}
