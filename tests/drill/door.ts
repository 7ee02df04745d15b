// What a hub promises while Redis alone is away: the door goes on, and says that limits are each process's own.
import { setTimeout as delay } from "node:timers/promises";
import type { City } from "../city.ts";
import type { Traffic } from "./traffic.ts";

const LOOK_MS = 100;

/** Ready, and degraded for want of Redis. */
async function saysSo(adminUrl: string): Promise<boolean> {
  const response = await fetch(`${adminUrl}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  if (!response?.ok) return false;
  const { degraded = [] } = (await response.json()) as { degraded?: string[] };
  return degraded.some((reason) => reason.includes("Redis"));
}

/** Watches until what befell Redis is over; answers what did not hold, in plain words. */
export async function keepsOpen(
  city: City,
  traffic: Traffic,
  over: Promise<void>,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const began = performance.now();
  const silent = new Set(city.adminUrls.filter((_, n) => city.processes[n]?.name === "gateway"));
  let going = true;
  void over.finally(() => (going = false));
  while (going && silent.size > 0) {
    for (const url of silent) if (await saysSo(url)) silent.delete(url);
    await delay(LOOK_MS, undefined, { signal });
  }
  await over;
  const wrong = [...silent].map((url) => `the gateway at ${url} did not say that it is degraded`);
  if (!traffic.asked.some(({ begunAt }) => begunAt >= began)) wrong.push("the door took nothing");
  return wrong;
}
