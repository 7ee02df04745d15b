// A drill: institutions ask and answer without pause while faults befall the hub, drawn from a seed; then everything is counted.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { openDb } from "@ruta/db";
import { openLog } from "@ruta/log";
import type { Log } from "@ruta/log";
import { openCity } from "../city.ts";
import type { Shape } from "../city.ts";
import { audit, isSure } from "./audit.ts";
import type { Findings } from "./audit.ts";
import { disturb } from "./disturb.ts";
import { loseDatabase, makeKeyringPlace } from "./lost.ts";
import { fallenOffsets, watchOffsets } from "./offsets.ts";
import type { Kind } from "./plan.ts";
import { openProxy } from "./proxy.ts";
import { startServers } from "./servers.ts";
import type { Servers } from "./servers.ts";
import { settle } from "./settle.ts";
import { isClean } from "./summary.ts";
import type { Drilled } from "./summary.ts";
import { INSTITUTIONS, PERSONALITIES, SILENT, startTraffic } from "./traffic.ts";

/** How a drill runs; it ends by itself. */
export interface DrillOptions {
  readonly driver: Shape["driver"];
  readonly kills: number;
  readonly seed: number;
  readonly say: (line: string) => void;
  /** All services in one process, or each in its own; many when not said. */
  readonly processes?: Shape["processes"] | undefined;
  /** Processes of each service; two on Kafka and one on PostgreSQL when not said. */
  readonly instances?: number | undefined;
  /** Requests under way at the same time, 4 when not said. */
  readonly lines?: number | undefined;
  /** Kinds of faults to draw from, all when not said. */
  readonly kinds?: readonly Kind[] | undefined;
  /** Services whose processes are killed and stopped, all when not said. */
  readonly victims?: readonly string[] | undefined;
  /**
   * Hurried: no fault waits for the hub to recover from the one before, and the first thing found for sure ends the drill.
   * Alone: every fault waits. When not said, some do, as the seed says.
   */
  readonly pace?: "hurried" | "alone" | undefined;
  /** After the faults the database is lost, with everything that came since a backup of a while ago; on Kafka alone. */
  readonly restore?: boolean | undefined;
  /** Ends the drill early, in order; it rejects then. */
  readonly signal?: AbortSignal | undefined;
  /** How long everything may stand still before the drill ends, in milliseconds. */
  readonly settleMs?: number | undefined;
  /** Where the log of all processes is kept when the drill does not show what it has to; nowhere when not said. */
  readonly keepLog?: string | undefined;
  /** Arguments of Node for the services' processes. */
  readonly execArgv?: readonly string[] | undefined;
}

const PAUSE_MS = 200;

/** Runs a drill on servers of its own. */
export async function drill(options: DrillOptions): Promise<Drilled> {
  const servers = await startServers(options.driver, options.say);
  try {
    return await drillOn(servers, options);
  } finally {
    await servers.stop();
  }
}

/** Runs a drill on these servers, in a database that nothing else uses. */
export async function drillOn(servers: Servers, options: DrillOptions): Promise<Drilled> {
  const { driver, processes = "many", say } = options;
  const { databaseUrl, kafkaBrokers } = servers;
  const began = performance.now();
  const stops: (() => Promise<void>)[] = [];
  try {
    const city = await openCity({ driver, processes }, PERSONALITIES, SILENT, {
      databaseUrl,
      kafkaBrokers,
      instances: options.instances ?? (driver === "kafka" ? 2 : 1),
      execArgv: options.execArgv ?? [],
      env: {
        ...(servers.redis ? { REDIS_URL: `redis://127.0.0.1:${servers.redis.way.port}` } : {}),
        ...(options.restore === true ? { KEYRING_URL: await makeKeyringPlace(databaseUrl) } : {}),
      },
      async door(ports) {
        const door = await openProxy(() => ports);
        stops.push(door.close);
        return door.port;
      },
    });
    stops.push(city.stop);
    const traffic = startTraffic(city, options.lines ?? 4, PAUSE_MS);
    const db = openDb({ url: databaseUrl, name: "drill", max: 2 });
    stops.push(async () => db.close());
    await watchOffsets(db, city.env.RUTA_PREFIX ?? "");
    const citizens = INSTITUTIONS.map((id) => city.citizen(id));
    // Opened when it is read: what befalls the servers befalls every connection.
    const open = (): Promise<Log> =>
      openLog({ kafkaBrokers, databaseUrl, prefix: `${city.env.RUTA_PREFIX}.`, clientId: "drill" });
    const look = async (log: Log): Promise<Findings> =>
      audit(log, traffic.asked, citizens, { fallen: await fallenOffsets(db), untaken: traffic.waiting() });
    const isFound = async (): Promise<boolean> => {
      const log = await open();
      try {
        return isSure(await look(log));
      } finally {
        await log.close();
      }
    };
    const done = await disturb(options, city, servers, traffic, isFound);
    if (options.restore === true) await loseDatabase({ city, servers, traffic, db, say, signal: options.signal });
    const log = await open();
    stops.push(() => log.close());
    const findings = await settle(options, { city, log, databaseUrl, traffic, recoveries: done.recoveries, look });
    const seconds = Math.round((performance.now() - began) / 1000);
    const drilled = { ...findings, ...done, driver, seed: options.seed, seconds };
    if (options.keepLog !== undefined && !isClean(drilled)) {
      copyFileSync(join(city.folder, "hub.log"), options.keepLog);
      say(`${driver}: what the processes logged is in ${options.keepLog}`);
    }
    return drilled;
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}
