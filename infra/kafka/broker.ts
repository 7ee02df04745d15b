// A real Kafka broker as a child process, without Docker: formatted, started, watched, and gone with its parent.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureJars, javaProgram } from "./jars.ts";
import { serverProperties } from "./settings.ts";
import type { Listener } from "./settings.ts";

const LOGGING = fileURLToPath(new URL("log4j2.properties", import.meta.url));
const HOST = "127.0.0.1";
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

/**
 * Runs the JVM and prints its pid. Descriptor 3 is a pipe that only the parent holds: when the parent ends, however it
 * ends, the pipe closes and the broker is killed, so that no test leaves one behind.
 */
const KEEPER = `"$@" </dev/null >&4 2>&4 3<&- & broker=$!
echo $broker
(cat <&3 >/dev/null; kill -9 $broker 2>/dev/null) 4>&- >/dev/null &
exec 3<&-
wait $broker`;

/** What further brokers join. */
export interface Cluster {
  readonly id: string;
  readonly controllerPort: number;
}

/** What `startBroker` takes. */
export interface BrokerOptions {
  /** Keeps data, settings, ports and the broker's log; a second start on it goes on where the first was. */
  readonly folder: string;
  /** Where clients connect; a free port is taken, and kept for the folder, when it is left out. */
  readonly port?: number;
  /** The port that clients are told, when a proxy stands before the broker. */
  readonly advertised?: number;
  /** The cluster of another broker that it joins under a number of its own, 2 or more; left out: a cluster of its own. */
  readonly joins?: { readonly cluster: Cluster; readonly node: number };
  /** Further doors, as with TLS and SASL. */
  readonly listeners?: readonly Listener[];
  /** Users of SCRAM that the first start on a folder makes, with their passwords. */
  readonly users?: Readonly<Record<string, string>>;
  /** Further settings of server.properties. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Told what takes time, in plain lines. */
  readonly say?: (line: string) => void;
}

/** A running broker. */
export interface Broker {
  /** For KAFKA_BROKERS. */
  readonly brokers: string;
  /** For brokers that join it. */
  readonly cluster: Cluster;
  /** Of the JVM; another one after `restart`. */
  readonly pid: number;
  /** Ends it as a crash would. */
  kill9(): void;
  /** Starts it again on the same data and ports, when the old one is gone, and waits until it answers. */
  restart(): Promise<void>;
  /** Ends it in order (by force after 10 s). */
  stop(): Promise<void>;
  /** Resolves when the running JVM has ended. */
  readonly ended: Promise<void>;
}

/** Starts a broker and waits until it answers. Throws with the end of its log when it does not. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { folder, advertised, joins, listeners, users = {}, say } = options;
  const lib = await ensureJars(say);
  const home = resolve(folder);
  mkdirSync(home, { recursive: true });
  const own = await portsOf(home, options.port);
  const place = joins ? { ...own, controllerPort: joins.cluster.controllerPort, node: joins.node } : own;
  const settings = join(home, "server.properties");
  const more = { listeners, settings: options.settings, data: join(home, "data") };
  writeFileSync(settings, serverProperties({ ...place, advertised, ...more }));
  const logFile = join(home, "broker.log");
  const classPath = join(lib, "*");
  const formatted = clusterIdIn(home);
  const id = formatted ?? joins?.cluster.id ?? newClusterId();
  if (formatted === undefined) {
    const alone = joins ? [] : ["--standalone"];
    await format(classPath, settings, logFile, ["-t", id, ...alone, ...Object.entries(users).flatMap(scramArgs)]);
  }

  let running = await launch(classPath, settings, logFile, place.port);
  return {
    brokers: `${HOST}:${place.port}`,
    cluster: { id, controllerPort: place.controllerPort },
    get pid() {
      return running.pid;
    },
    get ended() {
      return running.ended;
    },
    kill9: () => signal(running.pid, "SIGKILL"),
    async restart() {
      await running.ended;
      running = await launch(classPath, settings, logFile, place.port);
    },
    async stop() {
      const { pid, ended } = running;
      signal(pid, "SIGTERM");
      const force = setTimeout(() => signal(pid, "SIGKILL"), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(force);
    },
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}

/** The ports of a folder: those of its first start, since the controller's own port is part of its data. */
async function portsOf(home: string, port: number | undefined): Promise<{ port: number; controllerPort: number }> {
  const file = join(home, "ports.json");
  const kept = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as { port: number; controllerPort: number })
    : undefined;
  const [first, second] = await freePorts(2);
  const ports = { port: port ?? kept?.port ?? first!, controllerPort: kept?.controllerPort ?? second! };
  writeFileSync(file, JSON.stringify(ports));
  return ports;
}

