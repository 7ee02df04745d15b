// A record of Kafka as the port has it.
import type { IHeaders, KafkaMessage } from "kafkajs";
import type { LogRecord, TopicName } from "../port.ts";

/** Converts a message as kafkajs fetched it. */
export function toRecord(topic: TopicName, partition: number, message: KafkaMessage): LogRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    time: Number(message.timestamp),
    key: message.key?.toString() ?? "",
    value: message.value ?? new Uint8Array(),
    headers: toHeaders(message.headers ?? {}),
  };
}

/** A header that was sent more than once counts with its first value. */
function toHeaders(headers: IHeaders): Record<string, string> {
  const read: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    read[name] = first?.toString() ?? "";
  }
  return read;
}
