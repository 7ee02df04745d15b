// The watchdog of a member: a partition that has records, is held, and is not fetched (tulios/kafkajs#1456, #1072).
import type { OffsetReader } from "./bounds.ts";
import type { Slot } from "./holding.ts";

/** Looks in a row at which a partition stands still before it counts as stuck. */
const LOOKS = 3;

/**
 * Calls `stuck` when a partition with records behind what was fetched of it has had none for three looks in a row.
 * A partition whose queue is not empty waits for its consumer, which is that one's own business.
 */
export function startWatchdog(
  everyMs: number,
  offsets: OffsetReader,
  slots: () => readonly Slot[],
  stuck: (slot: Slot) => void,
): () => void {
  const seen = new Map<Slot, { expected: bigint; looks: number }>();
  let looking = false;

  async function look(): Promise<void> {
    const fetched = slots().filter(({ expected, queue }) => expected !== undefined && queue.length === 0);
    for (const slot of seen.keys()) if (!fetched.includes(slot)) seen.delete(slot);
    for (const topic of new Set(fetched.map((slot) => slot.topic))) {
      const bounds = await offsets.bounds(topic);
      for (const slot of fetched.filter((one) => one.topic === topic)) {
        const { expected } = slot;
        const end = bounds[slot.partition]?.end;
        if (expected === undefined || end === undefined || expected >= end) {
          seen.delete(slot);
          continue;
        }
        const before = seen.get(slot);
        const looks = before?.expected === expected ? before.looks + 1 : 1;
        seen.set(slot, { expected, looks });
        if (looks >= LOOKS) {
          seen.clear();
          return stuck(slot);
        }
      }
    }
  }

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look()
      .catch(() => {}) // a log that does not answer is reported where it is asked for
      .finally(() => {
        looking = false;
      });
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
