// A soak: institutions ask and answer at a steady pace while what takes days to go goes in seconds; nothing may grow beyond its data.
import { setTimeout as delay } from "node:timers/promises";
import { openDb } from "@ruta/db";
import { openCity } from "../city.ts";
import type { Shape } from "../city.ts";
import { INSTITUTIONS, PERSONALITIES, SILENT, startTraffic, untold } from "../drill/traffic.ts";
import { insideArgs, listening } from "../inspect.ts";
import { startSoakServers } from "./ground.ts";
import { judge } from "./judge.ts";
import type { Look, Meaning, Verdict } from "./judge.ts";
import { look } from "./look.ts";
import { startPuller } from "./puller.ts";
import { LONGEST_DAYS } from "./windows.ts";
import type { Swept } from "./windows.ts";

/** How a soak runs; it ends by itself. */
export interface SoakOptions {
  readonly shape: Shape;
  readonly seconds: number;
  /** Cases a second, about. */
  readonly rate: number;
  /** A table of which nothing goes by age, which the soak must find. */
  readonly without?: Swept | undefined;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface Soaked {
  readonly seconds: number;
  /** Length of a day, in milliseconds. */
  readonly dayMs: number;
  readonly cases: number;
  readonly verdicts: readonly Verdict[];
  /** What is wrong besides: cases whose end was not told, processes that ended. */
  readonly faults: readonly string[];
}

/** What of the whole time passes before anything is judged: the longest time for which something is kept, and a tenth. */
const WARM = 0.4;
const LOOKS = 60;
const LEAST_LOOK_MS = 500;
/** As many as are judged at least, however slow they are. */
const LEAST_LOOKS = 6;
const LINES = 4;
const SETTLE_MS = 60_000;
const SAY_MS = 15_000;
const PULLS = "casa-lenta";

/** Runs a soak on servers of its own. */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const { shape, seconds, rate, say, signal } = options;
  const dayMs = Math.max(10, Math.round((seconds * 1000 * WARM) / (1.1 * LONGEST_DAYS)));
  const servers = await startSoakServers(shape.driver, 2 * dayMs, say);
  const stops: (() => Promise<void>)[] = [servers.stop];
  try {
    const short = new URL("shortened.ts", import.meta.url);
    short.searchParams.set("day", String(dayMs));
    if (options.without !== undefined) short.searchParams.set("without", options.without);
    const city = await openCity(shape, PERSONALITIES, SILENT, {
      ...servers,
      instances: 1,
      execArgv: [...insideArgs(servers.folder), "--import", short.href],
      env: { RUTA_LOG_LEVEL: "info" },
      door: async ([port]) => port ?? 0,
    });
    stops.push(city.stop);
    const db = openDb({ url: servers.databaseUrl, name: "soak", max: 1 });
    stops.push(async () => db.close());
    const puller = await startPuller(city, PULLS);
    stops.push(puller.stop);
    const traffic = startTraffic(city, LINES, (LINES * 1000) / rate);
    stops.push(() => traffic.stop());
    const watched = { city, servers, db, meanings: new Map<string, Meaning>() };

    const began = performance.now();
    const looks: Look[] = [];
    let told = began;
    say(`a day lasts ${dayMs} ms; judged from ${Math.round(seconds * WARM)} s on`);
    const judged = (): Look[] => looks.filter(({ atS }) => atS >= seconds * WARM);
    const goesOn = (now: number): boolean => now - began < seconds * 1000 || judged().length < LEAST_LOOKS;
    for (let now = began; goesOn(now); now = performance.now()) {
      const cases = traffic.asked.length;
      looks.push({ atS: (now - began) / 1000, cases, values: await look(watched) });
      traffic.flowsSince(began); // throws when the traffic has ended
      if (puller.ended !== undefined) throw puller.ended;
      if (now - told >= SAY_MS) {
        told = now;
        say(`${Math.round((now - began) / 1000)} of ${seconds} s, ${cases} cases; ${inShort(looks.at(-1)!)}`);
      }
      await delay(Math.max(LEAST_LOOK_MS, (seconds * 1000) / LOOKS - (performance.now() - now)), undefined, { signal });
    }
    await traffic.stop();
    const open = (): string[] => {
      const pulled = puller.told("acknowledge");
      return untold(
        traffic.asked,
        INSTITUTIONS.map((id) => city.citizen(id)),
        (institution, caseId, type) => institution === PULLS && type === "acknowledge" && pulled.has(caseId),
      );
    };
    for (const end = performance.now() + SETTLE_MS; open().length > 0 && performance.now() < end;)
      await delay(200, undefined, { signal });
    const faults: string[] = [];
    if (open().length > 0) faults.push(`the end of ${open().length} cases was not told`);
    const pids = new Set(listening(servers.folder).map(({ pid }) => pid));
    if (pids.size > city.processes.length) faults.push(`processes ended: ${pids.size - city.processes.length}`);
    return { seconds, dayMs, cases: traffic.asked.length, verdicts: judge(judged(), watched.meanings), faults };
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

/** A look in a few figures. */
function inShort({ values }: Look): string {
  const sum = (end: string): string => {
    const all = Object.entries(values).filter(([name]) => name.endsWith(end));
    return `${Math.round(all.reduce((total, [, value]) => total + value, 0) / 2 ** 20)} MiB`;
  };
  return `tables ${sum(" size")}, in use ${sum(" memory in use")}, RSS ${sum(" RSS")}`;
}
