// The topics of the hub as they stand in Kafka beside what is wanted of them; and settled: made, and their settings set.
import type { Admin, ConfigSource, DescribeConfigResponse, IResourceConfigEntry } from "kafkajs";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogConfig } from "../open-log.ts";
import type { TopicSpec } from "../port.ts";
import { withAdmin } from "./reach.ts";
import type { KafkaTarget } from "./reach.ts";
import { configOf, differencesOf, replicasFor, wantedOf } from "./topic-config.ts";
import type { TopicConfig, TopicDifference } from "./topic-config.ts";
import { makeMissing } from "./topic-make.ts";

/** A topic of the hub, by its name in Kafka. */
export interface TopicState {
  readonly name: string;
  /** As it stands, with the settings that are wanted in some way; undefined while it is missing. */
  readonly is: TopicConfig | undefined;
  readonly wanted: TopicConfig;
  /** None while it is missing. */
  readonly differences: readonly TopicDifference[];
}

/** How Kafka is reached, and the copies that are wanted. */
type TopicsConfig = KafkaTarget & Pick<LogConfig, "kafkaReplicas" | "prefix">;

type Entries = DescribeConfigResponse["resources"][number]["configEntries"];

// Of the protocol (ConfigResource and ConfigSource there); kafkajs has names for them that ES modules cannot import.
const TOPIC = 2;
const SET_ON_THE_TOPIC: ConfigSource = 1;

/** A cluster hands its leaders around now and then; it is asked again for about a second. */
const RETRIES = 3;
const SETTLE_MS = 5_000;
const POLL_MS = 50;

/** Each topic as it stands. Rejects when no broker answers, or when this user may not ask. */
export function examineTopics(config: TopicsConfig, specs: readonly TopicSpec[]): Promise<TopicState[]> {
  return withAdmin(config, RETRIES, (admin) => examine(admin, config, specs));
}

/**
 * Makes the topics that are missing and sets the settings that differ; whatever else is set on a topic stays. Answers how they
 * stand then: with the partitions and copies that they had, since other partitions would tear the order of a case apart, and
 * copies are moved by tools that know the cluster.
 */
export function settleTopics(config: TopicsConfig, specs: readonly TopicSpec[]): Promise<TopicState[]> {
  return withAdmin(config, RETRIES, async (admin) => {
    const { kafkaReplicas: replicas, prefix = "" } = config;
    await makeMissing(admin, { full: (name) => `${prefix}${name}`, replicas }, specs);
    const states = await examine(admin, config, specs);
    const differing = states.filter(({ differences }) => differences.some(({ settable }) => settable));
    if (differing.length === 0) return states;
    const names = differing.map(({ name }) => name);
    const entries = await entriesOf(admin, names);
    const resources = differing.map(({ name, wanted }) => ({
      type: TOPIC,
      name,
      configEntries: allOf(entries.get(name) ?? [], wanted),
    }));
    await admin.alterConfigs({ validateOnly: false, resources });
    return settled(() => examine(admin, config, specs));
  });
}

/** The broker that is asked may know a moment later than the one that was told. */
async function settled(look: () => Promise<TopicState[]>): Promise<TopicState[]> {
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    const states = await look();
    const isSettled = states.every(({ is, differences }) => is && !differences.some(({ settable }) => settable));
    if (isSettled || performance.now() > until) return states;
    await sleep(POLL_MS);
  }
}

/** All that is to be set on a topic: Kafka drops what it is not told again. */
function allOf(entries: Entries, { settings }: TopicConfig): IResourceConfigEntry[] {
  const others = entries.filter(
    ({ configName, configSource }) => configSource === SET_ON_THE_TOPIC && !(configName in settings),
  );
  return [
    ...others.map(({ configName, configValue }) => ({ name: configName, value: configValue })),
    ...Object.entries(settings).map(([name, value]) => ({ name, value })),
  ];
}

async function examine(admin: Admin, config: TopicsConfig, specs: readonly TopicSpec[]): Promise<TopicState[]> {
  const full = (topic: string): string => `${config.prefix ?? ""}${topic}`;
  const { brokers } = await admin.describeCluster();
  const replicas = replicasFor(config.kafkaReplicas, brokers.length);
  const there = new Set(await admin.listTopics());
  const names = specs.map(({ name }) => full(name)).filter((name) => there.has(name));
  const entries = await entriesOf(admin, names);
  const { topics } = names.length === 0 ? { topics: [] } : await admin.fetchTopicMetadata({ topics: names });
  return specs.map((spec) => {
    const name = full(spec.name);
    const partitions = topics.find((topic) => topic.name === name)?.partitions;
    const is = partitions && {
      partitions: partitions.length,
      replicas: Math.min(...partitions.map((partition) => partition.replicas.length)),
      settings: settingsOf(entries.get(name) ?? [], configOf(spec, replicas)),
    };
    const wanted = wantedOf(spec, is, replicas);
    return { name, is, wanted, differences: is ? differencesOf(is, wanted) : [] };
  });
}

/** Those of the settings in force that are wanted in some way. */
function settingsOf(entries: Entries, { settings }: TopicConfig): Record<string, string> {
  const ours = entries.filter(({ configName }) => configName in settings);
  return Object.fromEntries(ours.map(({ configName, configValue }) => [configName, configValue]));
}

async function entriesOf(admin: Admin, names: readonly string[]): Promise<Map<string, Entries>> {
  if (names.length === 0) return new Map();
  const resources = names.map((name) => ({ type: TOPIC, name }));
  const described = await admin.describeConfigs({ includeSynonyms: false, resources });
  return new Map(described.resources.map(({ resourceName, configEntries }) => [resourceName, configEntries]));
}
