// What kafkajs says, at the level it deserves: pure.
import { logLevel } from "kafkajs";
import { describe, expect, test } from "vitest";
import { levelOf, quieten } from "./noise.ts";

describe("a line of kafkajs", () => {
  test.each([
    "Response GroupCoordinator(key: 10, version: 2) The group coordinator is not available",
    "Response InitProducerId(key: 22, version: 1) The coordinator is loading and hence can't process requests for this group",
    "Response Heartbeat(key: 12, version: 3) The group is rebalancing, so a rejoin is needed",
    "The coordinator is not aware of this member, re-joining the group",
    "Response Produce(key: 0, version: 7) This server is not the leader for that topic-partition",
    "There is no leader for this topic-partition as we are in the middle of a leadership election",
  ])("is no error when a group or broker is new: %s", (text) => {
    expect(levelOf(logLevel.ERROR, text)).toBe("info");
  });

  test.each([
    "Connection error: connect ECONNREFUSED 127.0.0.1:19092",
    "Failed to connect to seed broker, trying another broker from the list: Closed connection",
    "Crash: KafkaJSNumberOfRetriesExceeded: Connection timeout",
  ])("is a warning when the broker is gone: %s", (text) => {
    expect(levelOf(logLevel.ERROR, text)).toBe("warn");
  });

  test("stays an error when nothing explains it", () => {
    expect(levelOf(logLevel.ERROR, "Response Produce(key: 0, version: 7) The broker disk is on fire")).not.toBe("info");
    expect(levelOf(logLevel.ERROR, "SASL PLAIN authentication failed")).toBe("error");
  });

  test("is left out when it says nothing: information, and what this driver does by design", () => {
    expect(levelOf(logLevel.INFO, "Consumer has joined the group")).toBeUndefined();
    expect(levelOf(logLevel.WARN, "Limiting retries for the idempotent producer may invalidate EoS guarantees")).toBe(
      undefined,
    );
  });
});

test("the same line is said once in ten seconds, however often kafkajs repeats it", () => {
  let now = 0;
  const said: string[] = [];
  const say = (_fields: Record<string, unknown>, message: string): void => void said.push(message);
  const log = quieten({ info: say, warn: say, error: say }, () => now)();
  const entry = (message: string) => ({
    namespace: "",
    level: logLevel.ERROR,
    label: "ERROR",
    log: { message, error: "ECONNREFUSED", timestamp: "" },
  });
  for (let n = 0; n < 50; n += 1) log(entry("Connection error"));
  log(entry("Connection closed"));
  expect(said).toEqual(["kafka client: Connection error", "kafka client: Connection closed"]);
  now = 10_001;
  log(entry("Connection error"));
  expect(said).toHaveLength(3);
});
