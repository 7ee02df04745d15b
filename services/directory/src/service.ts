// The directory service: the one writer of institutions, services, places, endpoints, keys, tokens, staff, terms and territories.
import { migrate } from "@ruta/db";
import type { Db } from "@ruta/db";
import type { Directory } from "@ruta/events";
import { openEngine } from "@ruta/log";
import type { Engine, Log, LogLogger } from "@ruta/log";
import type { Seal } from "@ruta/seal";
import type { FastifyInstance } from "fastify";
import { createApply } from "./apply.ts";
import type { DirectoryConfig } from "./config.ts";
import { foldDirectory } from "./consume.ts";
import type { Folded } from "./consume.ts";
import { createCredentials } from "./credentials.ts";
import { firstRequest, parseFirstAdmin } from "./first.ts";
import type { FirstStaff } from "./first.ts";
import { registerRoutes } from "./http.ts";
import { openProposals } from "./proposals.ts";
import { createRoadmaps } from "./roadmaps.ts";
import { createRotation } from "./rotation.ts";
import { createState } from "./state.ts";
import { createViews } from "./views.ts";

export { config } from "./config.ts";
export { REFUSALS } from "./errors.ts";
export { readFolder } from "./files.ts";
export { directoryJsonSchema } from "./schema.ts";

/** The migrations of its own tables. */
export const MIGRATIONS = new URL("./migrations/", import.meta.url);

/** What the service is built on. */
export interface DirectoryDeps {
  readonly log: Log;
  readonly db: Db;
  /** Schema of its own in that database. */
  readonly schema: string;
  readonly seal: Pick<Seal, "wrap">;
  readonly logger: LogLogger;
  readonly config: DirectoryConfig;
  /** Where it adds its routes below /admin/directory; requests that reach them carry the checked signature. */
  readonly admin: FastifyInstance;
  /** Staff of the first revision; RUTA_FIRST_ADMIN when not given. */
  readonly bootstrap?: readonly FirstStaff[];
  readonly now?: () => number;
}

/** A service as the hub runs it. */
export interface Service {
  /** Its door to the log. */
  readonly engine: Engine;
  start(): Promise<void>;
  stop(): Promise<void>;
  health(): { ready: boolean; reasons: string[] };
}

/** Builds the service and adds its routes; nothing runs before `start`. */
export async function createDirectory(deps: DirectoryDeps): Promise<Service> {
  const { log, db, schema, seal, logger, config } = deps;
  const now = deps.now ?? Date.now;
  await migrate(db, { schema, folder: MIGRATIONS });
  const engine = await openEngine({ log, db, service: "directory", schema, logger });
  const state = createState(schema);
  const rules = { allowLoopback: config.RUTA_ALLOW_LOOPBACK === "1" };
  let folded: Folded | undefined;
  const running = (): Folded => {
    if (!folded) throw new Error("the directory service is not started");
    return folded;
  };
  const apply = createApply({ engine, state, folded: running, now });
  const current = (): Directory => running().current();
  const caughtUp = (): Promise<void> => running().caughtUp();
  const views = createViews(current, caughtUp);
  const [credentials, rotation] = [createCredentials(seal, rules), createRotation(seal, rules)];
  const proposals = openProposals(schema);
  const roadmaps = createRoadmaps({ db, state, proposals, current, apply, rules, now });
  registerRoutes(deps.admin, {
    apply,
    views,
    rules,
    credentials,
    rotation,
    roadmaps: { roadmaps, current, caughtUp },
  });

  return {
    engine,
    async start() {
      folded = await foldDirectory(log, logger);
      const standing = await engine.transact(async (tx) => {
        const current = await state.lock(tx);
        const inLog = running().current();
        // Records follow the database; a log that is ahead means that the database was lost.
        if (inLog.revision > current.revision) await state.adopt(tx, inLog);
        return { result: inLog.revision > current.revision ? inLog.revision : current.revision, records: [] };
      });
      const first = deps.bootstrap ?? parseFirstAdmin(config.RUTA_FIRST_ADMIN);
      if (standing > 0n || first.length === 0) return;
      const applied = await apply(firstRequest(first));
      // Two first starts at once: the other one made it.
      if (!applied.ok && applied.code !== "role-missing")
        throw new Error(`the first revision was refused: ${[applied.code, ...applied.problems].join("; ")}`);
      await running().caughtUp();
    },
    async stop() {
      await engine.stop();
      await folded?.stop();
    },
    health() {
      const { ready, reasons } = engine.health();
      if (!folded) return { ready: false, reasons: [...reasons, "the directory is not read yet"] };
      if (!folded.healthy()) return { ready: false, reasons: [...reasons, "the directory is not followed"] };
      if (folded.current().revision > 0n) return { ready, reasons };
      return {
        ready: false,
        reasons: [...reasons, "the directory has no first revision: set RUTA_FIRST_ADMIN as `ruta init` printed it"],
      };
    },
  };
}
