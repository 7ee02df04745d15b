// Mends the idle loop of kafkajs 2.2.4 at run time; nothing else of the client is changed in place.
import { createRequire } from "node:module";

const load = createRequire(import.meta.url);
const KNOWN_VERSION = "2.2.4";

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

let original: RequestQueue["scheduleCheckPendingRequests"] | undefined;

function queuePrototype(): RequestQueue {
  return (load("kafkajs/src/network/requestQueue") as { prototype: RequestQueue }).prototype;
}

/**
 * After every answer kafkajs sets a timer to look at its queue of waiting requests, and that timer sets the next one,
 * for ever, even when the queue is empty: about 4 % of a core a process at rest, with a negative delay, of which
 * Node 24 and later warn (tulios/kafkajs#1751). Here nothing is scheduled while nothing waits; a request that is put
 * into the queue schedules the look itself. Throws for another version of kafkajs, which may need another patch or none.
 */
export function patchIdleLoop(): void {
  const { version } = load("kafkajs/package.json") as { version: string };
  if (version !== KNOWN_VERSION) {
    throw new Error(`kafkajs ${version}: its idle loop was mended for ${KNOWN_VERSION}; see whether that still holds`);
  }
  if (original) return;
  const prototype = queuePrototype();
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleWhenPending() {
    if (this.pending.length > 0) schedule.call(this);
  };
  original = schedule;
}

/** Takes the patch back, for the test that measures what it saves. */
export function unpatchIdleLoop(): void {
  if (original) queuePrototype().scheduleCheckPendingRequests = original;
  original = undefined;
}
