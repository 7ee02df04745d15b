// Records: CloudEvents in Kafka's binary mode, and messages that come through as they went in, whatever a newer schema adds.
import { toBinary } from "@bufbuild/protobuf";
import type { DescMessage } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ReferralEventSchema } from "./gen/ruta/referral/v1/event_pb.ts";
import { TOPIC_SCHEMAS, create, decodeRecord, encodeRecord } from "./record.ts";
import { MOMENT, kindsOf, sample } from "./samples.ts";
import { MAX_RECORD_BYTES, TOPICS, TOPIC_SPECS } from "./topics.ts";

const meta = { id: "e-1", source: "/ruta/router", type: "ruta.referral.requested", time: MOMENT };

test("headers are the attributes of CloudEvents 1.0, and the value is bare protobuf", () => {
  const event = create(ReferralEventSchema, { caseId: "c" });
  const record = encodeRecord(TOPICS.events, "c", event, meta);
  expect(record.headers).toEqual({
    ce_specversion: "1.0",
    ce_id: "e-1",
    ce_source: "/ruta/router",
    ce_type: "ruta.referral.requested",
    ce_time: "2026-11-23T15:00:00.000Z",
    ce_subject: "c",
    ce_dataschema: "ruta.referral.v1.ReferralEvent",
    "content-type": "application/protobuf",
  });
  expect(record.value).toEqual(toBinary(ReferralEventSchema, event));
  expect(encodeRecord(TOPICS.events, "c", event, { ...meta, traceparent: "00-x" }).headers.traceparent).toBe("00-x");
});

test("every kind of every topic comes through as it went in", () => {
  for (const topic of Object.values(TOPICS)) {
    const schema: DescMessage = TOPIC_SCHEMAS[topic];
    for (const kind of kindsOf(schema)) {
      const message = sample(schema, kind);
      const { value } = encodeRecord(topic, "c", message as never, meta);
      expect(decodeRecord(topic, value)).toEqual(message);
      expect(value.length).toBeLessThan(MAX_RECORD_BYTES);
    }
  }
});

test("a field that a newer schema added is carried on, and changes nothing that is known", () => {
  const event = create(ReferralEventSchema, { caseId: "c", version: 3n });
  const newer = Buffer.concat([toBinary(ReferralEventSchema, event), Buffer.from([0xfa, 0x3f, 0x01, 0x41])]); // field 1023: "A"
  const read = decodeRecord(TOPICS.events, newer);
  expect(read).toMatchObject({ caseId: "c", version: 3n });
  expect(Buffer.from(toBinary(ReferralEventSchema, read))).toEqual(newer);
});

test("bytes that are no message are an error", () => {
  expect(() => decodeRecord(TOPICS.events, Buffer.from([0xff, 0xff]))).toThrow(/./);
});

test("topics have the partitions and the retention of the design, and none is compacted", () => {
  expect(TOPIC_SPECS.map(({ name, partitions, retentionMs }) => [name, partitions, retentionMs / 86_400_000])).toEqual([
    ["ruta.referral.commands.v1", 12, 30],
    ["ruta.referral.events.v1", 12, -1 / 86_400_000],
    ["ruta.delivery.attempts.v1", 12, 30],
    ["ruta.delivery.inbox.v1", 12, 14],
    ["ruta.access.v1", 12, -1 / 86_400_000],
    ["ruta.directory.v1", 1, -1 / 86_400_000],
  ]);
});
