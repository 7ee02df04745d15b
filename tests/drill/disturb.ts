// The faults of a drill, one after another or over each other, and how long the hub takes to recover from those that come alone.
import { setTimeout as delay } from "node:timers/promises";
import type { City } from "../city.ts";
import { keepsOpen } from "./door.ts";
import type { DrillOptions } from "./drill.ts";
import { openFaulting } from "./faults.ts";
import { KINDS, faultsOf } from "./plan.ts";
import type { Fault } from "./plan.ts";
import type { Servers } from "./servers.ts";
import type { Drilled, Recovery } from "./summary.ts";
import type { Flow, Traffic } from "./traffic.ts";

const RECOVERY_LIMIT_MS = 90_000;
const WORKS_LIMIT_MS = 10_000;
const LOOK_MS = 100;
/** How often a hurried drill looks whether something is found already. */
const FOUND_MS = 2_000;
/** A hurried drill pauses by so much less. */
const HURRY = 4;

/**
 * Does the faults, and answers what was done and how the hub took it; resolves when the last is over. A hurried drill does no more
 * of them as soon as `isFound` says that something is found that no waiting can undo.
 */
export async function disturb(
  { driver, kills, seed, say, kinds = KINDS, victims, pace, signal }: DrillOptions,
  city: City,
  servers: Servers,
  traffic: Traffic,
  isFound: () => Promise<boolean>,
): Promise<Pick<Drilled, "faults" | "recoveries" | "shut">> {
  const faulting = openFaulting(city, servers, kinds, victims);
  for (const line of faulting.skipped) say(`${driver}: ${line}`);
  const faults: Record<string, number> = {};
  const recoveries: Recovery[] = [];
  const shut: string[] = [];
  const under = new Set<Promise<void>>();
  const plan = faultsOf(seed, faulting.kinds);
  await flows(traffic, performance.now(), signal);
  if (servers.redis && (await servers.redis.asked()) === 0)
    throw new Error("the gateways do not limit through Redis: a fault of it would show nothing");
  let last = performance.now();
  let flowing = true; // nothing has happened since everything was seen to flow
  for (let n = 0; n < kills;) {
    const fault: Fault = plan.next().value;
    const calm = pace === "alone" || (fault.calm && pace !== "hurried");
    if (calm && !flowing) {
      await Promise.all(under);
      await flows(traffic, performance.now(), signal);
    } else if (pace === "hurried" && (await works(traffic, last, isFound, signal)) === "found") break;
    const from = performance.now();
    const befallen = faulting.begin(fault);
    if (!befallen) {
      await delay(LOOK_MS, undefined, { signal });
      continue;
    }
    n += 1;
    last = from;
    flowing = false;
    faults[fault.kind] = (faults[fault.kind] ?? 0) + 1;
    say(
      `${driver}: ${n} of ${kills}: ${befallen.words}; ${traffic.asked.length} taken, ${traffic.toldAt.size} complete`,
    );
    const over = befallen.over.finally(() => under.delete(over));
    under.add(over);
    if (calm) {
      if (fault.kind.endsWith("redis") && fault.lastsMs > 0)
        shut.push(...(await keepsOpen(city, traffic, over, signal)).map((what) => `${befallen.words}: ${what}`));
      await over;
      // A server that is killed is away until it answers again; a way or a process that stood still, until it goes on.
      const since = fault.lastsMs > 0 ? performance.now() : from;
      const flow = await flows(traffic, since, signal);
      recoveries.push({ kind: fault.kind, what: befallen.words, since: performance.timeOrigin + since, ...flow });
      flowing = flow.lastCase !== undefined;
      if (!flowing) say(`${driver}: not recovered within ${RECOVERY_LIMIT_MS / 1000} s`);
    }
    await delay(pace === "hurried" ? fault.pauseMs / HURRY : fault.pauseMs, undefined, { signal });
  }
  await Promise.all(under);
  for (const line of shut) say(`${driver}: ${line}`);
  return { faults, recoveries, shut: shut.length };
}

/** How long it took until everything flowed again that was taken before `at`, and something that began after it; the limit when that takes longer. */
async function flows(
  traffic: Traffic,
  at: number,
  signal: AbortSignal | undefined,
): Promise<{ seconds: number; lastCase: string | undefined }> {
  for (
    const end = performance.now() + RECOVERY_LIMIT_MS;
    performance.now() < end;
    await delay(LOOK_MS, undefined, { signal })
  ) {
    const flow: Flow | undefined = traffic.flowsSince(at);
    if (flow) return { seconds: Math.max(0, flow.at - at) / 1000, lastCase: flow.caseId };
  }
  return { seconds: RECOVERY_LIMIT_MS / 1000, lastCase: undefined };
}

/**
 * Waits until something is complete that was asked after `at`, for a while, since who is killed before it works again shows nothing;
 * or until something is found.
 */
async function works(
  { asked, toldAt }: Traffic,
  at: number,
  isFound: () => Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<"goes on" | "found"> {
  const works = (): boolean => asked.some(({ begunAt, caseId }) => begunAt > at && toldAt.has(caseId));
  let looked = performance.now();
  for (const end = looked + WORKS_LIMIT_MS; ; await delay(LOOK_MS, undefined, { signal })) {
    const done = works() || performance.now() > end;
    if (done || performance.now() - looked > FOUND_MS) {
      // Log and receivers are read one after the other: what is sure stands there at the next look too.
      if (await isFound()) {
        await delay(FOUND_MS, undefined, { signal });
        if (await isFound()) return "found";
      }
      looked = performance.now();
    }
    if (done) return "goes on";
  }
}
