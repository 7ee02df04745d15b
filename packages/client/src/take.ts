// Takes an event once: what was taken before, or is being taken at this moment, is not handed over again.
import { sequenceOf } from "./event.ts";
import type { HubEvent, Taken } from "./event.ts";
import type { Seen } from "./seen.ts";

/** Your part. Once it resolves the event is yours, and the hub does not send it again; when it throws, it does. */
export type OnEvent = (event: HubEvent, taken: Taken) => void | Promise<void>;

/** Hands an event over unless it was before. Resolves when it is done with, throws what the handler threw. */
export type Take = (webhookId: string, contentType: string, event: HubEvent) => Promise<void>;

/** Makes one; all ways by which an institution receives should share one, or one `seen`. */
export function createTake(seen: Seen, onEvent: OnEvent): Take {
  const running = new Map<string, Promise<void>>();
  async function handOver(webhookId: string, contentType: string, event: HubEvent): Promise<void> {
    if (await seen.has(webhookId)) return;
    const caseId = event.data.case ?? "";
    const sequence = sequenceOf(event);
    const late = sequence > 0 && sequence < (await seen.reached(caseId));
    await onEvent(event, { webhookId, sequence, late, contentType });
    await seen.add(webhookId, caseId, sequence);
  }
  return async (webhookId, contentType, event) => {
    const before = running.get(webhookId);
    if (before) return before;
    const now = handOver(webhookId, contentType, event).finally(() => running.delete(webhookId));
    running.set(webhookId, now);
    return now;
  };
}
