// A fuzz: a real hub is attacked on every route that it has, and must neither fail, nor fall, nor take what it must refuse.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Shape } from "../city.ts";
import { insideArgs, inspect, listening } from "../inspect.ts";
import type { Inspection } from "../inspect.ts";
import { inWords, openBook } from "./book.ts";
import type { Counts, Finding } from "./book.ts";
import { documentedCodes, judge } from "./judge.ts";
import { faultsOfLog } from "./hub-log.ts";
import { exchange, openLine } from "./line.ts";
import type { Line, Outcome } from "./line.ts";
import { readied } from "./message.ts";
import { planner } from "./plan.ts";
import type { Plan, Target } from "./plan.ts";
import { kindOf, stepsOf } from "./raw.ts";
import { openRecords } from "./recorded.ts";
import { holdsCanary } from "./canary.ts";
import { openWorld } from "./world.ts";
import type { World } from "./world.ts";

/** How a fuzz runs; it ends by itself. */
export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** The first request's number; 0 when not said. */
  readonly from?: number | undefined;
  readonly shape: Shape;
  readonly databaseUrl: string;
  readonly kafkaBrokers: string | undefined;
  readonly say: (line: string) => void;
  /** Does not wait until the hub itself ends connections on which nothing comes. */
  readonly hurried?: boolean | undefined;
  /** More arguments of Node for the hub's processes. */
  readonly execArgv?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface Fuzzed extends Counts {
  readonly seed: number;
  readonly requests: number;
  readonly seconds: number;
  readonly routes: number;
  readonly memory: readonly { readonly beforeMiB: number; readonly afterMiB: number; readonly rssMiB: number }[];
  readonly warnings: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

const LINES = 24;
/** Slow requests under way beside them. */
const SLOW = 64;
const MIB = 1024 * 1024;
/** What may be in use more at the end than after the warm-up, after a collection, in each process. */
const GROWTH_MIB = 32;
/** Connections that the fuzz itself may leave open: those of its clients and simulated institutions. */
const OWN_CONNECTIONS = 12;
const LOOK_MS = 5_000;

/** Attacks a hub of its own. */
export async function fuzz(options: FuzzOptions): Promise<Fuzzed> {
  const folder = mkdtempSync(join(tmpdir(), "ruta-fuzz-"));
  const world = await openWorld(options.shape, {
    databaseUrl: options.databaseUrl,
    kafkaBrokers: options.kafkaBrokers,
    instances: 1,
    execArgv: [...insideArgs(folder), ...(options.execArgv ?? [])],
    // The fuzz asks as often as it can; limits have tests of their own.
    env: { RUTA_RATE: "0" },
    door: async ([port]) => port!,
  });
  try {
    return await attack(options, world, folder);
  } finally {
    await world.city.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function attack(options: FuzzOptions, world: World, folder: string): Promise<Fuzzed> {
  const { requests, seed, from = 0, say, hurried = false, signal } = options;
  // In an order that does not depend on which app got which port: a seed makes the same requests again.
  const name = ({ method, url }: Target): string => `${url} ${method}`;
  const targets: Target[] = listening(folder)
    .flatMap(({ port, routes }) => routes.map((route) => ({ ...route, port })))
    .toSorted((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0));
  const planOf = planner(targets, seed);
  const codes = documentedCodes();
  const book = openBook(world, (finding) => say(inWords(finding, seed)));
  const records = await openRecords(world.city);
  const began = performance.now();
  let next = from;
  let done = 0;
  const slow = new Set<Promise<void>>();

  async function one(plan: Plan, line: Line): Promise<void> {
    const { message, webhookId } = readied(world, book.made, plan);
    const key = plan.target.url.startsWith("/v1/in/") ? `${message.path.split("/")[3]} ${webhookId}` : "";
    const { raw, target, method } = plan;
    if (key !== "" && raw !== undefined) book.mayBeTaken(key);
    const sendOnce = (): Promise<Outcome> =>
      raw
        ? exchange(target.port, stepsOf(raw, message), method, hurried)
        : line.ask(target.port, wholeOf(message), method);
    for (let times = plan.again ? 2 : 1; times > 0; times -= 1) {
      const outcome = await sendOnce();
      book.enter(plan, key, outcome, judge(plan, outcome, codes));
    }
    done += 1;
  }

  async function work(until: number): Promise<void> {
    const line = openLine();
    while (next < until && signal?.aborted !== true) {
      const plan = planOf(next);
      next += 1;
      const beside = plan.raw !== undefined && kindOf(plan.raw).slow === true;
      if (!beside || slow.size >= SLOW) await one(plan, line);
      else {
        const running: Promise<void> = one(plan, line).finally(() => slow.delete(running));
        slow.add(running);
      }
    }
    line.close();
  }

  async function run(until: number): Promise<void> {
    await Promise.all(Array.from({ length: LINES }, () => work(until)));
  }

  const progress = setInterval(() => {
    const rate = Math.round(done / ((performance.now() - began) / 1000));
    say(`${done} of ${requests} requests, ${rate}/s, ${book.findings().length} findings`);
  }, LOOK_MS);
  let seconds = 0;
  try {
    const warm = from + Math.min(20_000, Math.ceil(requests / 4));
    await run(warm);
    await records.settled();
    const before = await inspect(world.city, folder);
    await run(from + requests);
    await Promise.all(slow);
    seconds = (performance.now() - began) / 1000;
    if (!(await records.settled())) book.note("what was taken is not decided after a minute");
    for (const fault of await records.faults(book.sent())) book.note(fault);
    const after = await freed(world, folder, hurried).catch(() => []);
    if (after.length === 0) book.note("a process of the hub is away");
    for (const { connections } of after)
      if (connections > OWN_CONNECTIONS) book.note(`${connections} connections are still open`);
    const memory = after.map((one) => {
      const was = before.find(({ pid }) => pid === one.pid) ?? one;
      return { beforeMiB: mib(was.usedBytes), afterMiB: mib(one.usedBytes), rssMiB: mib(one.rssBytes) };
    });
    for (const { beforeMiB, afterMiB } of memory)
      if (afterMiB - beforeMiB > GROWTH_MIB) book.note(`memory grew from ${beforeMiB} to ${afterMiB} MiB`);
    const pids = new Set(listening(folder).map(({ pid }) => pid));
    if (pids.size > world.city.processes.length) book.note("a process of the hub ended and was started again");
    for (const url of world.city.adminUrls) {
      const metrics = await fetch(new URL("/metrics", url)).then(
        (answer) => answer.text(),
        () => undefined,
      );
      if (metrics === undefined) book.note("the hub is away");
      else if (holdsCanary(metrics)) book.note("an identity in the metrics");
    }
    const { faults, warnings } = faultsOfLog(world.city.logs());
    for (const fault of faults) book.note(fault);
    return {
      seed,
      requests: done,
      seconds,
      routes: new Set(targets.map(name)).size,
      ...book.counts(),
      memory,
      warnings,
      findings: book.findings(),
    };
  } finally {
    clearInterval(progress);
    await records.close();
  }
}

const mib = (bytes: number): number => Math.round((bytes / MIB) * 10) / 10;

/** Looks until connections that were left are gone, for as long as the hub may take to end them. */
async function freed(world: World, folder: string, hurried: boolean): Promise<Inspection[]> {
  for (const end = performance.now() + (hurried ? 5_000 : 60_000); ;) {
    const found = await inspect(world.city, folder);
    if (found.every(({ connections }) => connections <= OWN_CONNECTIONS) || performance.now() > end) return found;
  }
}

/** The bytes of a message that is framed as it should be. */
function wholeOf({ method, path, headers, body }: ReturnType<typeof readied>["message"]): Buffer {
  const named = new Set(headers.map(([name]) => name.toLowerCase()));
  const head = [
    `${method} ${path} HTTP/1.1`,
    ...(named.has("host") ? [] : ["host: 127.0.0.1"]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body.length > 0 || method === "POST" ? [`content-length: ${body.length}`] : []),
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), body]);
}
