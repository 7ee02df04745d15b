// The defects of kafkajs 2.2.4, one test each: worked around here, or shown to do no harm. anchors: tulios/kafkajs issues.
import { createRequire } from "node:module";
import { TOPICS } from "@ruta/events";
import type { TopicName } from "@ruta/events";
import { Kafka, logLevel } from "kafkajs";
import type { Admin, Broker } from "kafkajs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { MAX_BATCH, silentLogger } from "../port.ts";
import { healingCluster } from "./cluster.ts";
import { prepareConnection } from "./connection.ts";
import type { Timing } from "./connection.ts";
import { createLane } from "./lane.ts";
import { patchIdleLoop, unpatchIdleLoop } from "./patch.ts";
import { commandFor, openProbed, probe } from "./probe.ts";
import type { Probed } from "./probe.ts";

const brokers = process.env.RUTA_TEST_KAFKA_BROKERS ?? "";
const SOON = { timeout: 20_000, interval: 20 };
const load = createRequire(import.meta.url);

interface ConsumerGroup {
  fetch: (this: ConsumerGroup, nodeId: string) => Promise<unknown[]>;
}

describe.skipIf(!brokers)("kafkajs", () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  async function opened(timing: Partial<Timing> = {}): Promise<Probed> {
    const probed = await openProbed(brokers, { timing });
    cleanups.push(() => probed.log.close());
    return probed;
  }
  async function admin(): Promise<Admin> {
    const client = new Kafka({ brokers: brokers.split(","), logLevel: logLevel.NOTHING }).admin();
    await client.connect();
    cleanups.push(() => client.disconnect());
    return client;
  }

  test("turns a timer on every connection at rest, and warns of its negative delay: not when patched (#1751)", async () => {
    const { log } = await opened();
    const member = probe();
    await log.join("idle", [TOPICS.commands], member);
    await log.append([commandFor(0, "first")]);
    await expect.poll(() => member.texts(), SOON).toEqual(["first"]);

    const warnings: string[] = [];
    const onWarning = ({ name }: Error): void => void warnings.push(name);
    process.on("warning", onWarning);
    try {
      const patched = await cpuOf(2_000);
      expect(warnings).toEqual([]);
      unpatchIdleLoop();
      await log.healthy(); // any answer starts the loop of its connection
      await sleep(500);
      const unpatched = await cpuOf(2_000);
      expect(patched / unpatched).toBeLessThan(0.6);
    } finally {
      patchIdleLoop();
      process.off("warning", onWarning);
    }
  });

  test("groups a send in quadratic time: no send has more than 500 records, nor more bytes than a broker takes", async () => {
    const { log, prefix } = await opened();
    await log.append(Array.from({ length: 1_700 }, (_, n) => commandFor(1, `${n}`)));
    const large = Buffer.alloc(60_000, "x").toString();
    const appended = await log.append(Array.from({ length: 40 }, () => commandFor(1, large)));
    expect(appended.at(-1)).toEqual({ partition: 1, offset: 1_739n });

    const cluster = healingCluster(
      prepareConnection({ kafkaBrokers: brokers, prefix, clientId: "lane", logger: silentLogger }),
    );
    cleanups.push(() => cluster.close());
    const lane = createLane(cluster, 0);
    const sizes = new Map<string, number>();
    for (let from = 0n; from < 1_740n;) {
      const fetched = await lane.fetch({ topic: `${prefix}${TOPICS.commands}`, partition: 1, from, max: 2_000 });
      if (!("messages" in fetched)) throw new Error("the log ends too early");
      for (const { offset, batchContext } of [...fetched.messages] as unknown as {
        offset: string;
        batchContext: Context;
      }[]) {
        sizes.set(batchContext.firstOffset, batchContext.lastOffsetDelta + 1);
        from = BigInt(offset) + 1n;
      }
    }
    const smallest = Math.ceil(1_700 / MAX_BATCH) + Math.ceil((40 * 60_000) / 1_048_576);
    expect(Math.max(...sizes.values())).toBeLessThanOrEqual(MAX_BATCH);
    expect(sizes.size).toBeGreaterThanOrEqual(smallest);
  });

  test("drops records that take the sequence numbers of a send that failed: no producer outlives a failure (#598)", async () => {
    const { log } = await opened();
    await log.append([commandFor(0, "before")]);
    const { prototype } = load("kafkajs/src/broker") as { prototype: Pick<Broker, "produce"> };
    const produce = prototype.produce;
    vi.spyOn(prototype, "produce").mockImplementationOnce(async function answerLost(this: Broker, request) {
      await produce.call(this, request);
      throw Object.assign(new Error("the answer was lost"), { retriable: false });
    });
    await expect(log.append([commandFor(0, "unknown")])).rejects.toThrow("the answer was lost");
    const [after] = await log.append([commandFor(0, "after")]);
    const [read] = await log.read(TOPICS.commands, 0, after!.offset);
    expect(Buffer.from(read!.value).toString()).toBe("after");
    expect((await log.offsets(TOPICS.commands))[0]?.end).toBe(after!.offset + 1n);
  });

  test("fetches no partition while one is handled: here fetching goes on, and what waits comes together (#1732)", async () => {
    const { log } = await opened();
    const member = probe();
    let release = (): void => {};
    member.work = () => new Promise((resolve) => (release = resolve));
    const { prototype } = load("kafkajs/src/broker") as { prototype: Pick<Broker, "fetch"> };
    const fetch = vi.spyOn(prototype, "fetch");
    await log.join("slow", [TOPICS.commands], member);
    await log.append([commandFor(0, "slow")]);
    await expect.poll(() => member.batches.length, SOON).toBe(1);
    for (const partition of [1, 2, 3]) {
      const before = fetch.mock.calls.length;
      await log.append([commandFor(partition, `fast-${partition}`)]);
      // The second request is sent when the answer to the first, with this record in it, has been taken.
      await expect.poll(() => fetch.mock.calls.length, SOON).toBeGreaterThan(before + 1);
    }
    member.work = () => Promise.resolve();
    release();
    await expect.poll(() => member.texts().length, SOON).toBe(4);
    expect(member.batches.map((batch) => batch.length)).toEqual([1, 3]);
  });

  test("forgets to be heard of while a handler works: a member at work for longer than its session stays (#1074)", async () => {
    const { log } = await opened({ session: 1_500, heartbeat: 300 });
    const member = probe();
    let release = (): void => {};
    member.work = () => new Promise((resolve) => (release = resolve));
    await log.join("long", [TOPICS.commands], member);
    await log.append(Array.from({ length: 3_000 }, (_, n) => commandFor(n % 4, `${n}`)));
    await expect.poll(() => member.batches.length, SOON).toBe(1);
    await sleep(3_500);
    member.work = () => Promise.resolve();
    release();
    await expect.poll(() => new Set(member.texts()).size, SOON).toBe(3_000);
    expect(member.calls.filter((call) => call !== "recorded" && !call.startsWith("records"))).toEqual(["assigned 4"]);
    expect(Math.max(...member.batches.map((batch) => batch.length))).toBeLessThanOrEqual(MAX_BATCH);
  });

  test("joins again while handlers still run: here a hand-over waits for the batch in hand (#1046)", async () => {
    const { log, prefix } = await opened();
    const first = probe();
    let release = (): void => {};
    first.work = () => new Promise((resolve) => (release = resolve));
    await log.join("hand-over", [TOPICS.commands], first);
    await log.append([0, 1, 2, 3].map((partition) => commandFor(partition, "x")));
    await expect.poll(() => first.batches.length, SOON).toBeGreaterThan(0);

    const second = probe();
    const revoked = vi.spyOn(first, "revoked").mockImplementation(async () => {
      await vi.waitFor(() => expect(first.calls.at(-1)).toBe("recorded"), SOON);
    });
    const other = await openProbed(brokers, { prefix });
    cleanups.push(() => other.log.close());
    const joining = other.log.join("hand-over", [TOPICS.commands], second);
    await expect.poll(() => revoked.mock.calls.length, SOON).toBe(1);
    await sleep(1_000);
    expect(second.calls).toEqual([]);
    first.work = () => Promise.resolve();
    release();
    await joining;
    await expect.poll(() => second.calls[0], SOON).toBe("assigned 2");
  });

  test("may hold a partition without fetching it: the watchdog sees records nobody fetches, and joins anew (#1456)", async () => {
    const { log, said } = await opened({ watch: 200, retry: 100 });
    const member = probe();
    await log.join("stuck", [TOPICS.commands], member);
    await log.append([commandFor(0, "before")]);
    await expect.poll(() => member.texts(), SOON).toEqual(["before"]);

    // The consumer of this moment never fetches again, the next one does.
    const { prototype } = load("kafkajs/src/consumer/consumerGroup") as { prototype: ConsumerGroup };
    const fetch = prototype.fetch;
    const deaf = new Set<ConsumerGroup>();
    vi.spyOn(prototype, "fetch").mockImplementation(async function fetchUnlessDeaf(this: ConsumerGroup, nodeId) {
      if (deaf.size === 0) deaf.add(this);
      if (!deaf.has(this)) return fetch.call(this, nodeId);
      await sleep(50);
      return [];
    });
    await expect.poll(() => deaf.size, SOON).toBe(1);
    await log.append([commandFor(0, "after")]);
    await expect.poll(() => member.texts(), SOON).toEqual(["before", "after"]);
    expect(said.lines.filter(({ fields }) => fields.code === "not-fetched")).toHaveLength(1);
  });

  test("fails to make topics on first use under KRaft: here none is made that way (#1563)", async () => {
    const { log, prefix } = await opened();
    const nowhere = "ruta.nowhere.v1" as TopicName;
    await expect(log.append([{ ...commandFor(0, "x"), topic: nowhere }])).rejects.toMatchObject({
      code: "unknown-topic",
    });
    await expect(log.join("nowhere", [nowhere], probe())).rejects.toMatchObject({ code: "unknown-topic" });
    const topics = await (await admin()).listTopics();
    expect(topics.filter((name) => name.startsWith(prefix)).toSorted()).toEqual(
      [TOPICS.commands, TOPICS.events].map((name) => `${prefix}${name}`),
    );
  });

  test("goes to the end of the log when an offset lies outside: here the member is asked, and nothing is skipped", async () => {
    const { log, prefix, said } = await opened({ retry: 200 });
    await log.append(["a", "b", "c", "d"].map((text) => commandFor(2, text)));
    const client = await admin();
    const topic = `${prefix}${TOPICS.commands}`;
    await client.fetchTopicOffsets(topic);
    await client.deleteTopicRecords({ topic, partitions: [{ partition: 2, offset: "2" }] });

    const beyond = probe();
    beyond.next.set(2, 99n);
    const membership = await log.join("beyond", [TOPICS.commands], beyond);
    await expect.poll(() => beyond.calls.filter((call) => call === "assigned 1").length, SOON).toBeGreaterThan(1);
    expect(beyond.texts()).toEqual([]);
    beyond.next.set(2, 2n);
    await expect.poll(() => beyond.texts(), SOON).toEqual(["c", "d"]);
    await membership.leave();

    const behind = probe();
    await log.join("behind", [TOPICS.commands], behind);
    await expect.poll(() => behind.calls.filter((call) => call === "assigned 1").length, SOON).toBeGreaterThan(0);
    expect(behind.texts()).toEqual([]);
    behind.next.set(2, 2n);
    await expect.poll(() => behind.texts(), SOON).toEqual(["c", "d"]);
    // On a busy machine kafkajs may tell of a slow answer too; what it tells of offsets is this alone.
    const codes = said.lines.flatMap(({ level, fields }) => (level === "error" && fields.code ? [fields.code] : []));
    expect(new Set(codes)).toEqual(new Set(["offset-out-of-range"]));
  });

  test("never forgets a topic that was deleted: here others go on, and the deleted one is unknown (#1622)", async () => {
    const { log, prefix } = await opened();
    await log.append([commandFor(0, "x"), { ...commandFor(0, "y"), topic: TOPICS.events }]);
    await log.read(TOPICS.events, 0, 0n);
    const client = await admin();
    await client.deleteTopics({ topics: [`${prefix}${TOPICS.events}`] });
    await expect(log.append([{ ...commandFor(0, "z"), topic: TOPICS.events }])).rejects.toBeInstanceOf(Error);
    expect(await log.append([commandFor(0, "still")])).toHaveLength(1);
    await expect(log.append([{ ...commandFor(0, "z"), topic: TOPICS.events }])).rejects.toMatchObject({
      code: "unknown-topic",
    });
    await expect(log.read(TOPICS.events, 0, 0n)).rejects.toMatchObject({ code: "unknown-topic" });
    expect(await log.read(TOPICS.commands, 0, 0n)).toHaveLength(2);
  });

  test("calls a new group or producer an error: here the first use of both says none", async () => {
    const { log, said } = await opened();
    const member = probe();
    await log.join("quiet", [TOPICS.commands], member);
    await log.append([commandFor(0, "x")]);
    await expect.poll(() => member.texts(), SOON).toEqual(["x"]);
    expect(said.lines.filter(({ level }) => level !== "info")).toEqual([]);
  });
});

interface Context {
  readonly firstOffset: string;
  readonly lastOffsetDelta: number;
}

/** CPU time of this process, in µs, over so many ms of rest. */
async function cpuOf(ms: number): Promise<number> {
  const before = process.cpuUsage();
  await sleep(ms);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
