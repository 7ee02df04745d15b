// What the driver does when its broker is killed, and when an empty one takes its address. Brokers of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TOPICS } from "@ruta/events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBroker } from "../../../../infra/kafka/broker.ts";
import type { Broker } from "../../../../infra/kafka/broker.ts";
import { missingForJars } from "../../../../infra/kafka/jars.ts";
import { commandFor, openProbed, PARTITIONS, probe, textOf } from "./probe.ts";
import type { Probe, Probed } from "./probe.ts";

const SOON = { timeout: 45_000, interval: 50 };
const missing = process.env.RUTA_TEST_KAFKA_BROKERS ? await missingForJars() : "Kafka";

describe.skipIf(missing)("a broker that goes away", { timeout: 120_000 }, () => {
  const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), "ruta-outage-")));
  let broker: Broker;
  let probed: Probed;
  let member: Probe;
  const acknowledged: string[] = [];
  beforeAll(async () => {
    broker = await startBroker({ folder: folders[0]! });
    probed = await openProbed(broker.brokers);
    member = probe();
    await probed.log.join("outage", [TOPICS.commands], member);
  });
  afterAll(async () => {
    await probed.log.close();
    await broker.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  test("comes back: what was acknowledged stands in the log once, and the member goes on where it was", async () => {
    const { log } = probed;
    const writing = new AbortController();
    const writers = Array.from({ length: PARTITIONS }, async (_, partition) => {
      for (let n = 0; !writing.signal.aborted; n += 1) {
        const texts = [`${partition}/${n}/a`, `${partition}/${n}/b`];
        await log.append(texts.map((text) => commandFor(partition, text))).then(
          () => acknowledged.push(...texts),
          () => undefined,
        );
      }
    });
    await expect.poll(() => acknowledged.length, SOON).toBeGreaterThan(300);
    broker.kill9();
    await broker.restart();
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, SOON).toBeGreaterThan(before + 300);
    writing.abort();
    await Promise.all(writers);

    const found: string[] = [];
    for (const { partition, start, end } of await log.offsets(TOPICS.commands)) {
      for (let next = start; next < end;) {
        const records = await log.read(TOPICS.commands, partition, next, { maxWaitMs: 1_000 });
        found.push(...records.map(textOf));
        next = records.at(-1)!.offset + 1n;
      }
    }
    expect(new Set(found).size).toBe(found.length);
    expect(acknowledged.filter((text) => !found.includes(text))).toEqual([]);
    await expect.poll(() => new Set(member.texts()).size, SOON).toBe(found.length);
  });

  test("is gone: nothing hangs, and the log says that it does not answer", async () => {
    broker.kill9();
    await broker.ended;
    expect(await probed.log.healthy()).toBe(false);
    await expect(probed.log.append([commandFor(0, "lost")])).rejects.toBeInstanceOf(Error);
  });

  test("is replaced by an empty one: topics are unknown until made, and the member is asked, not sent to the start", async () => {
    const { log, said } = probed;
    const port = Number(broker.brokers.split(":")[1]);
    broker = await startBroker({ folder: folders[1]!, port });
    await expect.poll(() => log.healthy(), SOON).toBe(true);
    await expect(log.append([commandFor(0, "nowhere")])).rejects.toMatchObject({ code: "unknown-topic" });
    await expect(log.read(TOPICS.commands, 0, 0n)).rejects.toMatchObject({ code: "unknown-topic" });

    const seen = member.texts().length;
    const asked = member.calls.filter((call) => call.startsWith("assigned")).length;
    await log.createTopics([{ name: TOPICS.commands, partitions: PARTITIONS, retentionMs: -1 }]);
    await log.append([commandFor(0, "new")]);
    const outOfRange = () => said.lines.some(({ fields }) => fields.code === "offset-out-of-range");
    await expect.poll(outOfRange, SOON).toBe(true);
    await expect
      .poll(() => member.calls.filter((call) => call.startsWith("assigned")).length, SOON)
      .toBeGreaterThan(asked + 1);
    expect(member.texts().length).toBe(seen);
    for (let partition = 0; partition < PARTITIONS; partition += 1) member.next.set(partition, 0n);
    await expect.poll(() => member.texts().at(-1), SOON).toBe("new");
  });
});
