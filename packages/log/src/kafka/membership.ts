// A member of a consumer group: a kafkajs consumer that is made anew when it crashes or stands still.
import type { Consumer, EachBatchPayload } from "kafkajs";
import { setTimeout as sleep } from "node:timers/promises";
import { backoff } from "../backoff.ts";
import { UnknownTopic } from "../errors.ts";
import type { Member, Membership, Position, TopicName, TopicPartition } from "../port.ts";
import type { OffsetReader } from "./bounds.ts";
import { codeOf } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { startHolding } from "./holding.ts";
import { hookingAssigner } from "./hooks.ts";
import { toRecord } from "./record.ts";
import type { Topics } from "./topics.ts";
import { startWatchdog } from "./watchdog.ts";

/** How often Kafka is told how far the member is, for tools only: nothing reads it here. */
const COMMIT_MS = 5_000;
/** All partitions of a fetch are taken at the same time, however many there are; taking one is no work. */
const CONCURRENCY = 1_000;
/** The first joining gives up after about 12 s. */
const JOIN_ATTEMPTS = 8;
const FETCH_BYTES = 4_194_304;
const PARTITION_BYTES = 524_288;

/** What joining a group needs. */
export interface JoinOptions {
  readonly connection: Connection;
  readonly topics: Topics;
  readonly offsets: OffsetReader;
  /** Without prefix, as the topics. */
  readonly group: string;
  readonly names: readonly TopicName[];
  readonly member: Member;
}

