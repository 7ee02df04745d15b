// A server process that outlived its hub: found by postmaster.pid, and ended when it does not answer.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A server that runs on a cluster. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

/** True while the process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0]?.endsWith("postgres") ?? false;
  } catch {
    return process.platform !== "linux" && isAlive(pid);
  }
}

/** The server of a cluster, when one runs; a pid file whose process is gone or another program is stale. */
export function runningServer(data: string): RunningServer | undefined {
  try {
    const [pid, , , port] = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
    const server = { pid: Number(pid), port: Number(port) };
    return server.pid > 0 && isAlive(server.pid) && isPostgres(server.pid) ? server : undefined;
  } catch {
    return undefined;
  }
}

/** Waits until a process is gone; false when it is still there after the limit. */
export async function waitForExit(pid: number, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (isAlive(pid)) {
    if (performance.now() > end) return false;
    await delay(20);
  }
  return true;
}

/** Ends a server: fast (SIGINT: roll back and stop), then at once (SIGQUIT: recover at the next start). */
export async function endServer(pid: number): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    if (await waitForExit(pid, signal === "SIGINT" ? 4_000 : 2_000)) return;
  }
}
