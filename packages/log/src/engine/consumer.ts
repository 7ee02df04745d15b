// A consumer: a member of a group whose offsets live in SQL. It reads them when it is given a partition, and again when fenced.
import type { Tx } from "@ruta/db";
import { createBell } from "../bell.ts";
import { nameOf } from "../port.ts";
import type { Log, LogRecord, Member, Membership, Position, TopicName, TopicPartition } from "../port.ts";
import type { Held, Item } from "./batch.ts";
import { describeError, passes } from "./blame.ts";
import { boundsOf, findGaps } from "./bounds.ts";
import { lockOffsets } from "./offsets.ts";
import { flagKnown, releaseFlagged } from "./release.ts";
import type { Decoded } from "./release.ts";
import { watch } from "./watch.ts";
import { work } from "./work.ts";
import type { Handle, WorkContext } from "./work.ts";

/** Answered by `decode` for a record whose kind this version does not know. */
export const unknownKind: unique symbol = Symbol("unknown kind");
/** The type of `unknownKind`. */
export type Unknown = typeof unknownKind;

/** How to consume. */
export interface ConsumeOptions<T> {
  /** `<service>.<purpose>`, without prefix. */
  readonly group: string;
  readonly topics: readonly TopicName[];
  /** Reads a record. A throw parks it, `unknownKind` parks it until a version knows it. */
  readonly decode: (record: LogRecord) => T | Unknown;
  /**
   * The effect of a batch, in one transaction with the offsets and the records it answers; in order inside a partition.
   * Throws of the database and TryAgain repeat the batch; any other throw is traced to its record, which is parked.
   * A record it answers is ordered with those of the partition its key was read from.
   */
  readonly handle: Handle<T>;
  /** Notes that a record will never be handled since staff has given it up, in the transaction that leaves it out. */
  readonly givenUp?: (tx: Tx, record: LogRecord) => Promise<void>;
}

/** How a consumer gets on with a topic, over the partitions that this process holds. */
export interface Progress {
  readonly group: string;
  readonly topic: TopicName;
  /** Records worked off since the consumer started. */
  readonly consumed: number;
  /** Partitions that are not consumed until the process starts anew. */
  readonly stopped: number;
  /** How long the partition that stands still longest has lag without progress, in seconds. */
  readonly standingSeconds: number;
}

/** A running consumer. */
export interface Consumer {
  /** The partitions held now and where each stands; `stopped` says why one is not consumed. */
  partitions(): (Position & { readonly stopped: string | undefined })[];
  /** Why it is not ready, if it is not; codes and names only. */
  reasons(): string[];
  /** How it gets on, by topic. */
  progress(): Progress[];
  /** Leaves the group after the batch in hand. */
  stop(): Promise<void>;
}

/** How long taking over waits for what the former holder left to be relayed, before it is put off. */
const RELAY_FIRST_MS = 5_000;
/** How long giving up waits for the own rows to be relayed: the next holder claims what is left. */
const LET_GO_MS = 2_000;
/** How often the holder looks for released records while it has parked ones and no new records come. */
const RELEASE_POLL_MS = 1_000;

/** Retention or an operator removed what was not consumed yet. */
const LOST = "records lost before they were consumed";

/** Why a partition cannot be taken over yet. */
class NotNow extends Error {}

