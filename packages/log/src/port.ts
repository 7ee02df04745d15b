// The log port: what a driver of the log is and does. Two exist, postgres and kafka; one contract suite holds both.
import type { NewRecord, TopicName, TopicSpec } from "@ruta/events";

export type { NewRecord, TopicName, TopicSpec };

/** One partition of a topic. */
export interface TopicPartition {
  readonly topic: TopicName;
  readonly partition: number;
}

/** How a partition is called in maps and reasons. */
export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** A place in a partition: the offset of the next record to read. */
export interface Position extends TopicPartition {
  readonly next: bigint;
}

/** A record as the log holds it. */
export interface LogRecord extends TopicPartition {
  /** Rises by at least one from record to record inside a partition; gaps are normal. */
  readonly offset: bigint;
  /** The log's own time, in milliseconds since the epoch; never falls inside a partition. */
  readonly time: number;
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where a record was put. */
export interface Appended {
  readonly partition: number;
  readonly offset: bigint;
}

/** Most records a driver hands over in one batch, over all partitions of a member together. */
export const MAX_BATCH = 500;

/**
 * One member of a consumer group, as the driver calls it. The driver decides who holds which partition and fetches;
 * the member alone knows where to read from. Calls to one member never overlap, save that `revoked` may come while
 * `records` is still at work: `records` then returns as soon as it can, and `revoked` resolves after it has.
 */
export interface Member {
  /**
   * These partitions are this member's from now on. Answers where to start in each; the driver seeks there and keeps
   * no position of its own. A partition left out of the answer is held but not fetched until `seek` names it.
   * A throw means "not now": the driver asks again after a second.
   */
  assigned(partitions: readonly TopicPartition[]): Promise<readonly Position[]>;
  /** These partitions are another's now, or soon; never throws. The driver gives them away when this has resolved. */
  revoked(partitions: readonly TopicPartition[]): Promise<void>;
  /** Where this member stands in what it holds: it has done with everything below, for good. */
  standing(): readonly Position[];
  /**
   * At most MAX_BATCH records of the partitions held, in order inside each. Never throws, and may take long (it retries
   * what is transient): the driver fetches and keeps its place in the group meanwhile, but hands over nothing more.
   * A batch may repeat what was handed over before, or skip what no longer exists: the member sorts it out.
   */
  records(batch: readonly LogRecord[]): Promise<void>;
}

/** A running membership of a group. All three take effect on the next batch handed over. */
export interface Membership {
  /** Fetch from here: ends a pause of that partition, and drops what was fetched of it. Ignored for one not held. */
  seek(position: Position): void;
  /** Fetch no more from this partition until `seek`. Ignored for one not held. */
  pause(partition: TopicPartition): void;
  /** Leaves the group at once: waits for the batch in hand, calls `revoked` for what is held, and resolves. */
  leave(): Promise<void>;
}

/** A driver: a partitioned, durable log and nothing else. Topic and group names come without prefix; it adds its own. */
export interface Log {
  readonly driver: "postgres" | "kafka";
  /** Makes the topics that are missing and waits until they can be used. Repeating it is harmless. */
  createTopics(specs: readonly TopicSpec[]): Promise<void>;
  /**
   * Puts records behind the last of their partitions (by `partitionOf(key)`), in the order given; answers in that
   * order. Resolved means durable. Rejected means unknown: some may have been written.
   * Throws RecordTooLarge or UnknownTopic before anything is written.
   */
  append(records: readonly NewRecord[]): Promise<Appended[]>;
  /**
   * Records of one partition from an offset on (or from the log's start, if that is later). Waits up to `maxWaitMs`
   * (default 0) for the first one; [] at the end. `max` defaults to MAX_BATCH. Throws UnknownTopic.
   */
  read(
    topic: TopicName,
    partition: number,
    from: bigint,
    options?: { readonly max?: number; readonly maxWaitMs?: number },
  ): Promise<LogRecord[]>;
  /** Per partition the offset of the first record kept and the one after the last, by partition. Throws UnknownTopic. */
  offsets(topic: TopicName): Promise<{ partition: number; start: bigint; end: bigint }[]>;
  /** Per partition the first record whose time is at or after `timeMs`, else the end. Throws UnknownTopic. */
  offsetsAt(topic: TopicName, timeMs: number): Promise<{ partition: number; offset: bigint }[]>;
  /** Joins a consumer group; resolves once the group knows the member, not when it holds partitions. */
  join(group: string, topics: readonly TopicName[], member: Member): Promise<Membership>;
  /** Whether the log answers now; never throws. */
  healthy(): Promise<boolean>;
  /** Leaves every group and closes every connection; appends in flight are waited for. */
  close(): Promise<void>;
}

/** What the log writes to: any pino-like logger. Fields hold ids, counts and codes only, never content. */
export interface LogLogger {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

/** A logger that says nothing. */
export const silentLogger: LogLogger = { info: () => {}, warn: () => {}, error: () => {} };
