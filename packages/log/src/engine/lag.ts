// Lag: how far each group of a service is behind the log, in records and in seconds; and waiting until it, or the log behind
// the outbox, is not.
import { setTimeout as delay } from "node:timers/promises";
import type { Db } from "@ruta/db";
import { partitionOf } from "../partition.ts";
import { nameOf } from "../port.ts";
import type { Log, TopicName } from "../port.ts";
import { boundsOf } from "./bounds.ts";
import { readOffsets } from "./offsets.ts";
import type { Outbox } from "./outbox.ts";

/** How far a group is behind in one partition. */
export interface Lag {
  readonly group: string;
  readonly topic: TopicName;
  readonly partition: number;
  readonly records: bigint;
  /** Age of the first record not consumed; 0 when there is none. */
  readonly seconds: number;
}

/** The lag of every group and partition that the service has ever consumed, whoever holds it now. `now` in ms. */
export async function measureLag(log: Log, db: Db, schema: string, now: number): Promise<Lag[]> {
  const rows = await readOffsets(db, schema);
  const bounds = await boundsOf(log, rows);
  return Promise.all(
    rows.map(async ({ group, topic, partition, next }) => {
      const records = (bounds.get(nameOf({ topic, partition }))?.end ?? next) - next;
      if (records <= 0n) return { group, topic, partition, records: 0n, seconds: 0 };
      const [first] = await log.read(topic, partition, next, { max: 1 });
      return { group, topic, partition, records, seconds: first ? Math.max(0, (now - first.time) / 1000) : 0 };
    }),
  );
}

/** What to wait for. */
export interface WaitForEnd {
  readonly group: string;
  readonly topic: TopicName;
  /** Only the partition of this key, when it is named. */
  readonly key?: string;
  readonly withinMs: number;
}

/**
 * True as soon as the group has consumed what the log held at the call, false when that takes longer. `moved` resolves
 * when the own consumer has moved on, or after some ms; others' progress is seen by looking again.
 */
export async function waitForEnd(
  log: Log,
  db: Db,
  schema: string,
  wait: WaitForEnd,
  moved: (ms: number) => Promise<void>,
): Promise<boolean> {
  const until = performance.now() + wait.withinMs;
  const ends = await log.offsets(wait.topic);
  const only = wait.key === undefined ? undefined : partitionOf(wait.key, ends.length);
  const wanted = ends.filter(({ partition, end }) => end > 0n && (only === undefined || partition === only));
  for (let ms = 10; ; ms = Math.min(200, ms * 2)) {
    const rows = wanted.length === 0 ? [] : await readOffsets(db, schema, wait.group);
    const next = new Map(rows.filter(({ topic }) => topic === wait.topic).map((row) => [row.partition, row.next]));
    if (wanted.every(({ partition, start, end }) => start === end || (next.get(partition) ?? 0n) >= end)) return true;
    const left = until - performance.now();
    if (left <= 0) return false;
    await moved(Math.min(ms, left));
  }
}

/** What is to be sent before somebody goes on. */
export interface WaitForRelay {
  readonly topic: TopicName;
  readonly key: string;
  readonly withinMs: number;
}

/** True as soon as what any process had committed for a topic under a key at the call is in the log, false when that takes longer. */
export async function waitForRelay(
  outbox: Pick<Outbox, "unsent" | "present">,
  { topic, key, withinMs }: WaitForRelay,
): Promise<boolean> {
  const until = performance.now() + withinMs;
  let open = await outbox.unsent(topic, key);
  for (let ms = 10; open.length > 0; ms = Math.min(200, ms * 2)) {
    const left = until - performance.now();
    if (left <= 0) return false;
    await delay(Math.min(ms, left));
    open = [...(await outbox.present(open))];
  }
  return true;
}
