// Working a batch off: one transaction for all of it, repeats for what passes, halves to find what does not.
import type { Db, Tx } from "@ruta/db";
import { backoff } from "../backoff.ts";
import { checkSizes } from "../errors.ts";
import type { LogLogger, LogRecord, NewRecord, TopicPartition } from "../port.ts";
import { PARKINGS_A_MINUTE, plan } from "./batch.ts";
import type { Held, Item } from "./batch.ts";
import { describeError, passes } from "./blame.ts";
import type { Faults } from "./faults.ts";
import { Fenced, fenced } from "./offsets.ts";
import type { Outbox } from "./outbox.ts";
import type { Parked } from "./parked.ts";
import type { Relay } from "./relay.ts";

/** A record that throws this often alone is to blame itself. */
const TRIES = 3;

/** What a handler gets of each record. */
export interface Handled<T> {
  readonly record: LogRecord;
  readonly message: T;
}

/** Effect of a batch: changes SQL by `tx`, answers the records to append. */
export type Handle<T> = (tx: Tx, batch: readonly Handled<T>[]) => Promise<readonly NewRecord[]>;

/** What working needs of its consumer. */
export interface WorkContext<T> {
  readonly db: Db;
  readonly schema: string;
  readonly group: string;
  readonly outbox: Outbox;
  readonly parked: Parked;
  readonly relay: Relay;
  readonly faults: Faults;
  readonly logger: LogLogger;
  readonly handle: Handle<T>;
  /** What the service has to note of a record that staff has given up. */
  readonly givenUp: ((tx: Tx, record: LogRecord) => Promise<void>) | undefined;
  /** Whether a partition is still held as this object, and not stopped. */
  current(held: Held): boolean;
  /** Waits, and ends early when something is revoked. */
  pause(ms: number): Promise<void>;
  /** Another holder has moved an offset: read again where these stand. */
  fenced(held: readonly Held[]): Promise<void>;
  stop(held: Held, reason: string): void;
  /** So many records of a partition were worked off. */
  moved(held: Held, count: number): void;
}

/** Runs the handler and writes what it answers to the outbox, each row with the partition its key came from. */
export async function decide<T>(
  context: WorkContext<T>,
  tx: Tx,
  batch: readonly (Handled<T> & { held: Held })[],
): Promise<number> {
  const [first] = batch;
  if (!first) return 0;
  const records = await context.handle(tx, batch);
  checkSizes(records);
  const origin = new Map<string, TopicPartition>(batch.map(({ record, held }) => [record.key, held]));
  const partitions = records.map(({ key }) => origin.get(key) ?? first.held);
  context.outbox.put(tx, records, { group: context.group, partitions });
  return records.length;
}

async function runOnce<T>(context: WorkContext<T>, items: readonly Item<T>[]): Promise<void> {
  const troubled = [...new Set(items.filter(({ outcome }) => "reason" in outcome).map(({ held }) => held))];
  const recent = troubled.length > 0 ? await context.parked.recent(context.db, troubled) : [];
  const planned = plan(items, (held) => {
    const found = recent.find(({ topic, partition }) => topic === held.topic && partition === held.partition);
    return PARKINGS_A_MINUTE - (found?.count ?? 0);
  });
  if (planned.steps.size > 0) {
    const written = await context.db.tx((tx) =>
      fenced(tx, context, [...planned.steps.values()], async () => {
        await context.parked.insert(tx, planned.park);
        const count = await decide(context, tx, planned.handle);
        await context.faults("effect");
        return count;
      }),
    );
    for (const [held, step] of planned.steps) {
      context.moved(held, Number(step.next - held.next));
      held.next = step.next;
    }
    for (const [held, keys] of planned.parkedKeys) keys.forEach((key) => held.parkedKeys.add(key));
    for (const { record, reason, error } of planned.park) {
      if (reason === "waiting") continue;
      const { topic, partition, offset } = record;
      const { group } = context;
      context.logger.warn(
        { group, topic, partition, offset: String(offset), err: { code: reason, at: error } },
        "a record was parked",
      );
    }
    await context.faults("commit");
    if (written > 0) context.relay.wake(written);
  }
  for (const held of planned.exceeded) context.stop(held, "too many parked in a minute");
}

/** Works the items off in order; returns when each is decided, parked, or no longer this holder's business. */
export async function work<T>(context: WorkContext<T>, all: readonly Item<T>[]): Promise<void> {
  let alone = 0;
  for (let failures = 0; ;) {
    const items = all.filter(({ held }) => context.current(held));
    if (items.length === 0) return;
    try {
      await runOnce(context, items);
      return;
    } catch (error) {
      context.relay.wake(); // nobody knows whether a COMMIT that failed has happened
      if (error instanceof Fenced) return context.fenced([...new Set(items.map(({ held }) => held))]);
      if (passes(error)) {
        failures += 1;
        context.logger.warn(
          { group: context.group, count: failures, err: { code: describeError(error) } },
          "a batch is tried again",
        );
        await context.pause(backoff(failures, Math.random()));
        continue;
      }
      if (items.length > 1) {
        const half = Math.ceil(items.length / 2);
        await work(context, items.slice(0, half));
        return work(context, items.slice(half));
      }
      alone += 1;
      const item = items[0]!;
      if ("reason" in item.outcome) context.stop(item.held, "a record cannot be parked");
      else if (alone >= TRIES) item.outcome = { reason: "threw", error: describeError(error), attempts: alone };
    }
  }
}
