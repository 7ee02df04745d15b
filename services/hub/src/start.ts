// Starts the hub in one process: keys and database first, and meanwhile the code of the services is loaded.
import { startEmbedded } from "@ruta/db/embedded";
import { stopAll } from "@ruta/kit";
import type { Running } from "@ruta/kit";
import { keySource } from "./config.ts";
import type { HubConfig } from "./config.ts";
import { KeyProblem, hubKeys, readHubFile } from "./keys.ts";
import type { HubKeys } from "./keys.ts";
import { say } from "./language.ts";
import type { ServiceName } from "./service-names.ts";

/** What `startHub` takes. */
export interface HubOptions {
  readonly config: HubConfig;
  /** Services to run; all when all are named. */
  readonly only: readonly ServiceName[];
  readonly env: NodeJS.ProcessEnv;
  /** Told in one line what a person at the terminal should know. */
  readonly tell?: (line: string) => void;
}

/** What the services are composed on. */
export interface Ground extends HubOptions {
  readonly keys: HubKeys;
  readonly database: Database;
}

/** The database that everything stands on. */
interface Database {
  /** postgres:// URL. */
  readonly url: string;
  /** Where the files of the embedded one lie; undefined where it is elsewhere. */
  readonly data: string | undefined;
}

/** Something that was started, and is stopped before what was started earlier. */
export interface Step {
  readonly name: string;
  stop(): Promise<void>;
}

/** Starts the database when none is named, then everything on it. What was started is stopped again when a later part fails. */
export async function startHub(options: HubOptions): Promise<Running> {
  const steps: Step[] = [];
  const stop = (): Promise<void> => stopAll(steps.toReversed());
  try {
    const { keys, env } = await identity(options);
    // A first database takes over a second to make, and the services as long to load.
    const [database, { compose }] = await Promise.all([openDatabase(options, steps), import("./compose.ts")]);
    await compose({ ...options, env, keys, database }, steps);
    return { stop };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

/** The keys of the hub, and its first administrator where the environment names none. */
async function identity({ config, env }: HubOptions): Promise<{ keys: HubKeys; env: NodeJS.ProcessEnv }> {
  const hubFile = await readHubFile(config.RUTA_DATA);
  if (!hubFile && config.DATABASE_URL === undefined)
    throw new KeyProblem(say`${config.RUTA_DATA} is not initialised: run \`ruta init\` first`);
  const keys = await hubKeys(keySource(config));
  const firstAdmin = env.RUTA_FIRST_ADMIN ?? hubFile?.firstAdmin;
  return { keys, env: firstAdmin === undefined ? env : { ...env, RUTA_FIRST_ADMIN: firstAdmin } };
}

async function openDatabase({ config, tell }: HubOptions, steps: Step[]): Promise<Database> {
  if (config.DATABASE_URL !== undefined) return { url: config.DATABASE_URL, data: undefined };
  const server = await startEmbedded({ folder: config.RUTA_DATA, ...(tell ? { say: tell } : {}) });
  steps.push({ name: "database", stop: server.stop });
  return { url: server.url, data: server.data };
}
