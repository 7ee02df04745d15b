// The log on three brokers, as a city would run it: each record on two of them before it counts. Brokers of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TOPICS } from "@ruta/events";
import { Kafka, logLevel } from "kafkajs";
import type { Admin } from "kafkajs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { startBroker } from "../../../../infra/kafka/broker.ts";
import type { Broker } from "../../../../infra/kafka/broker.ts";
import { missingForJars } from "../../../../infra/kafka/jars.ts";
import { commandFor, openProbed, PARTITIONS, probe, textOf } from "./probe.ts";
import type { Probe, Probed } from "./probe.ts";

const SOON = { timeout: 90_000, interval: 50 };
const SETTINGS = { "offsets.topic.replication.factor": 3 };
const missing = process.env.RUTA_TEST_KAFKA_BROKERS ? await missingForJars() : "Kafka";

describe.skipIf(missing)("three brokers", { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "ruta-cluster-"));
  const brokers: Broker[] = [];
  let probed: Probed;
  let member: Probe;
  let admin: Admin;

  beforeAll(async () => {
    const first = await startBroker({ folder: join(folder, "1"), settings: SETTINGS });
    const { cluster } = first;
    const joined = [2, 3].map((node) =>
      startBroker({ folder: join(folder, String(node)), settings: SETTINGS, joins: { cluster, node } }),
    );
    brokers.push(first, ...(await Promise.all(joined)));
    const all = brokers.map((one) => one.brokers);
    admin = new Kafka({ brokers: all, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await vi.waitFor(async () => {
      if ((await admin.describeCluster()).brokers.length < 3) throw new Error("not all brokers have joined");
    }, SOON);
    probed = await openProbed(all.join(","));
    member = probe();
    await probed.log.join("cluster", [TOPICS.commands], member);
  });
  afterAll(async () => {
    await probed?.log.close();
    await admin?.disconnect();
    await Promise.all(brokers.toReversed().map((broker) => broker.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  const topic = (): string => `${probed.prefix}${TOPICS.commands}`;
  const partitions = async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic()] });
    return topics[0]!.partitions;
  };

  test("hold three copies of each record, two of which have to be in step", async () => {
    expect((await partitions()).map(({ replicas }) => replicas.length)).toEqual(Array(PARTITIONS).fill(3));
    const query = { includeSynonyms: false, resources: [{ type: 2, name: topic() }] };
    const [{ configEntries } = { configEntries: [] }] = (await admin.describeConfigs(query)).resources;
    expect(configEntries.find(({ configName }) => configName === "min.insync.replicas")?.configValue).toBe("2");
  });

  test("of which one is killed: writers and readers go on; two: nothing is acknowledged until one is back; nothing is lost", async () => {
    const { log } = probed;
    const acknowledged: string[] = [];
    const writing = new AbortController();
    onTestFinished(() => writing.abort());
    const writers = Array.from({ length: PARTITIONS }, async (_, partition) => {
      for (let n = 0; !writing.signal.aborted; n += 1) {
        const text = `${partition}/${n}`;
        await log.append([commandFor(partition, text)]).then(
          () => acknowledged.push(text),
          () => undefined,
        );
      }
    });
    const more = async (): Promise<void> => {
      const before = Map.groupBy(acknowledged, (text) => text[0]);
      const grown = () =>
        [...before].every(([key, had]) => acknowledged.filter((text) => text[0] === key).length > had.length + 20);
      await expect.poll(grown, SOON).toBe(true);
    };
    await expect.poll(() => acknowledged.length, SOON).toBeGreaterThan(200);

    brokers[2]!.kill9();
    await brokers[2]!.ended;
    await more();
    expect((await partitions()).every(({ leader }) => leader !== 3)).toBe(true);

    brokers[1]!.kill9();
    await brokers[1]!.ended;
    // What was on its way to the second may be answered still; then its copies leave the set in step, and nothing is.
    await expect.poll(async () => (await partitions()).every(({ isr }) => isr.length < 2), SOON).toBe(true);
    await Promise.allSettled(
      Array.from({ length: PARTITIONS }, (_, partition) => log.append([commandFor(partition, `${partition}/alone`)])),
    );
    const alone = acknowledged.length;
    await expect(log.append([commandFor(0, "0/refused")])).rejects.toBeInstanceOf(Error);
    expect(acknowledged.length).toBe(alone);

    await Promise.all([brokers[1]!.restart(), brokers[2]!.restart()]);
    await more();
    writing.abort();
    await Promise.all(writers);

    const found: string[] = [];
    for (const { partition, start, end } of await log.offsets(TOPICS.commands)) {
      for (let next = start; next < end;) {
        const records = await log.read(TOPICS.commands, partition, next, { maxWaitMs: 1_000 });
        found.push(...records.map(textOf));
        next = (records.at(-1)?.offset ?? next) + 1n;
      }
    }
    const there = new Set(found);
    expect(acknowledged.filter((text) => !there.has(text))).toEqual([]);
    await expect.poll(() => new Set(member.texts()).size, SOON).toBe(there.size);
  });
});
