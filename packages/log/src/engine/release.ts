// Release: the holder of a partition executes parked records again, key by key and in order, before new records.
import { backoff } from "../backoff.ts";
import type { LogRecord } from "../port.ts";
import type { Held } from "./batch.ts";
import { describeError, passes } from "./blame.ts";
import { Fenced, fenced } from "./offsets.ts";
import type { ParkedKey } from "./parked.ts";
import { decide } from "./work.ts";
import type { Handled, WorkContext } from "./work.ts";

/** Parked records of a key executed in one transaction. */
const SLICE = 100;

/** What decoding makes of a record; `undefined` message means that it is (still) not to be had, for `reason`. */
export type Decoded<T> =
  | { readonly message: T }
  | { readonly reason: "undecodable" | "unknown-kind"; readonly error: string };

/** Executes every flagged key of these partitions. */
export async function releaseFlagged<T>(
  context: WorkContext<T>,
  decode: (record: LogRecord) => Decoded<T>,
  partitions: readonly Held[],
): Promise<void> {
  const withParked = partitions.filter((held) => context.current(held) && held.parkedKeys.size > 0);
  if (withParked.length === 0) return;
  for (const key of await context.parked.keys(context.db, withParked, true)) {
    const held = withParked.find(({ topic, partition }) => topic === key.topic && partition === key.partition);
    if (held) await releaseKey(context, decode, held, key);
  }
}

/** Flags the keys whose first record is of a kind that this version knows by now. */
export async function flagKnown<T>(
  context: WorkContext<T>,
  decode: (record: LogRecord) => Decoded<T>,
  partitions: readonly Held[],
): Promise<void> {
  const heads = await context.parked.unknownHeads(context.db, partitions);
  const known = heads.filter((record) => "message" in decode(record));
  if (known.length > 0) await context.parked.flag(context.db, known);
}

async function releaseKey<T>(
  context: WorkContext<T>,
  decode: (record: LogRecord) => Decoded<T>,
  held: Held,
  key: ParkedKey,
): Promise<void> {
  let slice = SLICE;
  for (let failures = 0; context.current(held);) {
    const given = await context.parked.givenUp(context.db, key);
    const records = given ? [given] : await context.parked.head(context.db, key, slice);
    const [first] = records;
    if (!first) {
      held.parkedKeys.delete(key.key);
      context.logger.info(
        { group: context.group, topic: held.topic, partition: held.partition },
        "a parked key was released",
      );
      return;
    }
    const batch: (Handled<T> & { held: Held })[] = [];
    for (const record of given ? [] : records) {
      const decoded = decode(record);
      if ("reason" in decoded) {
        if (batch.length === 0) return fail(context, key, first, decoded.reason, decoded.error);
        break;
      }
      batch.push({ record, message: decoded.message, held });
    }
    try {
      await (given ? setAside(context, held, key, given) : execute(context, held, key, batch));
      failures = 0;
    } catch (error) {
      context.relay.wake();
      if (error instanceof Fenced) return context.fenced([held]);
      if (passes(error)) {
        failures += 1;
        await context.pause(backoff(failures, Math.random()));
      } else if (given) return failSetAside(context, key, error);
      else if (batch.length > 1) slice = 1;
      else return fail(context, key, first, "threw", describeError(error));
    }
  }
}

async function execute<T>(
  context: WorkContext<T>,
  held: Held,
  key: ParkedKey,
  batch: readonly (Handled<T> & { held: Held })[],
): Promise<void> {
  const written = await context.db.tx(async (tx) => {
    const { topic, partition, next } = held;
    // The offset stays, but its row lock and the expected value fence a former holder here too.
    return fenced(tx, context, [{ topic, partition, expected: next, next }], async () => {
      const count = await decide(context, tx, batch);
      await context.parked.remove(tx, key, batch.at(-1)!.record.offset);
      await context.faults("effect");
      return count;
    });
  });
  await context.faults("commit");
  if (written > 0) context.relay.wake(written);
}

/** Leaves out a record that staff has given up; it stays readable, and those behind it are next. */
async function setAside<T>(context: WorkContext<T>, held: Held, key: ParkedKey, record: LogRecord): Promise<void> {
  await context.db.tx(async (tx) => {
    const { topic, partition, next } = held;
    await fenced(tx, context, [{ topic, partition, expected: next, next }], async () => {
      await context.parked.setAside(tx, key, record.offset);
      await context.givenUp?.(tx, record);
      await context.faults("effect");
    });
  });
  await context.faults("commit");
  const { group } = context;
  const { topic, partition, offset } = record;
  context.logger.warn({ group, topic, partition, offset: String(offset) }, "a record was given up and set aside");
}

/** What the service could not note stays given up, and is tried again at the next look; others are not held up by it. */
function failSetAside<T>({ group, logger }: WorkContext<T>, { topic, partition }: ParkedKey, error: unknown): void {
  const err = { code: "threw", at: describeError(error) };
  logger.warn({ group, topic, partition, err }, "a record that was given up could not be set aside");
}

async function fail<T>(
  context: WorkContext<T>,
  key: ParkedKey,
  first: LogRecord,
  reason: "undecodable" | "threw" | "unknown-kind",
  error: string,
): Promise<void> {
  await context.parked.failed(context.db, key, first.offset, reason, error);
  const { group } = context;
  context.logger.warn(
    { group, topic: key.topic, partition: key.partition, err: { code: reason, at: error } },
    "a released key is parked again",
  );
}
