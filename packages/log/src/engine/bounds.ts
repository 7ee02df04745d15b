// Where the logs of partitions start and end, and whether a batch has jumped over something.
import { nameOf } from "../port.ts";
import type { Log, LogRecord, TopicPartition } from "../port.ts";
import type { Held } from "./batch.ts";

/** Start and end of these partitions' logs, by name. */
export async function boundsOf(
  log: Log,
  partitions: readonly TopicPartition[],
): Promise<Map<string, { start: bigint; end: bigint }>> {
  const bounds = new Map<string, { start: bigint; end: bigint }>();
  for (const topic of new Set(partitions.map(({ topic }) => topic))) {
    for (const { partition, start, end } of await log.offsets(topic)) {
      bounds.set(nameOf({ topic, partition }), { start, end });
    }
  }
  return bounds;
}

/** What lies between where a partition stood and the first record that came. */
export interface Gaps {
  /** The log's start has passed over it: those records are gone. */
  readonly lost: readonly Held[];
  /** The log still has it: the driver jumped, and is to be sent back. */
  readonly skipped: readonly Held[];
}

/** Looks into the gaps before the first record of each partition. A gap that holds nothing is normal. */
export async function findGaps(log: Log, batch: readonly { record: LogRecord; held: Held }[]): Promise<Gaps> {
  const first = new Map<Held, bigint>();
  for (const { record, held } of batch) if (!first.has(held)) first.set(held, record.offset);
  const gaps = [...first].filter(([held, offset]) => offset > held.next);
  const lost: Held[] = [];
  const skipped: Held[] = [];
  if (gaps.length === 0) return { lost, skipped };
  const bounds = await boundsOf(log, [...first.keys()]);
  for (const [held, offset] of gaps) {
    if (bounds.get(nameOf(held))!.start > held.next) {
      lost.push(held);
      continue;
    }
    const [record] = await log.read(held.topic, held.partition, held.next, { max: 1 });
    if (record && record.offset < offset) skipped.push(held);
  }
  return { lost, skipped };
}
