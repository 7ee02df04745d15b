// What one transaction does with a batch: which records are handled, which are parked, how far the offsets move. Pure.
import type { LogRecord, TopicPartition } from "../port.ts";
import type { Step } from "./offsets.ts";
import type { ParkReason, ToPark } from "./parked.ts";

/** More records of a partition than this stepping aside within a minute stop it: a bad release must not park a city. */
export const PARKINGS_A_MINUTE = 5;

/** A partition as its holder knows it. Another holding of the same partition is another object. */
export interface Held extends TopicPartition {
  /** The value last read from or written to SQL. */
  next: bigint;
  /** Keys with parked records: later ones wait behind them. */
  readonly parkedKeys: Set<string>;
  /** Why it is stopped, when it is. */
  stopped: string | undefined;
}

/** A record with what decoding and handling made of it so far. */
export interface Item<T> {
  readonly record: LogRecord;
  readonly held: Held;
  outcome:
    | { readonly message: T }
    | { readonly reason: Exclude<ParkReason, "waiting">; readonly error: string; readonly attempts: number };
}

/** One transaction's work. */
export interface Plan<T> {
  readonly handle: readonly { readonly record: LogRecord; readonly message: T; readonly held: Held }[];
  readonly park: readonly ToPark[];
  /** Keys that are parked from now on, by partition. */
  readonly parkedKeys: ReadonlyMap<Held, ReadonlySet<string>>;
  readonly steps: ReadonlyMap<Held, Step>;
  /** Partitions with more to park than allowed: nothing of them from that record on is in this plan. */
  readonly exceeded: ReadonlySet<Held>;
}

/** Plans a batch. `budget` is how many records of a partition may still step aside now; asked only when one has to. */
export function plan<T>(items: readonly Item<T>[], budget: (held: Held) => number): Plan<T> {
  const handle: { record: LogRecord; message: T; held: Held }[] = [];
  const park: ToPark[] = [];
  const parkedKeys = new Map<Held, Set<string>>();
  const steps = new Map<Held, Step>();
  const exceeded = new Set<Held>();
  const parkings = new Map<Held, number>();

  for (const { record, held, outcome } of items) {
    if (exceeded.has(held)) continue;
    if (held.parkedKeys.has(record.key) || parkedKeys.get(held)?.has(record.key)) {
      park.push({ record, reason: "waiting", error: "", attempts: 0 });
    } else if ("message" in outcome) {
      handle.push({ record, message: outcome.message, held });
    } else {
      const count = (parkings.get(held) ?? 0) + 1;
      if (count > budget(held)) {
        exceeded.add(held);
        continue;
      }
      parkings.set(held, count);
      park.push({ record, ...outcome });
      const keys = parkedKeys.get(held) ?? new Set();
      parkedKeys.set(held, keys.add(record.key));
    }
    const { topic, partition, next } = held;
    steps.set(held, { topic, partition, expected: next, next: record.offset + 1n });
  }
  return { handle, park, parkedKeys, steps, exceeded };
}
