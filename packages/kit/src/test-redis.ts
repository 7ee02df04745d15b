// For tests: a real redis-server on a free port of this machine, that can be killed and started again.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { Redis } from "ioredis";

/** A server that a test owns. It keeps nothing on disk. */
export interface TestRedis {
  readonly url: string;
  pid(): number;
  /** Forgets everything it holds. */
  flush(): Promise<void>;
  /** How many scripts it has run since it was started: the limiter asks by one. */
  scripts(): Promise<number>;
  /** Ends it without a word. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

function found(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Files in PEM form with which a server speaks TLS, and nothing else. */
interface ServerTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const inClear = (port: number): string[] => ["--port", String(port)];
const overTls = (port: number, { ca, cert, key }: ServerTls): string[] =>
  Object.entries({
    port: "0",
    "tls-port": String(port),
    "tls-ca-cert-file": ca,
    "tls-cert-file": cert,
    "tls-key-file": key,
  }).flatMap(([name, value]) => [`--${name}`, value]);

/** Starts one, with these further arguments; undefined where there is no redis-server. */
export async function startRedis(tls?: ServerTls, more: readonly string[] = []): Promise<TestRedis | undefined> {
  if (!found("redis-server")) return undefined;
  const port = await freePort();
  const url = tls ? `rediss://localhost:${port}` : `redis://127.0.0.1:${port}`;
  const ports = tls ? overTls(port, tls) : inClear(port);
  const args = [...ports, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", ...more];
  let child: ChildProcess;
  async function start(): Promise<void> {
    child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "ignore"] });
    const started = child;
    await new Promise<void>((resolve, reject) => {
      started.once("error", reject);
      started.once("exit", () => reject(new Error("redis-server ended at once")));
      started.stdout?.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes("Ready to accept connections")) resolve();
      });
    });
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  }
  async function ask<T>(use: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(url, { maxRetriesPerRequest: 0 });
    client.on("error", () => {}); // the command that fails says it
    try {
      return await use(client);
    } finally {
      client.disconnect();
    }
  }
  await start();
  return {
    url,
    pid: () => child.pid ?? 0,
    flush: () => ask(async (client) => void (await client.flushall())),
    async scripts() {
      const stats = await ask((client) => client.info("commandstats"));
      return [...stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)].reduce(
        (sum, [, calls]) => sum + Number(calls),
        0,
      );
    },
    kill: () => end("SIGKILL"),
    start,
    stop: () => end("SIGTERM"),
  };
}
