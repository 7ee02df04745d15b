// What one member holds: a queue a partition, filled by fetches and emptied into the member, 500 records at a time.
import { setImmediate as turn } from "node:timers/promises";
import { createBell } from "../bell.ts";
import { MAX_BATCH } from "../port.ts";
import type { LogLogger, LogRecord, Member, Position, TopicPartition } from "../port.ts";
import { codeOf } from "./connection.ts";

/** With so many records waiting, no more are fetched. */
const FULL = 2 * MAX_BATCH;
const IDLE_MS = 60_000;

/** Where fetching happens: a kafkajs consumer, which may be replaced. */
export interface Fetcher {
  seek(position: Position): void;
  pause(partition: TopicPartition): void;
}

/** A partition that is held. */
export interface Slot extends TopicPartition {
  /** The offset of the next record to fetch; undefined: it is not fetched. */
  expected: bigint | undefined;
  queue: LogRecord[];
}

/** The partitions of a member. */
export interface Holding {
  slots(): readonly Slot[];
  /** These are held from now on: asks the member where to start. */
  gain(partitions: readonly TopicPartition[]): void;
  /** Nothing is held any more: resolves when the member has let go. */
  lose(): Promise<void>;
  /** Asks the member again where to start: what it said cannot be fetched. */
  again(partition: TopicPartition): void;
  /** Takes what was fetched from `from` on, up to before `next`; dropped when that is not what is expected now. */
  take(partition: TopicPartition, from: bigint, next: bigint, records: readonly LogRecord[]): void;
  seek(position: Position): void;
  pause(partition: TopicPartition): void;
  full(): boolean;
  /** Resolves when there is room, or after `ms`. */
  room(ms: number): Promise<void>;
  /** Ends after the batch in hand. */
  stop(): Promise<void>;
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** Starts handing over to a member that holds nothing yet. */
export function startHolding(member: Member, fetcher: Fetcher, logger: LogLogger, retryMs: number): Holding {
  let held = new Map<string, Slot>();
  const filled = createBell();
  const emptied = createBell();
  let order: Promise<unknown> = Promise.resolve(); // `assigned` and `records` never overlap
  let asking: Promise<unknown> | undefined; // the call of `assigned` that runs now
  let losing: Promise<void> = Promise.resolve();
  let turned = 0;
  let stopped = false;

  function exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = order.then(work);
    order = done.catch(() => {});
    return done;
  }
  const waiting = (): number => {
    let sum = 0;
    for (const { queue } of held.values()) sum += queue.length;
    return sum;
  };

  function ask(slots: readonly Slot[]): void {
    void exclusively(async () => {
      const still = slots.filter((slot) => held.get(nameOf(slot)) === slot && !stopped);
      if (still.length === 0) return;
      const answering = member.assigned(still.map(({ topic, partition }) => ({ topic, partition })));
      asking = answering.catch(() => {});
      try {
        const positions = await answering;
        for (const position of positions) if (still.includes(held.get(nameOf(position))!)) seek(position);
      } catch (error) {
        logger.warn({ err: { code: codeOf(error) } }, "a partition could not be started yet");
        setTimeout(() => ask(still), retryMs).unref();
      } finally {
        asking = undefined;
      }
    });
  }
  function seek(position: Position): void {
    const slot = held.get(nameOf(position));
    if (!slot) return;
    slot.queue = [];
    slot.expected = position.next;
    fetcher.seek(position);
    emptied.ring();
  }
  function pause(partition: TopicPartition): void {
    const slot = held.get(nameOf(partition));
    if (!slot) return;
    slot.queue = [];
    slot.expected = undefined;
    fetcher.pause(partition);
    emptied.ring();
  }

  /** The next batch: in order inside a partition, and beginning with another one each time. */
  function collect(): LogRecord[] {
    const all = [...held.values()];
    const batch: LogRecord[] = [];
    turned += 1;
    for (let i = 0; i < all.length && batch.length < MAX_BATCH; i += 1) {
      const slot = all[(turned + i) % all.length]!;
      batch.push(...slot.queue.splice(0, MAX_BATCH - batch.length));
    }
    return batch;
  }
  async function handOver(): Promise<void> {
    for (;;) {
      if (stopped) return;
      const seen = filled.count();
      if (waiting() === 0) {
        await filled.wait(seen, IDLE_MS);
        await turn(); // what one answer of the broker brings for several partitions goes into one batch
        continue;
      }
      await exclusively(async () => {
        const batch = collect();
        emptied.ring();
        if (batch.length === 0) return;
        await member.records(batch);
      }).catch((error: unknown) =>
        logger.error({ err: { code: codeOf(error) } }, "a consumer threw where it must not"),
      );
    }
  }
  const handingOver = handOver();

  return {
    slots: () => [...held.values()],
    gain(partitions) {
      const slots = partitions.map((one) => ({ ...one, expected: undefined, queue: [] }));
      held = new Map(slots.map((slot) => [nameOf(slot), slot]));
      ask(slots);
    },
    lose() {
      const lost = [...held.values()].map(({ topic, partition }) => ({ topic, partition }));
      held = new Map();
      emptied.ring();
      if (lost.length > 0) losing = Promise.all([losing, asking]).then(() => member.revoked(lost));
      return losing;
    },
    again(partition) {
      pause(partition);
      const slot = held.get(nameOf(partition));
      if (slot) setTimeout(() => ask([slot]), retryMs).unref();
    },
    take(partition, from, next, records) {
      const slot = held.get(nameOf(partition));
      if (slot?.expected === undefined) return;
      if (slot.expected !== from) {
        // Fetched before a seek, or skipped by the client: nothing is left out.
        fetcher.seek({ topic: slot.topic, partition: slot.partition, next: slot.expected });
        return;
      }
      slot.queue.push(...records);
      slot.expected = next;
      filled.ring();
    },
    seek,
    pause,
    full: () => waiting() >= FULL,
    room: (ms) => emptied.wait(emptied.count(), ms),
    async stop() {
      stopped = true;
      filled.ring();
      await handingOver;
    },
  };
}