/** Joins, and stays in until `leave`. Rejects when that fails for a while, or a topic does not exist. */
export async function joinGroup(options: JoinOptions): Promise<Membership> {
  const { connection, topics, offsets, group, names, member } = options;
  const { logger, timing, full, topicOf } = connection;
  let consumer: Consumer | undefined; // undefined while there is none that runs
  let remaking: Promise<void> | undefined;
  let left = false;

  const holding = startHolding(
    member,
    {
      seek: ({ topic, partition, next }) =>
        withConsumer((running) => {
          running.seek({ topic: full(topic), partition, offset: String(next) });
          running.resume([{ topic: full(topic), partitions: [partition] }]);
        }),
      pause: ({ topic, partition }) =>
        withConsumer((running) => running.pause([{ topic: full(topic), partitions: [partition] }])),
    },
    logger,
    timing.retry,
  );

  /** A consumer that is going down throws; the one that follows it asks for every position again. */
  function withConsumer(use: (running: Consumer) => void): void {
    try {
      if (consumer) use(consumer);
    } catch (error) {
      logger.info({ group, err: { code: codeOf(error) } }, "a consumer is being made anew");
    }
  }

  /** Takes a fetched batch at once; waits only while the member has enough to do, and stays in the group meanwhile. */
  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    if (!payload.isRunning() || payload.isStale()) return;
    const place = { topic: topicOf(batch.topic), partition: batch.partition };
    const from = BigInt((batch as typeof batch & { fetchedOffset: string }).fetchedOffset);
    const records = batch.messages.map((message) => toRecord(place.topic, place.partition, message));
    holding.take(place, from, BigInt(batch.lastOffset()) + 1n, records);
    while (holding.full() && payload.isRunning()) {
      await holding.room(timing.heartbeat);
      await payload.heartbeat();
    }
  }

  async function start(): Promise<void> {
    for (const name of names) await topics.count(name);
    const made = connection.client().consumer({
      groupId: full(group),
      sessionTimeout: timing.session,
      heartbeatInterval: timing.heartbeat,
      maxWaitTimeInMs: timing.fetchWait,
      maxBytes: FETCH_BYTES,
      maxBytesPerPartition: PARTITION_BYTES,
      allowAutoTopicCreation: false,
      readUncommitted: true,
      // A crashed consumer is replaced whole, by `remake`.
      retry: { retries: 5, restartOnFailure: () => Promise.resolve(false) },
      partitionAssigners: [
        hookingAssigner({
          beforeLettingGo: () => holding.lose(),
          outOfRange(topic, partition) {
            logger.error(
              { group, topic: topicOf(topic), partition, code: "offset-out-of-range" },
              "the log does not hold the next record",
            );
            holding.again({ topic: topicOf(topic), partition });
          },
        }),
      ],
    });
    const { GROUP_JOIN, CRASH, END_BATCH_PROCESS } = made.events;
    let crash: Error | undefined;
    let up = false;
    made.on(GROUP_JOIN, ({ payload }) => {
      if (consumer !== made) return;
      const assigned = Object.entries(payload.memberAssignment);
      // Before the next fetch: nothing is fetched until the member has said from where.
      made.pause(assigned.map(([topic, partitions]) => ({ topic, partitions })));
      holding.gain(
        assigned.flatMap(([topic, partitions]) =>
          partitions.map((partition) => ({ topic: topicOf(topic), partition })),
        ),
      );
    });
    made.on(END_BATCH_PROCESS, ({ payload }) => {
      // A batch of nothing but marks of transactions never reaches eachBatch.
      if (payload.batchSize > 0) return;
      const place = { topic: topicOf(payload.topic), partition: payload.partition };
      const slot = holding
        .slots()
        .find(({ topic, partition }) => topic === place.topic && partition === place.partition);
      const next = BigInt(payload.lastOffset) + 1n;
      if (slot?.expected !== undefined && slot.expected < next) holding.take(place, slot.expected, next, []);
    });
    made.on(CRASH, ({ payload }) => {
      crash = payload.error;
      if (!up || consumer !== made) return;
      logger.warn({ group, err: { code: codeOf(payload.error) } }, "a consumer has crashed and is made anew");
      remake();
    });
    try {
      await made.connect();
      await made.subscribe({ topics: names.map(full) });
      consumer = made;
      await made.run({ autoCommit: false, partitionsConsumedConcurrently: CONCURRENCY, eachBatch });
      if (crash) throw crash;
      up = true;
    } catch (error) {
      if (consumer === made) consumer = undefined;
      await made.disconnect().catch(() => {}); // it is not used again
      throw error;
    }
  }

  /** Puts another consumer in the place of this one, and does not give up. */
  function remake(): void {
    const old = consumer;
    consumer = undefined;
    remaking ??= (async () => {
      await holding.lose();
      await old?.disconnect().catch(() => {}); // it is not used again
      for (;;) {
        await sleep(timing.retry);
        if (left) return;
        try {
          await start();
          return;
        } catch (error) {
          logger.warn({ group, err: { code: codeOf(error) } }, "the group could not be joined yet");
        }
      }
    })().finally(() => {
      remaking = undefined;
    });
  }

  /** Tells Kafka where the member stands. What fails is made good by the next time. */
  async function commit(): Promise<void> {
    const offsets = member
      .standing()
      .map(({ topic, partition, next }) => ({ topic: full(topic), partition, offset: String(next) }));
    if (offsets.length > 0) await consumer?.commitOffsets(offsets).catch(() => {});
  }

  for (let attempt = 1; ; attempt += 1) {
    try {
      await start();
      break;
    } catch (error) {
      // A broker that has just begun refuses its first groups until it has made the topic it keeps them in.
      if (error instanceof UnknownTopic || attempt >= JOIN_ATTEMPTS) throw error;
      await sleep(backoff(attempt, Math.random()));
    }
  }
  const committing = setInterval(() => void commit(), COMMIT_MS);
  committing.unref();
  const stopWatching = startWatchdog(
    timing.watch,
    offsets,
    () => holding.slots(),
    ({ topic, partition }) => {
      logger.warn(
        { group, topic, partition, code: "not-fetched" },
        "a partition with records is not fetched; joining the group anew",
      );
      remake();
    },
  );

  return {
    seek: (position: Position) => holding.seek(position),
    pause: (partition: TopicPartition) => holding.pause(partition),
    async leave() {
      if (left) return;
      left = true;
      clearInterval(committing);
      stopWatching();
      await holding.stop();
      await commit();
      await holding.lose();
      await remaking;
      await consumer?.disconnect().catch(() => {}); // a broker that is gone forgets the member by itself
    },
  };
}
