// Holds the partitioner equal to Kafka's Java default: the values of Kafka's own UtilsTest, and kafkajs's.
import fc from "fast-check";
import { Partitioners } from "kafkajs";
import { describe, expect, test } from "vitest";
import { murmur2, partitionOf } from "./partition.ts";

const partitionMetadata = (count: number) =>
  Array.from({ length: count }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 1,
    replicas: [1],
    isr: [1],
    offlineReplicas: [],
  }));

describe("the partition of a key", () => {
  test.each([
    ["21", -973932308],
    ["foobar", -790332482],
    ["a-little-bit-long-string", -985981536],
    ["a-little-bit-longer-string", -1486304829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
    ["abc", 479470107],
  ])("murmur2 of %s is what Kafka computes", (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  test("is what kafkajs chooses for any key and any number of partitions", () => {
    const kafka = Partitioners.DefaultPartitioner();
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 64 }), (key, count) => {
        const chosen = kafka({
          topic: "t",
          partitionMetadata: partitionMetadata(count),
          message: { key, value: null },
        });
        expect(partitionOf(key, count)).toBe(chosen);
      }),
      { numRuns: 500 },
    );
  });
});
