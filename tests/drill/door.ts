// What a hub promises while Redis alone is away: the door goes on, and says that limits are each process's own.
import { setTimeout as delay } from "node:timers/promises";
import type { City } from "../city.ts";
import type { Traffic } from "./traffic.ts";

const LOOK_MS = 100;
/** A gateway notices by the next request, or by its next look. */
const NOTICE_MS = 3_000;
const ANSWER_MS = 5_000;

/** Whether a gateway that is ready says that it is degraded for want of Redis; undefined while it is not ready, or answers nothing. */
async function saysSo(adminUrl: string): Promise<boolean | undefined> {
  const response = await fetch(`${adminUrl}/readyz`, { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => undefined);
  if (!response?.ok) return undefined;
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
  const gateways = city.adminUrls.filter((_, n) => city.processes[n]?.name === "gateway");
  let going = true;
  void over.finally(() => (going = false));
  const silent = await Promise.all(
    gateways.map(async (url) => {
      let denied = false;
      while (going) {
        const late = performance.now() - began > NOTICE_MS;
        const said = await saysSo(url);
        if (said === true) return [];
        if (said === false && late && going) denied = true;
        await delay(LOOK_MS, undefined, { signal });
      }
      return denied ? [`the gateway at ${url} was ready and did not say that it is degraded`] : [];
    }),
  );
  await over;
  const wrong = silent.flat();
  if (!traffic.asked.some(({ begunAt }) => begunAt >= began)) wrong.push("the door took nothing");
  return wrong;
}
