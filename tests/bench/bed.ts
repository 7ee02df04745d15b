// What every measure runs on: servers, hub, load and receivers, and the books that are balanced after each.
import { setTimeout as delay } from "node:timers/promises";
import { today } from "@ruta/client/simulator";
import { TOPICS } from "@ruta/events";
import { openLog } from "@ruta/log";
import type { Log } from "@ruta/log";
import { balance, markOf, readSince } from "./books.ts";
import type { Mark } from "./books.ts";
import { startChild } from "./child.ts";
import type { Child } from "./child.ts";
import { SERVICES, openHub } from "./hub.ts";
import type { Hub } from "./hub.ts";
import type { Accepted, LoadJob, Loaded } from "./load.ts";
import type { Backend, Servers } from "./servers.ts";
import { startServers } from "./servers.ts";
import type { Arrival, Manner } from "./sink.ts";

/** How a bench runs. */
export interface BenchOptions {
  readonly backend: Backend;
  readonly seed: number;
  /** How long a steady load lasts, in seconds. */
  readonly seconds: number;
  readonly say: (line: string) => void;
  /** Ends the bench early, in order; it rejects then. */
  readonly signal: AbortSignal;
  /** Arguments of Node for the services' processes, to profile them. */
  readonly execArgv: readonly string[];
  /** How long nothing may arrive before the books are balanced as they are, in milliseconds. */
  readonly stillMs?: number;
}

/** A load whose answers count. */
interface Sent extends Loaded {
  /** Accepted a second. */
  readonly perS: number;
}

/** What to send; `apart`: beside another load, by a process of its own, and not in the books: nobody takes it. */
type Load = Partial<Pick<LoadJob, "rate" | "target" | "performers">> & {
  readonly seconds: number;
  readonly apart?: boolean;
};

/** What measures use. */
export interface Bed extends BenchOptions {
  readonly servers: Servers;
  readonly hub: Hub;
  readonly log: Log;
  readonly performers: readonly string[];
  /** Every service, as this backend runs them: one process on the database, one each on Kafka. */
  readonly everything: readonly (readonly string[])[];
  /** Sends a load to the gateway or another target; everything accepted there goes into the books. */
  send(load: Load): Promise<Sent>;
  /** Lets receivers listen that behave so; answers the ids of their institutions. */
  receivers(manners: readonly Manner[], kind: string): Promise<string[]>;
  /** Begins new books. */
  open(): Promise<void>;
  /** Waits until everything sent has arrived, and balances the books: throws Lost. Answers what arrived. */
  settle(): Promise<Arrival[]>;
  close(): Promise<void>;
}

const PERFORMERS = 20;
const CONNECTIONS = 64;
/** Connections by the clock: enough that the load never waits for one while the hub keeps up. */
const MOST_CONNECTIONS = 256;
const STILL_MS = 45_000;
const LOOK_MS = 250;
/** Events of a referral that has been delivered: requested, addressed, delivered. */
const EVENTS_EACH = 3;

/** Prepares everything. */
export async function openBed(options: BenchOptions): Promise<Bed> {
  const { backend, say, signal, seed } = options;
  const stops: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  };
  try {
    say("starting servers and hub …");
    const servers = await startServers(backend, say);
    stops.push(servers.stop);
    const hub = await openHub(servers);
    stops.push(hub.stop);
    signal.throwIfAborted();
    const { databaseUrl, kafkaBrokers } = servers;
    const log = await openLog({ databaseUrl, kafkaBrokers, prefix: `${hub.prefix}.`, clientId: "bench" });
    stops.push(log.close);
    const child = (file: string): Child => {
      const one = startChild(new URL(file, import.meta.url));
      stops.push(one.stop);
      return one;
    };
    const [load, second] = [child("load.ts"), child("load.ts")];
    // Hostile ones in a process of their own: what they do to themselves is not for those beside them.
    const [sink, hostile] = [child("sink.ts"), child("sink.ts")];
    const receivers: Bed["receivers"] = async (manners, kind) => {
      const listening = manners.includes("prompt") ? sink : hostile;
      return hub.performers(await listening.ask<number[]>({ listen: manners }), kind);
    };
    const performers = await receivers(
      Array.from({ length: PERFORMERS }, () => "prompt" as const),
      "performer",
    );
    await hub.stop();

    let runs = 0;
    let mark: Mark = await markOf(log);
    let accepted: Accepted[] = [];
    const own = { target: hub.gateway, senders: hub.senders, performers, connections: CONNECTIONS };
    return {
      ...options,
      servers,
      hub,
      log,
      performers,
      everything: backend === "kafka" ? SERVICES.map((name) => [name]) : [SERVICES],
      receivers,
      async send({ apart = false, ...what }) {
        signal.throwIfAborted();
        runs += 1;
        const most = what.rate === undefined ? CONNECTIONS : MOST_CONNECTIONS;
        const job: LoadJob = { ...own, connections: most, run: `${seed}-${runs}`, today: today(Date.now()), ...what };
        const loaded = await (apart ? second : load).ask<Loaded>(job);
        if (job.target === hub.gateway && !apart) accepted = accepted.concat(loaded.accepted);
        const [first, last] = [
          loaded.accepted[0]?.from ?? 0,
          Math.max(0, ...loaded.accepted.map(({ until }) => until)),
        ];
        return { ...loaded, perS: (loaded.accepted.length * 1000) / Math.max(1, last - first) };
      },
      async open() {
        await sink.ask({ take: true });
        mark = await markOf(log);
        accepted = [];
      },
      async settle() {
        const cases = new Set(accepted.map(({ caseId }) => caseId));
        let arrivals: Arrival[] = [];
        for (let [last, moved] = [-1, performance.now()]; ;) {
          await arrive(log, mark, accepted.length, options);
          const kept = await readSince(log, mark, cases);
          // Afterwards: what the log has as delivered was received before.
          arrivals = arrivals.concat(await sink.ask<Arrival[]>({ take: true }));
          // What others caused may have been counted for what is still to come.
          if (kept.delivered.size > last) [last, moved] = [kept.delivered.size, performance.now()];
          const still = performance.now() - moved > (options.stillMs ?? STILL_MS);
          if (kept.delivered.size >= cases.size || still) {
            balance(accepted, kept, arrivals);
            break;
          }
          await delay(LOOK_MS, undefined, { signal });
        }
        say(`  ${accepted.length} taken, every one decided and received`);
        return arrivals;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Waits until the log has every event of so many referrals, as long as it grows. */
async function arrive(
  log: Log,
  mark: Mark,
  count: number,
  { signal, stillMs = STILL_MS }: BenchOptions,
): Promise<void> {
  const before = [...mark.events.values()].reduce((sum, end) => sum + end, 0n);
  let [last, moved] = [-1, performance.now()];
  for (;;) {
    const ends = (await log.offsets(TOPICS.events)).map(({ end }) => end);
    const now = Number(ends.reduce((sum, end) => sum + end, 0n) - before);
    if (now >= count * EVENTS_EACH) return;
    if (now > last) [last, moved] = [now, performance.now()];
    if (performance.now() - moved > stillMs) return;
    await delay(LOOK_MS, undefined, { signal });
  }
}
