// One start of the server process: launched on a cluster, waited for until it answers.
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { ServerUser } from "./binaries.ts";
import type { Cluster } from "./cluster.ts";

/** Address of a cluster's server; holds the password. */
export function urlOf(cluster: Cluster, port: number): string {
  return `postgres://ruta:${encodeURIComponent(cluster.password)}@127.0.0.1:${port}/postgres`;
}

/** Connects until it works, `alive` says no, or the limit is over. Throws at once when the password is wrong. */
export async function connectTo(url: string, alive: () => boolean, limitMs: number): Promise<pg.Client | undefined> {
  const end = performance.now() + limitMs;
  while (performance.now() < end && alive()) {
    const client = new pg.Client({
      connectionString: url,
      application_name: "ruta owner",
      keepAlive: true,
      connectionTimeoutMillis: 2_000,
    });
    client.on("error", () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      void client.end().catch(() => {});
      if (error instanceof pg.DatabaseError && error.code === "28P01")
        throw new Error("the embedded database refuses the password in postgres.password: restore that file", {
          cause: error,
        });
      await delay(25);
    }
  }
  return undefined;
}

// Errors are logged without statement, parameters or detail: those could hold what must not stand in a log.
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

/** A launched server, or the last words of one that ended. */
export type Launched = { readonly pid: number; readonly client: pg.Client } | { readonly lastWords: string };

/** Recovery after a power cut reads the whole write-ahead log: as long as the process works, it is waited for. */
const READY_LIMIT_MS = 300_000;
const LARGEST_LOG_BYTES = 10_000_000;

/** Launches the server and waits until it answers. */
export async function launch(
  cluster: Cluster,
  native: string,
  options: { readonly port: number; readonly fsync: boolean; readonly user: ServerUser | undefined },
): Promise<Launched> {
  const begin = rotate(cluster.serverLog);
  const output = openSync(cluster.serverLog, "a", 0o600);
  // A process group of its own: Ctrl-C must reach the hub alone, which then stops the server in order.
  const child = spawn(join(native, "bin", "postgres"), ["-D", cluster.data, ...settings(options.port, options.fsync)], {
    ...options.user,
    cwd: cluster.data,
    detached: true,
    stdio: ["ignore", output, output],
    env: { PATH: process.env.PATH, LC_ALL: "C" },
  });
  closeSync(output);
  child.unref();
  let ended: string | undefined;
  child.once("error", (error) => (ended = error.message));
  child.once("exit", () => (ended ??= ""));
  const client = await connectTo(urlOf(cluster, options.port), () => ended === undefined, READY_LIMIT_MS);
  if (client && child.pid !== undefined && ended === undefined) return { pid: child.pid, client };
  await client?.end().catch(() => {}); // somebody else's server on that port
  return { lastWords: ended || readFileSync(cluster.serverLog).subarray(begin).toString("utf8") };
}

function rotate(file: string): number {
  if (!existsSync(file)) return 0;
  const { size } = statSync(file);
  if (size < LARGEST_LOG_BYTES) return size;
  renameSync(file, `${file}.1`);
  return 0;
}
