// The embedded server: a real PostgreSQL from npm, one to a data folder, that survives the death of its hub.
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { binaries, serverUser } from "./binaries.ts";
import { prepareCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { endServer, isAlive, runningServer } from "./orphan.ts";

/** A running embedded server. */
export interface EmbeddedServer {
  /** postgres:// URL with its password: never log it. */
  readonly url: string;
  readonly pid: number;
  /** Stops the server and waits until it is gone. */
  stop(): Promise<void>;
}

/** What `startEmbedded` takes. */
export interface EmbeddedOptions {
  /** Data folder; the server's files lie in its `postgres` folder. */
  readonly folder: string;
  /** Port on 127.0.0.1; a free one when not said. */
  readonly port?: number;
  /** False gives up durability for speed: tests only. */
  readonly fsync?: boolean;
  /** Told in one line what is out of the ordinary. */
  readonly say?: (line: string) => void;
}

const READY_LIMIT_MS = 30_000;
const TAKE_OVER_LIMIT_MS = 3_000;
/** Key of the advisory lock that says: a hub runs on this cluster. */
const OWNER_LOCK = 7_400;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Server settings. Errors are logged without statement, parameters or detail: they could hold what must not be in a log. */
function settings(port: number, fsync: boolean): string[] {
  const pairs = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    log_min_error_statement: "panic",
    log_error_verbosity: "terse",
    log_parameter_max_length_on_error: 0,
    logging_collector: "off",
    max_connections: 200,
    ...(fsync ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  return Object.entries(pairs).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

function urlOf(cluster: Cluster, port: number): string {
  return `postgres://ruta:${encodeURIComponent(cluster.password)}@127.0.0.1:${port}/postgres`;
}

/** Connects until it works, the process is gone, or the limit is over. */
async function connect(url: string, pid: number, limitMs: number): Promise<pg.Client | undefined> {
  const end = performance.now() + limitMs;
  while (performance.now() < end && isAlive(pid)) {
    const client = new pg.Client({ connectionString: url, application_name: "ruta-owner", keepAlive: true });
    client.on("error", () => {});
    try {
      await client.connect();
      return client;
    } catch {
      await client.end().catch(() => {});
      await delay(30);
    }
  }
  return undefined;
}

/** Holds the owner's lock on its own connection; a hub that died a moment ago may still seem to hold it. */
async function own(client: pg.Client, folder: string): Promise<void> {
  const end = performance.now() + TAKE_OVER_LIMIT_MS;
  for (;;) {
    const { rows } = await client.query<{ mine: boolean }>("SELECT pg_try_advisory_lock($1) AS mine", [OWNER_LOCK]);
    if (rows[0]?.mine) return;
    if (performance.now() > end) {
      await client.end();
      throw new Error(`another hub runs on ${folder}: stop it first, or give this one another RUTA_DATA`);
    }
    await delay(100);
  }
}

function launch(cluster: Cluster, native: string, args: readonly string[]): number {
  const output = openSync(cluster.log, "a", 0o600);
  // Its own process group: Ctrl-C must reach the hub alone, which then stops the server in order.
  const child = spawn(`${native}/bin/postgres`, ["-D", cluster.data, ...args], {
    ...serverUser(),
    detached: true,
    stdio: ["ignore", output, output],
    env: { PATH: process.env.PATH, LC_ALL: "C" },
  });
  closeSync(output);
  child.unref();
  child.on("error", () => {}); // shows as a server that never answers, with its last words
  return child.pid ?? -1;
}

function lastWords(cluster: Cluster): string {
  try {
    return readFileSync(cluster.log, "utf8").trim().split("\n").slice(-3).join(" | ");
  } catch {
    return "";
  }
}

/** Starts the server of a data folder, or takes over the one that a killed hub left running. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const say = options.say ?? (() => {});
  const user = serverUser();
  const native = binaries(user, say);
  const cluster = prepareCluster(options.folder, native, user, { sync: options.fsync !== false, say });

  const left = runningServer(cluster.data);
  let client = left && (await connect(urlOf(cluster, left.port), left.pid, TAKE_OVER_LIMIT_MS));
  let server = left;
  if (left && client) say("the database server of an earlier start is still running: taken over");
  if (left && !client) {
    say("the database server of an earlier start does not answer: stopped");
    await endServer(left.pid);
  }
  if (!client) {
    const port = options.port ?? (await freePort());
    const pid = launch(cluster, native, settings(port, options.fsync !== false));
    server = { pid, port };
    client = await connect(urlOf(cluster, port), pid, READY_LIMIT_MS);
    if (!client) throw new Error(`the embedded database did not start: ${lastWords(cluster)}`);
  }
  await own(client, options.folder);
  const { pid, port } = server!;
  const owner = client;
  return {
    url: urlOf(cluster, port),
    pid,
    async stop() {
      await owner.end().catch(() => {});
      await endServer(pid);
    },
  };
}
