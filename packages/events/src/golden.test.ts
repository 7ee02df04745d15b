// One record of each kind as a stranger's Kafka tool sees it: topic, key, headers, and the value read with the released image alone.
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import type { DescMessage } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { TOPIC_SCHEMAS, encodeRecord } from "./record.ts";
import { MOMENT, kindsOf, sample } from "./samples.ts";
import { TOPICS } from "./topics.ts";
import type { TopicName } from "./topics.ts";

const image = readFileSync(new URL("../../../schemas/released.binpb", import.meta.url));
const released = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** What a tool shows of a record. */
function seen(topic: TopicName, schema: DescMessage, kind: string, message: ReturnType<typeof sample>): object {
  const meta = {
    id: `id-of-${kind}`,
    source: "/ruta/example",
    type: `ruta.example.${kind}`,
    time: MOMENT,
    traceparent: TRACE,
  };
  const record = encodeRecord(topic, "0123456789abcdefghjkmnpqrs", message as never, meta);
  const stranger = released.getMessage(record.headers.ce_dataschema ?? "");
  if (!stranger) throw new Error(`the released image does not know ${schema.typeName}`);
  const value = toJson(stranger, fromBinary(stranger, record.value));
  return { topic: record.topic, key: record.key, headers: record.headers, value };
}

const records = Object.values(TOPICS).flatMap((topic) => {
  const schema: DescMessage = TOPIC_SCHEMAS[topic];
  return kindsOf(schema).map((kind) => {
    const name = (kind?.name ?? schema.name).replaceAll("_", "-");
    return seen(topic, schema, name, sample(schema, kind));
  });
});

test("each kind of record reads as it always did", async () => {
  await expect(`${JSON.stringify(records, null, 2)}\n`).toMatchFileSnapshot("./golden.json");
});

test("each member of each oneof has its record", () => {
  const kinds = Object.values(TOPIC_SCHEMAS).flatMap((schema: DescMessage) => kindsOf(schema));
  expect(records).toHaveLength(kinds.length);
  expect(kinds.length).toBeGreaterThan(50);
});
