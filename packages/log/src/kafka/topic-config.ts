// What a topic of the hub has to be in Kafka, and in what one that is there differs from it. Pure.
import type { TopicSpec } from "../port.ts";

/** A topic's partitions, its copies, and its settings by Kafka's names. */
export interface TopicConfig {
  readonly partitions: number;
  readonly replicas: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** One thing in which a topic is not as wanted. */
export interface TopicDifference {
  /** `partitions`, `replicas`, or Kafka's name of a setting. */
  readonly what: string;
  readonly is: string;
  readonly wanted: string;
  /** Whether it can be set on a topic with records in it: a setting can, partitions and copies cannot. */
  readonly settable: boolean;
}

/** Copies of a new topic: those asked for, else as many as there are brokers, at most 3. */
export function replicasFor(asked: number | undefined, brokers: number): number {
  return asked ?? Math.min(3, brokers);
}

/** A topic as it is wanted with so many copies. */
export function configOf({ partitions, retentionMs }: TopicSpec, replicas: number): TopicConfig {
  return {
    partitions,
    replicas,
    settings: {
      "cleanup.policy": "delete",
      "retention.ms": String(retentionMs),
      "retention.bytes": "-1",
      // A record's time is the log's: what a sender claims stands in the record itself.
      "message.timestamp.type": "LogAppendTime",
      "min.insync.replicas": String(replicas >= 3 ? 2 : 1),
      "unclean.leader.election.enable": "false",
    },
  };
}

/**
 * What is wanted of a topic that is there, if it is. Its settings are those for the copies that it has: a topic with one copy
 * that wants two in step takes no record at all. More copies than asked for are as good.
 */
export function wantedOf(spec: TopicSpec, is: TopicConfig | undefined, replicas: number): TopicConfig {
  return { ...configOf(spec, is?.replicas ?? replicas), replicas: Math.max(replicas, is?.replicas ?? 0) };
}

/** In what a topic is not as wanted; settings that nobody wants in some way are not looked at. */
export function differencesOf(is: TopicConfig, wanted: TopicConfig): TopicDifference[] {
  const pairs: [what: string, is: string, wanted: string, settable: boolean][] = [
    ["partitions", String(is.partitions), String(wanted.partitions), false],
    ["replicas", String(is.replicas), String(wanted.replicas), false],
  ];
  for (const [name, value] of Object.entries(wanted.settings)) pairs.push([name, is.settings[name] ?? "", value, true]);
  return pairs.flatMap(([what, found, value, settable]) =>
    found === value ? [] : [{ what, is: found, wanted: value, settable }],
  );
}
