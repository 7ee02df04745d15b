// What a recovery waited for: the way of the case that was complete last, in seconds since the fault. Ids and codes only.
import { TOPICS, decodeRecord } from "@ruta/events";
import type { Log } from "@ruta/log";
import { recordsOf } from "./audit.ts";
import type { Recovery } from "./summary.ts";

/** So many of the slowest are told of. */
const MOST = 5;

/** A line on each of the slowest recoveries. */
export async function laggards(log: Log, recoveries: readonly Recovery[]): Promise<string[]> {
  const slowest = recoveries
    .filter(({ lastCase }) => lastCase !== undefined)
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, MOST);
  const events = await recordsOf(log, TOPICS.events);
  const tries = await recordsOf(log, TOPICS.attempts);
  return slowest.map(({ what, since, seconds, lastCase }) => {
    const at = (time: number): number => (time - since) / 1000;
    const facts = events
      .filter(({ key }) => key === lastCase)
      .map(({ time, value }) => ({ at: at(time), word: decodeRecord(TOPICS.events, value).fact.case ?? "" }));
    const attempts = tries
      .filter(({ key }) => key === lastCase)
      .map(({ time, value }) => {
        const { failure, trigger, durationMs } = decodeRecord(TOPICS.attempts, value);
        return { at: at(time), word: `try ${failure || "taken"} (${trigger}, ${durationMs} ms)` };
      });
    const steps = [...facts, ...attempts].toSorted((a, b) => a.at - b.at);
    return `${what}, ${seconds.toFixed(1)} s: ${steps.map((step) => `${step.at.toFixed(1)} ${step.word}`).join(", ")}`;
  });
}
