// A drill: institutions ask and answer without pause while faults befall the hub, drawn from a seed; then everything is counted.
import { setTimeout as delay } from "node:timers/promises";
import { openDb } from "@ruta/db";
import { openCity } from "../city.ts";
import type { City, Shape } from "../city.ts";
import { verdict } from "./audit.ts";
import type { Findings } from "./audit.ts";
import { openFaulting } from "./faults.ts";
import { fallenOffsets, watchOffsets } from "./offsets.ts";
import { KINDS, faultsOf } from "./plan.ts";
import type { Fault, Kind } from "./plan.ts";
import { openProxy } from "./proxy.ts";
import { startServers } from "./servers.ts";
import type { Servers } from "./servers.ts";
import { settle } from "./settle.ts";
import { PERSONALITIES, SILENT, startTraffic } from "./traffic.ts";
import type { Traffic } from "./traffic.ts";

/** How a drill runs; it ends by itself. */
export interface DrillOptions {
  readonly driver: Shape["driver"];
  readonly kills: number;
  readonly seed: number;
  readonly say: (line: string) => void;
  /** Processes of each service; two on Kafka and one on PostgreSQL when not said. */
  readonly instances?: number | undefined;
  /** Requests under way at the same time, 4 when not said. */
  readonly lines?: number | undefined;
  /** Kinds of faults to draw from, all when not said. */
  readonly kinds?: readonly Kind[] | undefined;
  /** Services whose processes are killed and stopped, all when not said. */
  readonly victims?: readonly string[] | undefined;
  /** No fault waits for the hub to recover from the one before, and the first thing found for sure ends the drill. */
  readonly hurried?: boolean | undefined;
  /** Ends the drill early, in order; it rejects then. */
  readonly signal?: AbortSignal | undefined;
  /** How long everything may stand still before the drill ends, in milliseconds. */
  readonly settleMs?: number | undefined;
  /** Arguments of Node for the services' processes. */
  readonly execArgv?: readonly string[] | undefined;
}

/** What came of it. */
export interface Drilled extends Findings {
  readonly driver: Shape["driver"];
  readonly seed: number;
  readonly seconds: number;
  /** Faults of each kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** How long it took until everything flowed again, after each fault that came alone, in seconds. */
  readonly recoveries: readonly { readonly what: string; readonly seconds: number }[];
}

const PAUSE_MS = 200;
const RECOVERY_LIMIT_MS = 90_000;
const MOVES_LIMIT_MS = 15_000;
const LOOK_MS = 100;

