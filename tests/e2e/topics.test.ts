// `ruta topics` on a real broker: what is missing or differs is said and mended, what cannot be is said, the rest is left alone.
import { randomBytes } from "node:crypto";
import { TOPICS } from "@ruta/events";
import { Kafka, logLevel } from "kafkajs";
import type { Admin } from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command } from "../command.ts";

const BROKERS = process.env.RUTA_TEST_KAFKA_BROKERS;
const PREFIX = `t${randomBytes(5).toString("hex")}`;
const PLAIN = { PATH: process.env.PATH, LC_ALL: "C" };
/** ConfigResource of the protocol. */
const TOPIC = 2;
const full = (topic: string): string => `${PREFIX}.${topic}`;

interface Listed {
  readonly topics: readonly {
    readonly name: string;
    readonly is?: { readonly partitions: number; readonly settings: Readonly<Record<string, string>> };
    readonly differences: readonly { readonly what: string; readonly is: string; readonly wanted: string }[];
  }[];
}

describe.skipIf(!BROKERS)("ruta topics", () => {
  let admin: Admin;
  const ruta = (...args: string[]) => command(args, { ...PLAIN, KAFKA_BROKERS: BROKERS, RUTA_PREFIX: PREFIX });
  const settings = async (topic: string): Promise<Record<string, string>> => {
    const query = { includeSynonyms: false, resources: [{ type: TOPIC, name: full(topic) }] };
    const [resource] = (await admin.describeConfigs(query)).resources;
    return Object.fromEntries(resource!.configEntries.map((entry) => [entry.configName, entry.configValue]));
  };

  beforeAll(async () => {
    admin = new Kafka({ brokers: BROKERS!.split(","), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterAll(() => admin.disconnect());

  test("says what is missing and what differs, makes and sets it, and leaves alone what is set besides", async () => {
    const commands = { topic: full(TOPICS.commands), numPartitions: 12 };
    const set = { "retention.ms": "86400000", "segment.bytes": "2097152" };
    const configEntries = Object.entries(set).map(([name, value]) => ({ name, value }));
    await admin.createTopics({
      topics: [
        { ...commands, configEntries },
        { topic: full(TOPICS.access), numPartitions: 3 },
      ],
    });

    const [found, planned, unasked] = await Promise.all([
      ruta("topics", "--json"),
      ruta("topics", "apply", "--dry-run"),
      ruta("topics", "apply"),
    ]);
    expect(found.code).toBe(1);
    const { topics } = JSON.parse(found.stdout) as Listed;
    expect(topics.filter(({ is }) => is === undefined).map(({ name }) => name)).toEqual(
      [TOPICS.events, TOPICS.attempts, TOPICS.inbox, TOPICS.directory].map(full),
    );
    const differs = topics.find(({ name }) => name === full(TOPICS.commands))!.differences;
    expect(differs).toContainEqual({ what: "retention.ms", is: "86400000", wanted: "2592000000", settable: true });
    expect(differs).toContainEqual(expect.objectContaining({ what: "message.timestamp.type", is: "CreateTime" }));
    expect(planned.code).toBe(1);
    expect(planned.stdout).toMatch(/commands\.v1: retention\.ms is 86400000, wanted 2592000000/);
    expect(planned.stdout).toMatch(/access\.v1: partitions is 3, wanted 12\n[^]*Partitions stay as they are/);
    expect(planned.stdout).toMatch(/nothing was done$/m);
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringMatching(/directory\.v1: to be made[^]*--yes/)]);
    expect((await settings(TOPICS.commands))["retention.ms"]).toBe("86400000");

    const applied = await ruta("topics", "apply", "--yes", "--json");
    const after = (JSON.parse(applied.stdout) as Listed).topics;
    // What nobody may change is all that is left, and still ends the command with 1.
    expect(after.flatMap(({ differences }) => differences)).toEqual([
      { what: "partitions", is: "3", wanted: "12", settable: false },
    ]);
    expect(applied.code).toBe(1);
    expect(after.find(({ name }) => name === full(TOPICS.directory))!.is!.partitions).toBe(1);
    expect(await settings(TOPICS.commands)).toMatchObject({ "retention.ms": "2592000000", "segment.bytes": "2097152" });
    expect(await settings(TOPICS.access)).toMatchObject({ "retention.ms": "-1", "min.insync.replicas": "1" });
  });

  test("on the log in PostgreSQL there are none, and a broker that is not there is said to be so", async () => {
    const [none, away] = await Promise.all([
      command(["topics"], PLAIN),
      command(["topics"], { ...PLAIN, KAFKA_BROKERS: "127.0.0.1:9" }),
    ]);
    expect(none).toMatchObject({ code: 0, stdout: "the log is kept in PostgreSQL: there are no topics\n" });
    expect([away.code, away.stderr.split("\n")[0]]).toEqual([4, "ruta: Kafka cannot be reached"]);
  });
});