/** The id of the cluster for which a folder was formatted; undefined for a new folder. */
function clusterIdIn(home: string): string | undefined {
  const file = join(home, "data", "meta.properties");
  return existsSync(file) ? /^cluster\.id=(.*)$/m.exec(readFileSync(file, "utf8"))?.[1] : undefined;
}

/** Kafka's ids are 16 bytes in URL-safe base64; its own tool refuses one that begins with a dash. */
const newClusterId = (): string => `R${randomBytes(16).toString("base64url").slice(1, 21)}A`;

/** Ports that nobody listens on now; held together until all are known, so that no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, HOST, done))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

const JVM = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

const scramArgs = ([name, password]: readonly [string, string]): string[] =>
  ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((way) => ["--add-scram", `${way}=[name=${name},password=${password}]`]);

async function format(classPath: string, settings: string, logFile: string, more: readonly string[]): Promise<void> {
  const tool = ["kafka.tools.StorageTool", "format", "--ignore-formatted", "-c", settings];
  const log = openSync(logFile, "a");
  const child = spawn(javaProgram(), [...JVM, "-cp", classPath, ...tool, ...more], { stdio: ["ignore", log, log] });
  closeSync(log);
  const code = await new Promise<number | null>((done, fail) => child.on("error", fail).on("close", done));
  if (code !== 0) throw new Error(`Kafka's storage could not be formatted:\n${tail(logFile)}`);
}

async function launch(
  classPath: string,
  settings: string,
  logFile: string,
  port: number,
): Promise<{ pid: number; ended: Promise<void> }> {
  if (await answers(port)) throw new Error(`port ${port} is taken by another broker`);
  const log = openSync(logFile, "a");
  const args = [...JVM, `-Dlog4j2.configurationFile=${LOGGING}`, "-cp", classPath, "kafka.Kafka", settings];
  const keeper = spawn("sh", ["-c", KEEPER, "sh", javaProgram(), ...args], {
    stdio: ["ignore", "pipe", "ignore", "pipe", log],
  });
  closeSync(log);
  let over = false;
  const ended = new Promise<void>((done, fail) => {
    keeper.on("error", fail);
    keeper.on("exit", () => {
      over = true;
      keeper.stdio[3]?.destroy();
      done();
    });
  });
  const pid = await new Promise<number>((done, fail) => {
    keeper.stdout!.once("data", (chunk: Buffer) => done(Number(chunk.toString())));
    ended.then(() => fail(new Error("the broker could not be started")), fail);
  });
  const until = performance.now() + START_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (over || performance.now() > until) {
      signal(pid, "SIGKILL");
      throw new Error(`the Kafka broker did not start:\n${tail(logFile)}`);
    }
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  return { pid, ended };
}

/** Whether a broker answers ApiVersions (key 18, version 0) on the port. */
function answers(port: number): Promise<boolean> {
  const request = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);
  return new Promise((done) => {
    const socket = connect({ host: HOST, port, timeout: 1_000 }, () => socket.write(request));
    const end = (answer: boolean): void => {
      socket.destroy();
      done(answer);
    };
    socket.once("data", () => end(true));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
    socket.once("timeout", () => end(false));
  });
}

function tail(file: string): string {
  return readFileSync(file, "utf8").split("\n").slice(-20).join("\n");
}
