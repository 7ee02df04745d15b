// What an institution is told of its own endpoint: an operational event in its inbox, by another way than the one that fails. Pure.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { InboxItemSchema, TOPICS, create, derivedId, encodeRecord } from "@ruta/events";
import type { NewRecord } from "@ruta/events";

/** One change to tell of: what, of which endpoint, when (milliseconds), and why as a code. */
export interface EndpointNotice {
  readonly institution: string;
  readonly endpointId: string;
  readonly word: "failing" | "disabled" | "recovered";
  readonly at: number;
  /** Since when it has failed, when it does. */
  readonly since?: number;
  /** gone, failing or operator, when it is disabled. */
  readonly reasonCode?: string;
}

/** The record of its inbox: ids and codes only, its id derived from what changed and when. */
export function endpointRecord({ institution, endpointId, word, at, since, reasonCode }: EndpointNotice): NewRecord {
  const id = derivedId("endpoint-notice", institution, word, String(at));
  const type = `ruta.endpoint.${word}`;
  const event = {
    specversion: "1.0",
    id,
    source: "/ruta",
    type,
    subject: institution,
    time: new Date(at).toISOString(),
    datacontenttype: "application/json",
    data: {
      institution,
      endpoint: endpointId,
      ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
      ...(reasonCode === undefined ? {} : { reasonCode }),
    },
  };
  const item = create(InboxItemSchema, {
    webhookId: id,
    institution,
    body: Buffer.from(JSON.stringify(event)),
    contentType: "application/cloudevents+json; charset=utf-8",
    offeredAt: timestampFromMs(at),
  });
  return encodeRecord(TOPICS.inbox, institution, item, { id, source: "/ruta/delivery", type, time: at });
}
