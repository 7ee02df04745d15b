// Documents at fixed URLs: JSON Schemas of what comes in and goes out, and an AsyncAPI 3 document of webhooks and topics.
import { readFileSync } from "node:fs";
import { TOPIC_SCHEMAS, TOPIC_SPECS } from "@ruta/events";
import type { TopicName } from "@ruta/events";
import type { HttpApp } from "@ruta/kit";
import { z } from "zod";
import { TYPE_PREFIX } from "./codes.ts";
import { ENVELOPES } from "./envelope.ts";
import { ENDPOINT_TOLD, TOLD, endpointSchema, toldSchema } from "./told.ts";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";
const DAY_MS = 86_400_000;

/** A JSON document. */
export type Json = Readonly<Record<string, unknown>>;

function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: "draft-2020-12",
    io: "input",
    unrepresentable: "any",
  });
  return rest;
}

/** The JSON Schemas by the name under which each is served. */
export function schemas(): Readonly<Record<string, Json>> {
  const acts = Object.entries(ENVELOPES).map(([act, schema]) => [`act.${act}`, jsonSchema(schema)] as const);
  return Object.fromEntries(
    [...acts, ["told", jsonSchema(toldSchema)] as const, ["endpoint", jsonSchema(endpointSchema)] as const].map(
      ([name, schema]) => [name, { $schema: DIALECT, $id: `/schemas/${name}.json`, ...schema }],
    ),
  );
}

const SIGNATURE: Json = {
  type: "object",
  required: ["webhook-id", "webhook-timestamp", "webhook-signature"],
  properties: {
    "webhook-id": { type: "string", description: "The same for every try of one act or event" },
    "webhook-timestamp": { type: "string", description: "Seconds since the epoch of this try" },
    "webhook-signature": { type: "string", description: "Standard Webhooks: v1 or v1a, several separated by spaces" },
  },
};

const RECORD_HEADERS: Json = {
  type: "object",
  required: ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject"],
  properties: Object.fromEntries(
    ["specversion", "id", "source", "type", "time", "subject", "dataschema"].map((name) => [
      `ce_${name}`,
      { type: "string" },
    ]),
  ),
};

/** Why each topic is there. */
const ABOUT: Readonly<Record<string, string>> = {
  "ruta.referral.commands.v1": "What institutions, staff and the hub itself ask of cases",
  "ruta.referral.events.v1": "What was decided of cases, versions without a gap",
  "ruta.delivery.attempts.v1": "Every try to hand an event to an endpoint",
  "ruta.delivery.inbox.v1": "What institutions pull instead of being posted to",
  "ruta.access.v1": "Every opening of content, and every act of staff",
  "ruta.directory.v1": "Who exists and what the rules are, by revisions",
};

/** The protobuf source of a topic's message, as the repository has it. */
function protobufOf(topic: TopicName): Json {
  const schema = TOPIC_SCHEMAS[topic];
  const file = new URL(`../../../schemas/${schema.file.name}.proto`, import.meta.url);
  return {
    schemaFormat: "application/vnd.google.protobuf;version=3",
    schema: readFileSync(file, "utf8"),
  };
}

function topicChannel(name: TopicName, partitions: number, retentionMs: number): [string, Json] {
  const kept = retentionMs < 0 ? "kept for ever" : `kept ${retentionMs / DAY_MS} days`;
  const message = {
    name: TOPIC_SCHEMAS[name].typeName,
    contentType: "application/protobuf",
    headers: RECORD_HEADERS,
    payload: protobufOf(name),
  };
  return [
    name.replaceAll(".", "-"),
    {
      address: name,
      description: `${ABOUT[name] ?? ""}; ${partitions} partitions, ${kept}. Topic names take RUTA_PREFIX.`,
      messages: { record: message },
      bindings: { kafka: { topic: name, partitions } },
    },
  ];
}

/** A schema as a part of another document: without its own address and dialect. */
function embedded(schema: Json): Json {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== "$id" && name !== "$schema"));
}

/** The AsyncAPI 3 document, from the schemas of the door and the table of topics. `version` is the API's. */
export function asyncApi(version: string): Json {
  const acts = Object.keys(ENVELOPES);
  const signed = (name: string, schema: string, title: string) => ({
    name,
    title,
    contentType: "application/cloudevents+json",
    headers: SIGNATURE,
    payload: { $ref: `#/components/schemas/${schema}` },
  });
  const channel = (id: string) => ({ $ref: `#/channels/${id}` });
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Ruta",
      version,
      description: "Webhooks in and out, and the topics behind them. The HTTP side is described at /openapi.json.",
    },
    channels: {
      door: {
        address: "/v1/in/{institution}",
        description: "Where an institution posts its acts",
        parameters: { institution: { description: "The institution that sends" } },
        messages: Object.fromEntries(
          acts.map((act) => [act, signed(`${TYPE_PREFIX}${act}`, `act.${act}`, `The act ${act}`)]),
        ),
      },
      webhook: {
        address: null,
        description: "The one URL that an institution has registered; or its inbox, GET /v1/inbox",
        messages: Object.fromEntries([
          ...TOLD.map((word) => [word, signed(`${TYPE_PREFIX}${word}`, "told", `What is told: ${word}`)] as const),
          ...ENDPOINT_TOLD.map((word) => {
            const about = word === "challenge" ? "Asks the endpoint for its proof" : `In the inbox only: it is ${word}`;
            return [`endpoint.${word}`, signed(`ruta.endpoint.${word}`, "endpoint", about)] as const;
          }),
        ]),
      },
      ...Object.fromEntries(
        TOPIC_SPECS.map(({ name, partitions, retentionMs }) => topicChannel(name, partitions, retentionMs)),
      ),
    },
    operations: {
      take: {
        action: "receive",
        channel: channel("door"),
        summary: "Takes an act; 202 with a receipt once it is durable",
      },
      tell: {
        action: "send",
        channel: channel("webhook"),
        summary: "Tells the other party, at least once, in order a case",
      },
    },
    components: {
      schemas: Object.fromEntries(Object.entries(schemas()).map(([name, schema]) => [name, embedded(schema)])),
    },
  };
}

/** GET /asyncapi.json and GET /schemas/{name}.json, made once. */
export function servePublished(app: HttpApp, version: string): void {
  const hidden = { schema: { hide: true } as never };
  const documents = new Map([
    ["/asyncapi.json", asyncApi(version)],
    ...Object.entries(schemas()).map(([name, schema]) => [`/schemas/${name}.json`, schema] as const),
  ]);
  for (const [path, document] of documents) {
    const text = JSON.stringify(document);
    const type = path.startsWith("/schemas/") ? "application/schema+json" : "application/json";
    app.get(path, hidden, async (_request, reply) => reply.type(type).send(text as never));
  }
  const names = [...documents.keys()];
  app.get("/schemas", hidden, async (_request, reply) => reply.send({ documents: names }));
}
