// For tests: a member that remembers what it is told, records to write, and a logger that keeps what is said.
import { randomBytes } from "node:crypto";
import { TOPICS } from "@ruta/events";
import { partitionOf } from "../partition.ts";
import type { Log, LogLogger, LogRecord, Member, NewRecord, Position, TopicPartition } from "../port.ts";
import type { Timing } from "./connection.ts";
import { openKafkaLog } from "./driver.ts";

/** Partitions of the topics that `openProbed` makes. */
export const PARTITIONS = 4;

/** A key of each partition. */
const KEYS: readonly string[] = Array.from({ length: PARTITIONS }, (_, partition) => {
  for (let n = 0; ; n += 1) if (partitionOf(`case-${n}`, PARTITIONS) === partition) return `case-${n}`;
});

/** A record for a partition of the commands. */
export function commandFor(partition: number, text: string): NewRecord {
  return { topic: TOPICS.commands, key: KEYS[partition]!, value: Buffer.from(text), headers: {} };
}

/** The text of a record. */
export const textOf = ({ value }: LogRecord): string => Buffer.from(value).toString();

/** What was logged, by level. */
interface Said {
  readonly logger: LogLogger;
  readonly lines: { readonly level: string; readonly fields: Record<string, unknown>; readonly message: string }[];
}

/** A logger that keeps everything. */
function keepLines(): Said {
  const lines: Said["lines"] = [];
  const at =
    (level: string) =>
    (fields: Record<string, unknown>, message: string): void =>
      void lines.push({ level, fields, message });
  return { logger: { info: at("info"), warn: at("warn"), error: at("error") }, lines };
}

/** A log of its own on a broker, and how to go on with it. */
export interface Probed {
  readonly log: Log;
  readonly prefix: string;
  readonly said: Said;
}

/** Opens a log with small topics under a new prefix, or the given one. */
export async function openProbed(
  brokers: string,
  { prefix = `t${randomBytes(5).toString("hex")}.`, timing = {} }: { prefix?: string; timing?: Partial<Timing> } = {},
): Promise<Probed> {
  const said = keepLines();
  const log = await openKafkaLog({ kafkaBrokers: brokers, prefix, clientId: "probe", logger: said.logger, timing });
  const names = [TOPICS.commands, TOPICS.events];
  await log.createTopics(names.map((name) => ({ name, partitions: PARTITIONS, retentionMs: -1 })));
  return { log, prefix, said };
}

/** A member that starts at `next` (0 when not said) and remembers. */
export interface Probe extends Member {
  readonly batches: (readonly LogRecord[])[];
  /** Calls in order, as "assigned 4", "revoked 4", "records 2", "recorded". */
  readonly calls: string[];
  readonly next: Map<number, bigint>;
  /** Awaited inside `records`. */
  work: () => Promise<void>;
  texts(): string[];
}

/** Makes a probe. */
export function probe(): Probe {
  const made: Probe = {
    batches: [],
    calls: [],
    next: new Map(),
    work: () => Promise.resolve(),
    texts: () => made.batches.flat().map(textOf),
    async assigned(partitions: readonly TopicPartition[]): Promise<readonly Position[]> {
      made.calls.push(`assigned ${partitions.length}`);
      return partitions.map((one) => ({ ...one, next: made.next.get(one.partition) ?? 0n }));
    },
    async revoked(partitions) {
      made.calls.push(`revoked ${partitions.length}`);
    },
    standing: () => [...made.next].map(([partition, next]) => ({ topic: TOPICS.commands, partition, next })),
    async records(batch) {
      made.calls.push(`records ${batch.length}`);
      made.batches.push(batch);
      await made.work();
      for (const { partition, offset } of batch) made.next.set(partition, offset + 1n);
      made.calls.push("recorded");
    },
  };
  return made;
}
