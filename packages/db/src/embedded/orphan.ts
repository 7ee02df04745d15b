// Server processes: found by postmaster.pid, told apart from strangers that bear the same process id, and ended.
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
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
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

// A process id comes round again, after a reboot almost surely: only a server of this very folder is ours to touch.
function serves(pid: number, data: string): boolean {
  try {
    const [program = "", ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return basename(program) === "postgres" && args[args.indexOf("-D") + 1] === data;
  } catch {
    if (process.platform === "linux") return false;
    const { stdout } = spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
    return /postgres/.test(stdout) && stdout.includes(`-D ${data} `);
  }
}

function worksIn(data: string): boolean {
  return readdirSync("/proc").some((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === data;
    } catch {
      return false;
    }
  });
}

/**
 * The server of a cluster, when one runs. A pid file whose number now belongs to another program is removed, since the
 * server would refuse to start for it; not while any process of the old server still works in the folder.
 */
export function runningServer(data: string): RunningServer | undefined {
  const file = join(data, "postmaster.pid");
  let lines: string[];
  try {
    lines = readFileSync(file, "utf8").split("\n");
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 1 || !isAlive(pid)) return undefined;
  if (serves(pid, data)) return { pid, port: Number(lines[3]) };
  if (process.platform === "linux" && !worksIn(data)) rmSync(file, { force: true });
  return undefined;
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

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (isAlive(pid)) throw error;
  }
}

/**
 * Ends the server of a cluster: fast (SIGINT: roll back and stop), then at once (SIGQUIT: recover at the next start),
 * then by force. Asks before each signal whether it is still that server.
 */
export async function endServer(pid: number, data: string): Promise<void> {
  for (const [signal, limitMs] of [
    ["SIGINT", 4_000],
    ["SIGQUIT", 2_000],
    ["SIGKILL", 2_000],
  ] as const) {
    if (!isAlive(pid) || !serves(pid, data)) return;
    send(pid, signal);
    send(pid, "SIGCONT"); // a stopped process hears nothing else
    if (await waitForExit(pid, limitMs)) return;
  }
}
