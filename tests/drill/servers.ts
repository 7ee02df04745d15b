// The servers of a drill: a database on a disk of its own, a Redis and, for Kafka, a broker, each behind a proxy; killed and brought back.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startEmbedded } from "@ruta/db/embedded";
import { startRedis } from "@ruta/kit/testing";
import { startBroker } from "../../infra/kafka/broker.ts";
import { openDisk } from "./disk.ts";
import type { Disk } from "./disk.ts";
import { openProxy } from "./proxy.ts";
import type { Proxy } from "./proxy.ts";

/** A server that can be killed, and the way to it. */
export interface Server {
  readonly way: Proxy;
  /** Ends it as a crash does; resolves when it answers again. */
  kill(): Promise<void>;
}

/** The Redis through which gateways limit; each fault resolves when it is undone. */
interface RedisServer {
  readonly way: Proxy;
  /** Ends it as a crash does, and brings it back after a while. */
  kill(awayMs: number): Promise<void>;
  /** Stands still for a while. */
  stop(ms: number): Promise<void>;
  flush(): Promise<void>;
  /** How often a gateway has asked it since it was started. */
  asked(): Promise<number>;
}

/** What a drill runs on. A server that is not its own can be neither killed nor cut. */
export interface Servers {
  readonly databaseUrl: string;
  /** host:port of the proxy; undefined without Kafka. */
  readonly kafkaBrokers?: string | undefined;
  readonly database?: Server;
  readonly broker?: Server | undefined;
  /** Undefined where there is no redis-server. */
  readonly redis?: RedisServer | undefined;
  readonly disk?: Disk;
}

const AGAIN_MS = 250;
const START_LIMIT_MS = 90_000;

/** Repeats a start until it works: the processes of the one that was killed may still be leaving, or its disk be full. */
async function persist<T>(start: () => Promise<T>): Promise<T> {
  const end = performance.now() + START_LIMIT_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(AGAIN_MS);
    }
  }
}

/** Starts the servers of a drill. */
export async function startServers(
  driver: "postgres" | "kafka",
  say: (line: string) => void,
): Promise<Servers & { stop(): Promise<void> }> {
  const root = mkdtempSync(join(tmpdir(), "ruta-drill-"));
  chmodSync(root, 0o711); // passable for the database's user
  const stops: (() => Promise<void>)[] = [async () => rmSync(root, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).toReversed()) await one();
  };
  try {
    const disk = await openDisk(join(root, "disk"));
    stops.push(disk.close);
    const { server, url } = await startDatabase(disk.folder, stops);
    const broker = driver === "kafka" ? await startKafka(join(root, "kafka"), stops, say) : undefined;
    const redis = await openRedis(stops);
    return {
      databaseUrl: url,
      kafkaBrokers: broker && `127.0.0.1:${broker.way.port}`,
      database: server,
      broker,
      redis,
      disk,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startDatabase(folder: string, stops: (() => Promise<void>)[]): Promise<{ server: Server; url: string }> {
  let server = await startEmbedded({ folder });
  let stopping = false;
  let returning: Promise<void> | undefined;
  const port = Number(new URL(server.url).port);
  const way = await openProxy(() => [port]);
  const restart = async (): Promise<void> => {
    server = await persist(() => startEmbedded({ folder, port }));
  };
  // A server that meets a full disk may end by itself: it is brought back like one that was killed.
  const watching = setInterval(() => {
    if (stopping || returning || isAlive(server.pid)) return;
    returning = restart().finally(() => (returning = undefined));
    returning.catch(() => {});
  }, AGAIN_MS);
  stops.push(async () => {
    stopping = true;
    clearInterval(watching);
    await returning?.catch(() => {});
    await way.close();
    await server.stop();
  });
  const url = new URL(server.url);
  url.port = String(way.port);
  return {
    url: url.href,
    server: {
      way,
      async kill() {
        await returning;
        const { pid } = server;
        process.kill(pid, "SIGKILL");
        returning = (async () => {
          while (isAlive(pid)) await delay(20);
          await restart();
        })().finally(() => (returning = undefined));
        await returning;
      },
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function openRedis(stops: (() => Promise<void>)[]): Promise<RedisServer | undefined> {
  const server = await startRedis();
  if (!server) return undefined;
  let stopping = false;
  // It may stand still when the drill is stopped, and would not hear anything milder.
  stops.push(async () => {
    stopping = true;
    await server.kill();
  });
  const way = await openProxy(() => [Number(new URL(server.url).port)]);
  stops.push(way.close);
  return {
    way,
    async kill(awayMs) {
      await server.kill();
      await delay(awayMs);
      if (!stopping) await persist(() => server.start());
    },
    async stop(ms) {
      process.kill(server.pid(), "SIGSTOP");
      await delay(ms);
      process.kill(server.pid(), "SIGCONT");
    },
    flush: server.flush,
    asked: server.scripts,
  };
}

async function startKafka(
  folder: string,
  stops: (() => Promise<void>)[],
  say: (line: string) => void,
): Promise<Server> {
  let port = 0;
  const way = await openProxy(() => [port]);
  stops.push(way.close);
  const broker = await startBroker({ folder, advertised: way.port, say });
  port = Number(broker.brokers.split(":")[1]);
  stops.push(() => broker.stop());
  return {
    way,
    async kill() {
      broker.kill9();
      await persist(() => broker.restart());
    },
  };
}
