// The processes of the demonstration: started beside this one, brought back when they die, stopped in order.
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A process that is started again when it ends by itself. */
export interface Kept {
  readonly name: string;
  /** Sends a signal: SIGKILL ends it without a word, as a crash does, and it is started again. Answers whether there was one. */
  signal(name: NodeJS.Signals): boolean;
  stop(): Promise<void>;
  /** Starts it again after a stop. */
  again(): void;
}

/** The `ruta` command, which is what runs in production too. */
export const RUTA = fileURLToPath(new URL("../../services/hub/src/main.ts", import.meta.url));

const RESTART_MS = 500;
const STOP_LIMIT_MS = 4_500;

/** Starts a TypeScript file with a channel to this process: it ends itself when this process is gone. */
export function keep(options: {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Arguments of Node itself; those of this process when not said. */
  readonly execArgv?: readonly string[] | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Where its output goes. */
  readonly log: string;
  readonly onMessage?: (message: unknown) => void;
  readonly onRestart?: () => void;
}): Kept {
  let stopping = false;
  let child: ChildProcess;
  function start(): void {
    const output = openSync(options.log, "a", 0o600);
    child = fork(options.file, options.args, {
      env: options.env,
      ...(options.execArgv ? { execArgv: [...options.execArgv] } : {}),
      stdio: ["ignore", output, output, "ipc"],
      detached: true,
    });
    closeSync(output);
    if (options.onMessage) child.on("message", options.onMessage);
    child.on("exit", () => {
      if (stopping) return;
      options.onRestart?.();
      setTimeout(() => {
        if (!stopping) start();
      }, RESTART_MS);
    });
  }
  start();
  return {
    name: options.name,
    signal: (name) => child.kill(name),
    again() {
      stopping = false;
      start();
    },
    async stop() {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const late = new AbortController();
      await Promise.race([
        once(child, "exit"),
        delay(STOP_LIMIT_MS, undefined, { signal: late.signal, ref: false }).catch(() => {}),
      ]);
      late.abort();
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    },
  };
}

/** Waits until an address answers 200, at most `limitMs`; throws when the signal aborts before. */
export async function ready(url: string, limitMs: number, signal?: AbortSignal): Promise<void> {
  const end = performance.now() + limitMs;
  let words = "no answer";
  while (performance.now() < end) {
    signal?.throwIfAborted();
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    if (response?.ok) return;
    if (response) words = (await response.text()).slice(0, 300);
    await delay(50);
  }
  throw new Error(`${url} was not ready within ${limitMs / 1000} s: ${words}`);
}
