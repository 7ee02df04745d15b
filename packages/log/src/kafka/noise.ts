// What kafkajs logs, said at the level it deserves: waiting for a coordinator is no error, and an outage is said once.
import type { LogEntry } from "kafkajs";
import { logLevel } from "kafkajs";
import type { LogLogger } from "../port.ts";

/** The same line is said again after this long. */
const REPEAT_MS = 10_000;

/** Normal while a broker, a group or a topic is new, or a group changes hands. */
const EXPECTED =
  /coordinator is (not available|loading)|COORDINATOR_NOT_AVAILABLE|LOAD_IN_PROGRESS|NOT_COORDINATOR|not the correct coordinator|rebalanc|not aware of this member|leadership election|not the leader for|LEADER_NOT_AVAILABLE/i;
/** Said by this driver itself, or by design. */
const NEEDLESS =
  /Limiting retries for the idempotent producer|Restarting the consumer|Response without match|offset is not within the range/;
/** A broker that is gone is reported, and tried again; it is not a fault of this process. */
const CONNECTION = /connect|ECONN|timed? ?out|broker|socket|Crash|Failed to send messages/i;

/** How a line of kafkajs is said; undefined: not at all. Pure. */
export function levelOf(level: logLevel, text: string): "info" | "warn" | "error" | undefined {
  if (NEEDLESS.test(text) || level > logLevel.WARN) return undefined;
  if (EXPECTED.test(text)) return "info";
  return level === logLevel.ERROR && !CONNECTION.test(text) ? "error" : "warn";
}

/** For kafkajs's `logCreator`. Fields hold names of the protocol only; kafkajs never logs what a record holds. */
export function quieten(
  logger: LogLogger,
  now: () => number = () => performance.now(),
): () => (entry: LogEntry) => void {
  const saidAt = new Map<string, number>();
  return () => (entry) => {
    const { message, error, groupId, topic, partition } = entry.log;
    const reason = error instanceof Error ? error.message : typeof error === "string" ? error : undefined;
    const said = levelOf(entry.level, `${message} ${reason ?? ""}`);
    const line = `${message} ${reason}`;
    if (!said || now() - (saidAt.get(line) ?? -REPEAT_MS) < REPEAT_MS) return;
    if (saidAt.size > 100) saidAt.clear();
    saidAt.set(line, now());
    const fields = { group: groupId, topic, partition, err: reason === undefined ? undefined : { message: reason } };
    logger[said](fields, `kafka client: ${message}`);
  };
}
