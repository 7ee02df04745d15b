// Headers that no client should send, but that somebody will. Pure.
import type { PUBLIC } from "./canary.ts";
import type { Draw } from "./draw.ts";

type Words = typeof PUBLIC;

const TYPES = [
  "text/plain",
  "application/xml",
  "multipart/form-data; boundary=x",
  "application/x-www-form-urlencoded",
  "application/json;charset=utf-8;charset=utf-16",
  "application/json, text/plain",
  "application/cloudevents-batch+json",
  "application/cloudevents+protobuf",
  "application/",
  "json",
  ";",
  "",
  "application/fhir+xml",
  "APPLICATION/JSON",
];
const ACCEPTS = [
  "",
  ";q=2",
  "*/*;q=0",
  "a/b".repeat(500),
  "application/fhir+json;q=0, */*",
  ",,,",
  "application/json;q=x",
];
const AUTHORIZATIONS = [
  "",
  "Bearer",
  "Bearer ",
  "Bearer  {{token.own}}",
  "bearer {{token.own}}x",
  "Basic YTpi",
  "Bearer rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  "Bearer {{token.revoked}}",
];
const STAMPS = ["", "0", "-1", "1e9", "0x10", "99999999999999999999", "{{now}}.5", " {{now}}", "{{now}} ", "NaN", "٣"];
const IDS = ["", " ", "x".repeat(257), "x".repeat(5_000), "a b", "ñ", "id\u007f", "{{n}}#2", "#", "*"];
const PREFERS = ["wait=", "wait=999999", "wait=1.5", "wait=1, wait=2", "respond-async", "wait=NaN", "=".repeat(900)];

/** Headers in the place of the usual ones, or beside them. `most` is the largest count of many. */
export function wrongHeaders(draw: Draw, most: number, words: Words): Record<string, string> {
  const kinds: Record<string, () => Record<string, string>> = {
    type: () => ({ "content-type": draw.pick(TYPES) }),
    accept: () => ({ accept: draw.pick(ACCEPTS) }),
    authorization: () => ({ authorization: draw.pick(AUTHORIZATIONS) }),
    stamp: () => ({ "webhook-timestamp": draw.pick(STAMPS) }),
    id: () => ({ "webhook-id": draw.pick(IDS) }),
    signature: () => ({
      "webhook-signature": draw.pick(["", "v1,", "v1a,", "v9,AAAA", "v1,AAAA ".repeat(100), "v1a,".repeat(2_000)]),
    }),
    staff: () => ({ "ruta-staff": draw.pick(["", "nobody", "recovery", "bootstrap", "__proto__", "x".repeat(5_000)]) }),
    prefer: () => ({ prefer: draw.pick(PREFERS) }),
    coding: () => ({ "content-encoding": draw.pick(["gzip", "br", "identity", "x", "", "identity, identity"]) }),
    etag: () => ({ "if-none-match": draw.pick(["*", '""', 'W/"1"', "x".repeat(9_000)]) }),
    forwarded: () => ({
      "x-forwarded-for": draw.pick(["127.0.0.1", "::1, 10.0.0.1", "x"]),
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "javascript",
      forwarded: "for=127.0.0.1",
    }),
    host: () => ({ host: draw.pick(["evil.example", "x".repeat(500), "[::1]:99999", "a:b:c", "127.0.0.1"]) }),
    trace: () => ({ traceparent: draw.pick(["00-x", "ff-".repeat(300), ""]), tracestate: "a=b" }),
    method: () => ({ "x-http-method-override": draw.pick(["DELETE", "PUT", "GET"]) }),
    expect: () => ({ expect: draw.pick(["100-continue", "200-ok", ""]) }),
    range: () => ({ range: draw.pick(["bytes=0-0", "bytes=-1", "bytes=0-,0-,0-"]) }),
    cookie: () => ({ cookie: "a=b; ".repeat(draw.int(1, 500)) }),
    many: () =>
      Object.fromEntries(Array.from({ length: draw.int(50, most) }, (_, index) => [`x-many-${index}`, "v"] as const)),
    large: () => ({ "x-large": "v".repeat(draw.int(4_000, 40_000)) }),
    words: () => ({ "x-note": encodeURIComponent(words.story), "user-agent": encodeURIComponent(words.family) }),
  };
  return kinds[draw.pick(Object.keys(kinds))]!();
}