/** Runs a drill on servers of its own. */
export async function drill(options: DrillOptions): Promise<Drilled> {
  const { driver, say } = options;
  const began = performance.now();
  const servers = await startServers(driver, say);
  const stops: (() => Promise<void>)[] = [servers.stop];
  try {
    const city = await openCity({ driver, processes: "many" }, PERSONALITIES, SILENT, {
      ...servers,
      instances: options.instances ?? (driver === "kafka" ? 2 : 1),
      execArgv: options.execArgv ?? [],
      async door(ports) {
        const door = await openProxy(() => ports);
        stops.push(door.close);
        return door.port;
      },
    });
    stops.push(city.stop);
    const traffic = startTraffic(city, options.lines ?? 4, PAUSE_MS);
    const db = openDb({ url: servers.databaseUrl, name: "drill", max: 2 });
    stops.push(async () => db.close());
    await watchOffsets(db, city.env.RUTA_PREFIX ?? "");
    const done = await disturb(options, city, servers, traffic);
    const findings = await settle(options, city, servers, traffic, () => fallenOffsets(db));
    const seconds = Math.round((performance.now() - began) / 1000);
    return { ...findings, ...done, driver, seed: options.seed, seconds };
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

/** Does the faults, and answers what was done; resolves when the last is over. */
async function disturb(
  { driver, kills, seed, say, kinds = KINDS, victims, hurried = false, signal }: DrillOptions,
  city: City,
  servers: Servers,
  traffic: Traffic,
): Promise<Pick<Drilled, "faults" | "recoveries">> {
  const faulting = openFaulting(city, servers, kinds, victims);
  for (const line of faulting.skipped) say(line);
  const faults: Record<string, number> = {};
  const recoveries: { what: string; seconds: number }[] = [];
  const under = new Set<Promise<void>>();
  const plan = faultsOf(seed, faulting.kinds);
  await flows(traffic, performance.now(), signal);
  for (let n = 0; n < kills;) {
    const fault: Fault = plan.next().value;
    const calm = fault.calm && !hurried;
    if (calm) {
      await Promise.all(under);
      await flows(traffic, performance.now(), signal);
    } else if (hurried) await moves(traffic, signal);
    const from = performance.now();
    const befallen = faulting.begin(fault);
    if (!befallen) {
      await delay(LOOK_MS, undefined, { signal });
      continue;
    }
    n += 1;
    faults[fault.kind] = (faults[fault.kind] ?? 0) + 1;
    say(
      `${driver}: ${n} of ${kills}: ${befallen.words}; ${traffic.asked.length} taken, ${traffic.toldAt.size} complete`,
    );
    const over = befallen.over.finally(() => under.delete(over));
    under.add(over);
    if (calm) {
      await over;
      // A server that is killed is away until it answers again; a way or a process that stood still, until it goes on.
      const since = fault.lastsMs > 0 ? performance.now() : from;
      const flowed = await flows(traffic, since, signal);
      recoveries.push({ what: befallen.words, seconds: (flowed - since) / 1000 });
      if (flowed - since >= RECOVERY_LIMIT_MS) say(`${driver}: not recovered within ${RECOVERY_LIMIT_MS / 1000} s`);
    }
    await delay(fault.pauseMs, undefined, { signal });
  }
  await Promise.all(under);
  return { faults, recoveries };
}

/** When everything flowed again that was taken before `at`, and something that began after it; the limit when that takes longer. */
async function flows(traffic: Traffic, at: number, signal: AbortSignal | undefined): Promise<number> {
  for (
    const end = performance.now() + RECOVERY_LIMIT_MS;
    performance.now() < end;
    await delay(LOOK_MS, undefined, { signal })
  ) {
    const since = traffic.flowsSince(at);
    if (since !== undefined) return Math.max(since, at);
  }
  return at + RECOVERY_LIMIT_MS;
}

/** Waits until something becomes complete, for a while: a fault shows only where there is work. */
async function moves({ toldAt }: Traffic, signal: AbortSignal | undefined): Promise<void> {
  const before = toldAt.size;
  for (const end = performance.now() + MOVES_LIMIT_MS; toldAt.size === before && performance.now() < end;)
    await delay(LOOK_MS, undefined, { signal });
}

/** How many faults a drill has done. */
export function killsOf({ faults }: Drilled): number {
  return Object.values(faults).reduce((sum, count) => sum + count, 0);
}

/** A drill in two lines: what was counted, and the sum of it. */
export function inWords(drilled: Drilled): readonly [string, string] {
  const { driver, seed, seconds, faults, recoveries, ...counts } = drilled;
  const list = (of: object): string =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  const times = recoveries.map((one) => one.seconds).toSorted((a, b) => a - b);
  const time = (n: number | undefined): string => (n === undefined ? "-" : n.toFixed(1));
  const { lost, twice, outOfOrder, otherId } = verdict(drilled);
  return [
    `drill on ${driver}, seed ${seed}, ${seconds} s: ${list(faults)}; ${list(counts)}`,
    `kills ${killsOf(drilled)}, accepted ${drilled.accepted}, lost ${lost}, decided twice ${twice}, out of order ${outOfOrder}, ` +
      `received under another id ${otherId}, recovered p50 ${time(times[Math.floor(times.length / 2)])} s max ${time(times.at(-1))} s`,
  ];
}

/** Whether a drill shows what it has to show. */
export function isClean(drilled: Drilled): boolean {
  return Object.values(verdict(drilled)).every((count) => count === 0);
}
