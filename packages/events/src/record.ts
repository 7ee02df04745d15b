// Records: protobuf values with CloudEvents headers (Kafka binding, binary mode), to and from messages.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { AccessRecordSchema } from "./gen/ruta/access/v1/access_pb.ts";
import { DeliveryAttemptSchema } from "./gen/ruta/delivery/v1/attempt_pb.ts";
import { InboxItemSchema } from "./gen/ruta/delivery/v1/inbox_pb.ts";
import { DirectoryRecordSchema } from "./gen/ruta/directory/v1/directory_pb.ts";
import { ReferralCommandSchema } from "./gen/ruta/referral/v1/command_pb.ts";
import { ReferralEventSchema } from "./gen/ruta/referral/v1/event_pb.ts";
import { TOPICS } from "./topics.ts";
import type { TopicName } from "./topics.ts";

/** A record before the log has it. The partition follows from the key, as Kafka's default partitioner computes it. */
export interface NewRecord {
  readonly topic: TopicName;
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** Which message a topic carries. */
export const TOPIC_SCHEMAS = {
  [TOPICS.commands]: ReferralCommandSchema,
  [TOPICS.events]: ReferralEventSchema,
  [TOPICS.attempts]: DeliveryAttemptSchema,
  [TOPICS.inbox]: InboxItemSchema,
  [TOPICS.access]: AccessRecordSchema,
  [TOPICS.directory]: DirectoryRecordSchema,
} as const satisfies Record<TopicName, DescMessage>;

/** The message type of a topic. */
export type TopicMessage<T extends TopicName> = MessageShape<(typeof TOPIC_SCHEMAS)[T]>;

/** What the headers of a record say (CloudEvents 1.0 attributes). */
export interface RecordMeta {
  /** Unique id, derived from what caused the record. */
  readonly id: string;
  /** Service that wrote it, such as `/ruta/gateway`. */
  readonly source: string;
  /** Kind, such as `ruta.referral.requested`. */
  readonly type: string;
  /** When, as milliseconds since the epoch. */
  readonly time: number;
  /** W3C trace context, when there is one. */
  readonly traceparent?: string;
}

/** Makes a record of a message. */
export function encodeRecord<T extends TopicName>(
  topic: T,
  key: string,
  message: TopicMessage<T>,
  meta: RecordMeta,
): NewRecord {
  const schema = TOPIC_SCHEMAS[topic];
  return {
    topic,
    key,
    value: toBinary<DescMessage>(schema, message),
    headers: {
      ce_specversion: "1.0",
      ce_id: meta.id,
      ce_source: meta.source,
      ce_type: meta.type,
      ce_time: new Date(meta.time).toISOString(),
      ce_subject: key,
      ce_dataschema: schema.typeName,
      "content-type": "application/protobuf",
      ...(meta.traceparent === undefined ? {} : { traceparent: meta.traceparent }),
    },
  };
}

/** Reads the message of a record's value; throws when the bytes are not that message. */
export function decodeRecord<T extends TopicName>(topic: T, value: Uint8Array): TopicMessage<T> {
  return fromBinary(TOPIC_SCHEMAS[topic], value);
}

export { create };
