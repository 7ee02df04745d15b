// How this process reaches Kafka: every client is made here, with one set of options.
import { Kafka } from "kafkajs";
import type { KafkaConfig, RetryOptions } from "kafkajs";
import { logLevel } from "kafkajs";
import type { LogLogger, TopicName } from "../port.ts";
import { quieten } from "./noise.ts";
import { patchIdleLoop } from "./patch.ts";
import { securityOptions } from "./security.ts";
import type { KafkaSecurity } from "./security.ts";

/** What `openKafkaLog` takes. */
export interface KafkaLogConfig {
  /** host:port, separated by commas. */
  readonly kafkaBrokers: string;
  /** Put before every topic and group. */
  readonly prefix?: string;
  readonly clientId: string;
  readonly logger: LogLogger;
  /** How the brokers are known and this process to them; in clear and unnamed when left out. */
  readonly security?: KafkaSecurity | undefined;
  /** Copies of a new topic; by default as many as there are brokers now, at most 3. */
  readonly replicas?: number | undefined;
  /** Milliseconds; only tests change them. */
  readonly timing?: Partial<Timing>;
}

/** The times of group membership, in milliseconds. */
export interface Timing {
  /** A member that is silent for so long has lost its partitions. */
  readonly session: number;
  /** How often a member is heard of; a group changes hands about as fast. */
  readonly heartbeat: number;
  /** How long a fetch waits at the broker for records. */
  readonly fetchWait: number;
  /** How often the watchdog looks for a partition that has records and is not fetched. */
  readonly watch: number;
  /** Until what failed is tried again. */
  readonly retry: number;
}

/** Six seconds are the least that a broker takes unless it is told otherwise (group.min.session.timeout.ms). */
const TIMING: Timing = { session: 6_000, heartbeat: 500, fetchWait: 250, watch: 5_000, retry: 1_000 };

/** One attempt of anything takes about 6 s in all, then whoever asked decides. Said whole: kafkajs has other defaults in tests. */
const RETRY: RetryOptions = { initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2, retries: 8 };

/** What the parts of the driver share. */
export interface Connection {
  readonly timing: Timing;
  readonly logger: LogLogger;
  readonly replicas: number | undefined;
  /** A client of its own: kafkajs's clients share offsets between consumers of one group, which breaks the second. */
  readonly client: () => Kafka;
  /** The name in Kafka of a topic or group. */
  readonly full: (name: string) => string;
  /** The topic of a name in Kafka. */
  readonly topicOf: (full: string) => TopicName;
}

/** Connection options, TLS and SASL among them: nowhere else. */
export function clientOptions(config: KafkaLogConfig): KafkaConfig {
  return {
    clientId: config.clientId,
    brokers: config.kafkaBrokers.split(",").map((broker) => broker.trim()),
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: RETRY,
    ...securityOptions(config.security),
    logLevel: logLevel.WARN,
    logCreator: quieten(config.logger),
  };
}

/** Prepares the client library and its options; connects nothing. */
export function prepareConnection(config: KafkaLogConfig): Connection {
  patchIdleLoop();
  const options = clientOptions(config);
  const prefix = config.prefix ?? "";
  return {
    timing: { ...TIMING, ...config.timing },
    logger: config.logger,
    replicas: config.replicas,
    client: () => new Kafka(options),
    full: (name) => `${prefix}${name}`,
    topicOf: (full) => full.slice(prefix.length) as TopicName,
  };
}

/** The protocol's or the library's name of an error, for messages and decisions. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if ("type" in error && typeof error.type === "string") return error.type;
  return "cause" in error && error.cause instanceof Error ? codeOf(error.cause) : error.name;
}

/** Whether an error says that a topic does not exist. */
export function saysUnknownTopic(error: unknown): boolean {
  return codeOf(error) === "UNKNOWN_TOPIC_OR_PARTITION";
}

/** The partition, by its topic's name in Kafka, whose offset an error says to lie outside the log. */
export function outOfRangeOf(error: unknown): { topic: string; partition: number } | undefined {
  if (codeOf(error) !== "OFFSET_OUT_OF_RANGE" || !(error instanceof Error)) return undefined;
  if (!("topic" in error) || !("partition" in error)) return undefined;
  return { topic: String(error.topic), partition: Number(error.partition) };
}
