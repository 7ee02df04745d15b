// Faults done to a running hub: each begins at once, and says when it is over.
import { setTimeout as delay } from "node:timers/promises";
import type { City } from "../city.ts";
import type { Fault, Kind } from "./plan.ts";
import type { Server, Servers } from "./servers.ts";

/** A fault under way. */
interface Befallen {
  /** In a few words. */
  readonly words: string;
  /** When what was done is done: at once for a kill of a process, when it goes on for a stop, when the way is mended for a cut. */
  readonly over: Promise<void>;
}

/** Does faults to a hub. */
export interface Faulting {
  readonly kinds: readonly Kind[];
  /** Kinds that cannot be made here, and why, in plain lines. */
  readonly skipped: readonly string[];
  /** Begins a fault; undefined when its victim is down already, which is no fault. */
  begin(fault: Fault): Befallen | undefined;
}

/** Looks what can be done to a hub; to processes of these services, or to all. */
export function openFaulting(
  city: City,
  servers: Servers,
  wanted: readonly Kind[],
  victims?: readonly string[],
): Faulting {
  const busy = new Set<unknown>();
  const processes = city.processes.filter(({ name }) => victims?.includes(name) ?? true);
  const { database, disk, broker, redis } = servers;
  const possible = wanted.filter(
    (kind) =>
      (kind !== "fill-disk" || (disk !== undefined && disk.cannot === undefined)) &&
      (database !== undefined || !kind.endsWith("database")) &&
      (broker !== undefined || !kind.endsWith("broker")) &&
      (redis !== undefined || !kind.endsWith("redis")),
  );
  const skipped = [
    ...(wanted.includes("fill-disk") && disk?.cannot ? [`a full disk is skipped: ${disk.cannot}`] : []),
    ...(wanted.some((kind) => kind.endsWith("redis")) && !redis
      ? ["faults of Redis are skipped: there is no redis-server on the PATH"]
      : []),
  ];

  /** Keeps others away from a victim until its fault is over. */
  function hold(victim: unknown, words: string, run: () => Promise<void>): Befallen | undefined {
    if (busy.has(victim)) return undefined;
    busy.add(victim);
    return { words, over: run().finally(() => busy.delete(victim)) };
  }
  function cut(server: Pick<Server, "way">, name: string, { how, lastsMs }: Fault): Befallen | undefined {
    return hold(server, `the way to ${name} is cut for ${lastsMs / 1000} s (${how})`, async () => {
      server.way.cut(how);
      await delay(lastsMs);
      server.way.mend();
    });
  }
  const kill = (server: Server, name: string): Befallen | undefined =>
    hold(server, `kill -9 of the ${name}`, () => server.kill());

  return {
    kinds: possible,
    skipped,
    begin(fault) {
      const { kind, lastsMs } = fault;
      const chosen = processes[Math.min(Math.floor(fault.victim * processes.length), processes.length - 1)]!;
      const name = `${chosen.name} (process ${city.processes.indexOf(chosen) + 1})`;
      switch (kind) {
        case "kill":
          if (busy.has(chosen) || !chosen.signal("SIGKILL")) return undefined;
          return { words: `kill -9 of ${name}`, over: Promise.resolve() };
        case "stop":
          if (busy.has(chosen) || !chosen.signal("SIGSTOP")) return undefined;
          return hold(chosen, `${name} stands still for ${lastsMs / 1000} s`, async () => {
            await delay(lastsMs);
            chosen.signal("SIGCONT");
          });
        case "kill-database":
          return database && kill(database, "database");
        case "cut-database":
          return database && cut(database, "the database", fault);
        case "kill-broker":
          return broker && kill(broker, "broker");
        case "cut-broker":
          return broker && cut(broker, "the broker", fault);
        case "fill-disk":
          return (
            disk &&
            hold(database, `the database's disk is full for ${lastsMs / 1000} s`, async () => {
              await disk.fill();
              await delay(lastsMs);
              await disk.empty();
            })
          );
        case "kill-redis":
          return redis && hold(redis, `kill -9 of Redis, away for ${lastsMs / 1000} s`, () => redis.kill(lastsMs));
        case "stop-redis":
          return redis && hold(redis, `Redis stands still for ${lastsMs / 1000} s`, () => redis.stop(lastsMs));
        case "cut-redis":
          return redis && cut(redis, "Redis", fault);
        case "flush-redis":
          return redis && hold(redis, "Redis forgets everything", () => redis.flush());
      }
    },
  };
}