/** Joins the group and consumes until stopped. `progress` is rung whenever an offset has moved. */
export async function startConsumer<T>(
  log: Log,
  options: ConsumeOptions<T>,
  base: Omit<WorkContext<T>, "group" | "handle" | "givenUp" | "current" | "pause" | "fenced" | "stop" | "moved">,
  progress: () => void,
): Promise<Consumer> {
  const { db, schema, parked, outbox, relay, logger } = base;
  const { group } = options;
  const held = new Map<string, Held>();
  const consumed = new Map<TopicName, number>();
  const changed = createBell();
  let turn: Promise<unknown> = Promise.resolve();
  let leaving = false; // the batch in hand is finished, nothing is tried again
  let stopped = false;
  let unready: string | undefined;
  let joining: Promise<Membership> | undefined;

  function exclusively<R>(run: () => Promise<R>): Promise<R> {
    const done = turn.then(run);
    turn = done.catch(() => {});
    return done;
  }
  function decode(record: LogRecord): Decoded<T> {
    try {
      const message = options.decode(record);
      return message === unknownKind ? { reason: "unknown-kind", error: "" } : { message };
    } catch (error) {
      if (passes(error)) throw error;
      return { reason: "undecodable", error: describeError(error) };
    }
  }

  const context: WorkContext<T> = {
    ...base,
    group,
    handle: options.handle,
    givenUp: options.givenUp,
    current: (one) => !stopped && held.get(nameOf(one)) === one && one.stopped === undefined,
    async pause(ms) {
      if (!leaving) await changed.wait(changed.count(), ms);
      stopped ||= leaving;
    },
    async fenced(lost) {
      const still = lost.filter((one) => held.get(nameOf(one)) === one);
      logger.warn({ group, count: still.length, code: "fenced" }, "another holder moved the offset; reading it again");
      const membership = await joining;
      for (const one of still) membership?.pause(one);
      while (!stopped) {
        try {
          const asked = still.filter((one) => held.has(nameOf(one)));
          for (const position of await take(asked)) membership?.seek(position);
          return;
        } catch {
          await context.pause(1_000);
        }
      }
    },
    moved: ({ topic }, count) => void consumed.set(topic, (consumed.get(topic) ?? 0) + count),
    stop(one, reason) {
      one.stopped = reason;
      void joining?.then((joined) => joined.pause(one));
      const { topic, partition } = one;
      logger.error({ group, topic, partition, code: reason }, "a partition was stopped");
    },
  };

  /** Reads where these stand, after what former holders left unsent for them is in the log. Throws when it cannot now. */
  async function take(partitions: readonly TopicPartition[]): Promise<Position[]> {
    if (partitions.length === 0) return [];
    const bounds = await boundsOf(log, partitions);
    const starts = partitions.map((one) => ({ ...one, next: bounds.get(nameOf(one))!.start }));
    const { positions, left } = await db.tx(async (tx) => ({
      positions: await lockOffsets(tx, schema, group, starts),
      left: await outbox.claim(tx, group, partitions),
    }));
    if (left.length > 0) {
      logger.info({ group, count: left.length }, "relaying what was left unsent");
      relay.wake(left.length);
      if (!(await relay.drained(RELAY_FIRST_MS))) throw new NotNow("the records left unsent are not in the log yet");
    }
    await flagKnown(
      context,
      decode,
      positions.map((position) => asHeld(position)),
    );
    const keys = await parked.keys(db, partitions, false);
    const started: Position[] = [];
    for (const position of positions) {
      const { start, end } = bounds.get(nameOf(position))!;
      if (position.next > end) throw new NotNow("the log ends before what was consumed of it");
      const mine = keys.filter((key) => nameOf(key) === nameOf(position)).map(({ key }) => key);
      const one = asHeld(position, mine);
      held.set(nameOf(position), one);
      if (position.next < start) context.stop(one, LOST);
      else started.push(position);
    }
    return started;
  }

  async function consume(batch: readonly LogRecord[]): Promise<void> {
    while (relay.full() && !stopped) await context.pause(50);
    const mine = batch.flatMap((record) => {
      const one = held.get(nameOf(record));
      return one && context.current(one) && record.offset >= one.next ? [{ record, held: one }] : [];
    });
    const { lost, skipped } = await findGaps(log, mine);
    for (const one of lost) context.stop(one, LOST);
    for (const { topic, partition, next } of skipped) (await joining)?.seek({ topic, partition, next });
    await releaseFlagged(context, decode, [...held.values()]);
    const items = mine
      .filter(({ held }) => context.current(held) && !skipped.includes(held))
      .map(({ record, held }) => ({ record, held, outcome: outcomeOf(record) }));
    await work(context, items);
    progress();
  }
  function outcomeOf(record: LogRecord): Item<T>["outcome"] {
    const decoded = decode(record);
    return "message" in decoded ? decoded : { ...decoded, attempts: 1 };
  }

  const member: Member = {
    async assigned(partitions) {
      try {
        const positions = await exclusively(() => take(partitions));
        unready = undefined;
        return positions;
      } catch (error) {
        unready = error instanceof NotNow ? error.message : "the offsets cannot be read";
        throw error;
      }
    },
    async revoked(partitions) {
      const drop = (): void => partitions.forEach((partition) => held.delete(nameOf(partition)));
      drop(); // so that what is at work gives up
      unready = undefined;
      changed.ring();
      await exclusively(async () => drop()); // what was at work may have read them again after a fence
      await relay.drained(LET_GO_MS);
    },
    standing: () => [...held.values()].map(({ topic, partition, next }) => ({ topic, partition, next })),
    records: (batch) =>
      exclusively(async () => {
        for (let failures = 0; !stopped; failures += 1) {
          try {
            return await consume(batch);
          } catch (error) {
            logger.warn(
              { group, count: failures + 1, err: { code: describeError(error) } },
              "a batch could not be begun",
            );
            await context.pause(Math.min(5_000, 200 * (failures + 1)));
          }
        }
      }),
  };

  joining = log.join(group, options.topics, member);
  const membership = await joining;
  const watching = watch({ log, group, held: () => [...held.values()], lost: (one) => context.stop(one, LOST) });
  const poll = setInterval(() => {
    const any = [...held.values()].some(({ parkedKeys }) => parkedKeys.size > 0);
    if (any) void exclusively(() => releaseFlagged(context, decode, [...held.values()])).catch(() => {});
  }, RELEASE_POLL_MS);
  poll.unref();

  return {
    partitions: () =>
      [...held.values()].map(({ topic, partition, next, stopped }) => ({ topic, partition, next, stopped })),
    reasons: () => [
      ...(unready === undefined ? [] : [`${group}: ${unready}`]),
      ...[...held.values()].flatMap((one) => (one.stopped ? [`${group} ${nameOf(one)}: ${one.stopped}`] : [])),
      ...watching.reasons().map((reason) => `${group} ${reason}`),
    ],
    progress: () =>
      options.topics.map((topic) => ({
        group,
        topic,
        consumed: consumed.get(topic) ?? 0,
        stopped: [...held.values()].filter((one) => one.topic === topic && one.stopped !== undefined).length,
        standingSeconds: watching.standingMs(topic) / 1000,
      })),
    async stop() {
      clearInterval(poll);
      watching.stop();
      leaving = true;
      changed.ring();
      await membership.leave();
      stopped = true;
    },
  };
}

function asHeld({ topic, partition, next }: Position, parkedKeys: readonly string[] = []): Held {
  return { topic, partition, next, parkedKeys: new Set(parkedKeys), stopped: undefined };
}
