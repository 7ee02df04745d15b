// What a recovery waited for: the way of the case that was complete last, in seconds since the fault. Ids and codes only.
import { TOPICS, decodeRecord } from "@ruta/events";
import type { Log } from "@ruta/log";
import { recordsIn } from "./audit.ts";
import type { Recovery } from "./summary.ts";

/** So many of the slowest are told of. */
const MOST = 5;

/** A line on each of the slowest recoveries. */
export async function laggards(log: Log, recoveries: readonly Recovery[]): Promise<string[]> {
  const slowest = recoveries
    .filter(({ lastCase }) => lastCase !== undefined)
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, MOST);
  const steps = new Map(slowest.map(({ lastCase }) => [lastCase, [] as { time: number; word: string }[]]));
  if (steps.size === 0) return [];
  for await (const { key, time, value } of recordsIn(log, TOPICS.events))
    steps.get(key)?.push({ time, word: decodeRecord(TOPICS.events, value).fact.case ?? "" });
  for await (const { key, time, value } of recordsIn(log, TOPICS.attempts)) {
    const mine = steps.get(key);
    if (!mine) continue;
    const { failure, trigger, durationMs } = decodeRecord(TOPICS.attempts, value);
    mine.push({ time, word: `try ${failure || "taken"} (${trigger}, ${durationMs} ms)` });
  }
  return slowest.map(({ what, since, seconds, lastCase }) => {
    const way = (steps.get(lastCase) ?? []).toSorted((a, b) => a.time - b.time);
    const words = way.map(({ time, word }) => `${((time - since) / 1000).toFixed(1)} ${word}`);
    return `${what}, ${seconds.toFixed(1)} s: ${words.join(", ")}`;
  });
}
