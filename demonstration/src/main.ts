// `npm start`: the demonstration. A hub, simulated institutions, and what happens to each referral, as it happens.
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openAdmin } from "./admin.ts";
import type { Admin } from "./admin.ts";
import { startHub } from "./hub.ts";
import type { Hub } from "./hub.ts";
import { whatNext } from "./next.ts";
import { readOptions } from "./options.ts";
import type { Options } from "./options.ts";
import { keep } from "./processes.ts";
import { ruta, setUp, wake } from "./setup.ts";
import { createTimeline } from "./timeline.ts";
import type { Watched } from "./timeline.ts";
import { lastLine } from "./truth.ts";
import type { Truth } from "./truth.ts";

const BANNER = [
  "Ruta: a DEMONSTRATION. Every person and every institution that answers is invented; deliveries go to this machine only.",
  "No data of real persons: withdrawal of consent, erasure and the audit of reads are not built yet.",
];
/** Nothing new for so long, with nothing pending, is quiet. */
const QUIET_MS = 1_500;
/** With --once, a run that does not come to rest in this time has lost something. */
const ONCE_LIMIT_MS = 90_000;

interface Report {
  readonly truth: Truth;
  readonly total: number;
  readonly pending: number;
}

const say = (line: string): void => console.log(line);

async function institutionNames(admin: Admin): Promise<Map<string, string>> {
  const { entries } = await admin.get<{ entries: { id: string; name: string }[] }>("/admin/directory/institution");
  return new Map(entries.map(({ id, name }) => [id, name]));
}

async function publicKey(hub: Hub): Promise<string> {
  const answer = (await (await fetch(new URL("/v1/keys", hub.gateway))).json()) as { keys: { whpk: string }[] };
  return answer.keys[0]?.whpk ?? "";
}

/** What is set for a hub in production is not for the demonstration: only ports are taken over, and the data folder by the options. */
function ownEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = /^(RUTA_(?!PORT$|ADMIN_PORT$)|DATABASE_URL$|KEYRING_URL$|REDIS_URL$|KAFKA_BROKERS$)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !others.test(name)));
}

/** A demonstration's data are of one log; a real hub's are none of its business. Throws what to do. */
async function ownFolder({ data, on }: Options): Promise<void> {
  const another = "choose another folder with --data, or in RUTA_DATA";
  const { demonstration } = JSON.parse(await readFile(join(data, "hub.json"), "utf8")) as { demonstration: boolean };
  if (!demonstration) throw new Error(`${data} holds the data of a hub, not of a demonstration: ${another}`);
  const file = join(data, "on");
  const before = existsSync(file) ? (await readFile(file, "utf8")).trim() : on;
  if (before !== on) throw new Error(`${data} holds a demonstration on ${before}: ${another}`);
  await writeFile(file, `${on}\n`);
}

/** Follows the watch for as long as the demonstration runs; a hub that restarts is found again. */
async function showTimeline(admin: Admin, onEvent: (event: Watched) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await admin.stream("/admin/gateway/watch", (data) => onEvent(JSON.parse(data) as Watched), signal).catch(() => {});
    await delay(300, undefined, { signal }).catch(() => {});
  }
}

/** Resolves when everything sent has come to an end that its sender knows, and nothing has moved for a while. */
async function untilQuiet(latest: () => Report | undefined, signal: AbortSignal): Promise<boolean> {
  const end = performance.now() + ONCE_LIMIT_MS;
  let before = "";
  let since = performance.now();
  while (performance.now() < end && !signal.aborted) {
    const report = latest();
    const now = JSON.stringify(report);
    if (now !== before) {
      before = now;
      since = performance.now();
    }
    const settled =
      report && report.truth.referrals === report.total && report.truth.open === 0 && report.pending === 0;
    if (settled && performance.now() - since > QUIET_MS) return true;
    await delay(100, undefined, { signal }).catch(() => {});
  }
  return false;
}

async function demonstrate(options: Options, stop: AbortController, stops: (() => Promise<void>)[]): Promise<void> {
  const { data } = options;
  await mkdir(data, { recursive: true, mode: 0o711 });
  const base = { ...ownEnvironment(process.env), RUTA_DATA: data };
  if (!existsSync(join(data, "hub.json"))) await ruta(["init", "--demonstration"], base);
  await ownFolder(options);
  const hub = await startHub(options, base, say, stop.signal);
  stops.push(hub.stop);
  const admin = await openAdmin(data, hub.adminUrls);
  const institutions = await setUp(admin, data, hub.env);
  const planFile = join(data, "plan.json");
  const plan = {
    gateway: hub.gateway,
    hubKey: await publicKey(hub),
    journal: join(data, "partners.journal"),
    institutions,
  };
  await writeFile(planFile, JSON.stringify(plan), { mode: 0o600 });

  const timeline = createTimeline(await institutionNames(admin), say);
  const showing = showTimeline(admin, timeline, stop.signal);
  let latest: Report | undefined;
  const partners = keep({
    name: "the simulated institutions",
    file: fileURLToPath(new URL("partners.ts", import.meta.url)),
    args: [planFile],
    env: process.env,
    log: join(data, "partners.log"),
    onMessage: (message) => {
      // They listen now. What could not be handed to them before a stop need not wait for its next try.
      if (!latest) void wake(admin, institutions).catch(() => {});
      latest = message as Report;
    },
    onRestart: () =>
      say(`the simulated institutions ended by themselves; started again (their log: ${data}/partners.log)`),
  });
  stops.push(() => partners.stop());

  const quiet = await untilQuiet(() => latest, stop.signal);
  if (stop.signal.aborted) return;
  if (!quiet) {
    say(`not quiet after ${ONCE_LIMIT_MS / 1000} s; logs are in ${data}`);
    process.exitCode = 1;
  }
  if (!options.once) {
    for (const line of await whatNext(options, hub)) say(line);
    await new Promise((resolve) => stop.signal.addEventListener("abort", resolve, { once: true }));
  }
  stop.abort();
  await showing;
  if (latest) stops.unshift(async () => say(lastLine(latest!.truth)));
}

const options = readOptions(process.argv.slice(2), process.env);
if (options) {
  for (const line of BANNER) say(line);
  const stop = new AbortController();
  const stops: (() => Promise<void>)[] = [];
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  try {
    await demonstrate(options, stop, stops);
  } catch (error) {
    if (!stop.signal.aborted) {
      console.error(`the demonstration failed: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  stop.abort();
  for (const one of stops.toReversed()) await one().catch((error: unknown) => console.error(error));
  process.exit();
}
