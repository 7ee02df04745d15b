// Looks into the processes of a test's hub: the real route table of every app that listens, memory in use, open connections.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { City } from "./city.ts";

/** A JSON Schema, of a route's own zod schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A route as its app has registered it; HEAD is left out, since it comes with each GET. */
export interface Route {
  readonly method: string;
  /** With its parameters, such as /v1/referrals/:id. */
  readonly url: string;
  readonly bodyLimit: number;
  readonly params: JsonSchema | undefined;
  readonly query: JsonSchema | undefined;
  readonly body: JsonSchema | undefined;
}

/** An app that listens. */
export interface ListeningApp {
  readonly pid: number;
  readonly port: number;
  readonly routes: readonly Route[];
}

/** A process at one moment, after what could be collected was. */
export interface Inspection {
  readonly pid: number;
  readonly connections: number;
  /** Heap and what it holds outside. */
  readonly usedBytes: number;
  readonly rssBytes: number;
}

/** Arguments of Node for a process that can be looked into; what it writes goes to `folder`. */
export function insideArgs(folder: string): string[] {
  const entry = new URL("inside.ts", import.meta.url);
  entry.searchParams.set("folder", folder);
  return ["--expose-gc", "--import", entry.href];
}

const LIMIT_MS = 20_000;

function read<T>(folder: string, prefix: string): T[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as T);
}

/** Every app that has listened; more pids than processes mean that one was started again. */
export function listening(folder: string): ListeningApp[] {
  return read<ListeningApp>(folder, "app-");
}

/** Looks into every process of a city. */
export async function inspect(city: City, folder: string): Promise<Inspection[]> {
  const before = read<Inspection>(folder, "inspection-").length;
  for (const one of city.processes) one.signal("SIGWINCH");
  for (const end = performance.now() + LIMIT_MS; performance.now() < end; await delay(20)) {
    const all = readdirSync(folder)
      .filter((name) => name.startsWith("inspection-") && name.endsWith(".json"))
      .toSorted((a, b) => Number(/-(\d+)\.json$/.exec(a)?.[1]) - Number(/-(\d+)\.json$/.exec(b)?.[1]));
    if (all.length < before + city.processes.length) continue;
    const last = new Map(all.map((name) => [name.split("-")[1], name]));
    return [...last.values()].map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Inspection);
  }
  throw new Error("a process of the hub did not answer an inspection");
}
