// What is wanted of a topic in Kafka, and what counts as a difference.
import { TOPICS } from "@ruta/events";
import { describe, expect, test } from "vitest";
import { configOf, differencesOf, replicasFor, wantedOf } from "./topic-config.ts";
import type { TopicConfig } from "./topic-config.ts";

const SPEC = { name: TOPICS.commands, partitions: 12, retentionMs: 60_000 };

test.each([
  [undefined, 1, 1],
  [undefined, 2, 2],
  [undefined, 5, 3],
  [2, 5, 2],
])("asked for %o copies, with %i brokers: %i", (asked, brokers, replicas) => {
  expect(replicasFor(asked, brokers)).toBe(replicas);
});

test.each([
  [1, "1"],
  [2, "1"],
  [3, "2"],
  [5, "2"],
])("of %i copies %s must have a record", (replicas, inStep) => {
  expect(configOf(SPEC, replicas).settings["min.insync.replicas"]).toBe(inStep);
});

describe("a topic that is there", () => {
  const differences = (is: TopicConfig, replicas: number) => differencesOf(is, wantedOf(SPEC, is, replicas));

  test("as it was made, differs in nothing, whatever else is set on it", () => {
    const made = configOf(SPEC, 3);
    expect(differences({ ...made, settings: { ...made.settings, "segment.ms": "60000" } }, 3)).toEqual([]);
  });

  test("has settings that can be set, and partitions and copies that cannot", () => {
    const is = { partitions: 3, replicas: 1, settings: { ...configOf(SPEC, 1).settings, "retention.ms": "1" } };
    expect(differences(is, 3)).toEqual([
      { what: "partitions", is: "3", wanted: "12", settable: false },
      { what: "replicas", is: "1", wanted: "3", settable: false },
      { what: "retention.ms", is: "1", wanted: "60000", settable: true },
    ]);
  });

  test("with one copy is not told that two must have a record, which would stop it", () => {
    expect(differences(configOf(SPEC, 1), 3).map(({ what }) => what)).toEqual(["replicas"]);
  });

  test("with more copies than asked for is as wanted", () => {
    expect(differences(configOf(SPEC, 3), 1)).toEqual([]);
  });
});
