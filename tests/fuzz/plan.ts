// One request of the fuzz, drawn from a seed and its number over the real route table. Pure: places in double braces stand for what
// only the running city knows, such as ids and the hour, and are filled when it is sent.
import type { Route } from "../inspect.ts";
import { CANARY, PUBLIC } from "./canary.ts";
import { drawOf } from "./draw.ts";
import type { Draw } from "./draw.ts";
import { wrongHeaders } from "./headers.ts";
import { wrongPath, wrongQuery } from "./paths.ts";
import { rawOf } from "./raw.ts";
import type { Raw } from "./raw.ts";
import { SAMPLES } from "./samples.ts";
import { garble, spoil } from "./spoil.ts";
import { branchesOf } from "./values.ts";
import type { Json } from "./values.ts";

/** A route and the app that has it. */
export interface Target extends Route {
  readonly port: number;
}

/** How a text becomes bytes; `base64` holds bytes that are no text. */
type Encoding = "utf8" | "utf16le" | "latin1" | "base64" | "gzip";

/** How whoever asks proves who it is: rightly, or wrong in one way. */
type Proof =
  | "right"
  | "none"
  | "junk"
  | "another's"
  | "another-body"
  | "another-path"
  | "cut"
  | "stale"
  | "ahead"
  | "other-scheme"
  | "many"
  | "repeated";

/** A request to be. */
export interface Plan {
  readonly n: number;
  readonly target: Target;
  readonly attack: Attack | Raw["kind"];
  /** Who asks: an institution, or a role of the staff. */
  readonly as: string;
  readonly proof: Proof;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | undefined;
  readonly encoding: Encoding;
  /** Never answered 2xx. */
  readonly refused: boolean;
  readonly raw: Raw | undefined;
  /** Sent once more, the same to the byte. */
  readonly again: boolean;
}

const ATTACKS = {
  valid: 20,
  spoiled: 30,
  garbled: 10,
  encoded: 4,
  bytes: 3,
  proof: 8,
  foreign: 6,
  headers: 7,
  path: 5,
  query: 4,
  method: 2,
  again: 3,
  huge: 1,
  raw: 6,
} as const;

/** What is wrong with a request. */
type Attack = keyof typeof ATTACKS;

const PROOFS: readonly Proof[] = [
  "none",
  "junk",
  "another's",
  "another-body",
  "another-path",
  "cut",
  "stale",
  "ahead",
  "other-scheme",
  "many",
  "repeated",
];
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "MKCOL"];
const MUCH = 1_200;

const isDoor = ({ url }: Route): boolean => url.startsWith("/v1/in/");
const isStaff = ({ url }: Route): boolean => url.startsWith("/admin/");
/** Routes that anybody may ask. */
const isOpen = (route: Route): boolean =>
  !isStaff(route) && (!route.url.startsWith("/v1/") || route.url === "/v1/keys");

/** How often a route is asked: the door holds most of what can go wrong; a page that never changes holds little. */
function weightOf(target: Target): number {
  if (isDoor(target)) return target.url.endsWith("/:institution") ? 14 : 6;
  return isOpen(target) && !target.url.includes(":") ? 0.3 : 2;
}

/** Makes the plan of each number of a seed. */
export function planner(targets: readonly Target[], seed: number): (n: number) => Plan {
  const weights = Object.fromEntries(targets.map((target, index) => [String(index), weightOf(target)]));
  return (n) => {
    const draw = drawOf(seed, n);
    return planOf(draw, targets[Number(draw.weighed(weights))]!, n);
  };
}

function planOf(draw: Draw, target: Target, n: number): Plan {
  const attack = draw.weighed(ATTACKS);
  const words = isStaff(target) ? PUBLIC : CANARY;
  const as = isStaff(target)
    ? draw.pick(["administrator", "operator", "operator", "auditor"])
    : draw.pick(["alfa", "alfa", "beta"]);
  const foreign = attack === "foreign";
  const value = bodyOf(draw, target, foreign);
  let text = value === undefined ? undefined : JSON.stringify(value);
  let path = pathOf(draw, target, as, foreign);
  const headers = usualHeaders(draw, target);
  let method = target.method;
  let encoding: Encoding = "utf8";
  let proof: Proof = "right";
  let refused = foreign && !isStaff(target) && target.url.includes("/v1/") && mentionsForeign(value, path);
  let raw: Raw | undefined;
  let kind: Plan["attack"] = attack;
  switch (attack) {
    case "spoiled": {
      if (value === undefined) path += wrongQuery(draw, target, words);
      else {
        const spoiled = spoil(draw, value, words);
        text = JSON.stringify(spoiled.value);
      }
      break;
    }
    case "garbled": {
      const garbled = garble(draw, text ?? '{"a":1}');
      text = garbled.text;
      refused = isDoor(target);
      break;
    }
    case "encoded":
      encoding = draw.pick(["utf16le", "latin1", "gzip"] as const);
      text = (text ?? '{"a":1}').replace(/"([^"]*)"\}/, '"$1ñ"}');
      refused = isDoor(target) && encoding !== "latin1";
      if (draw.chance(0.5))
        headers["content-type"] = `application/json; charset=${draw.pick(["utf-16", "latin1", "utf-7", "x", '"'])}`;
      if (encoding === "gzip" && draw.chance(0.5))
        headers["content-encoding"] = draw.pick(["gzip", "br", "identity, gzip"]);
      break;
    case "bytes":
      encoding = "base64";
      text = Buffer.from(Array.from({ length: draw.int(0, 3_000) }, () => draw.int(0, 255))).toString("base64");
      refused = isDoor(target);
      break;
    case "huge":
      text = `{"data":"${"x".repeat(target.bodyLimit - draw.int(-3, 20))}"}`;
      refused = isDoor(target);
      break;
    case "proof":
      proof = draw.pick(PROOFS);
      refused = !isOpen(target) && target.url.startsWith("/") && proof !== "many";
      break;
    case "headers":
      Object.assign(headers, wrongHeaders(draw, MUCH, words));
      break;
    case "path":
      path = wrongPath(draw, path, words);
      break;
    case "query":
      path += wrongQuery(draw, target, words);
      break;
    case "method":
      method = draw.pick(METHODS);
      break;
    case "raw":
      raw = rawOf(draw);
      kind = raw.kind;
      break;
    default:
  }
  return {
    n,
    target,
    attack: kind,
    as,
    proof,
    method,
    path,
    headers: Object.entries(headers),
    body: text,
    encoding,
    refused,
    raw,
    again: attack === "again",
  };
}

/** Whether anything of another institution, or of nobody, is left in what is asked. */
function mentionsForeign(value: Json | undefined, path: string): boolean {
  // The id of a CloudEvent is its sender's own, whatever it looks like: what is asked stands in its data.
  const asked = typeof value === "object" && value !== null && "data" in value ? value.data : value;
  return /\{\{(referral|person)\.(foreign|none)\}\}/.test(`${JSON.stringify(asked) ?? ""}${path}`);
}

function bodyOf(draw: Draw, target: Target, foreign: boolean): Json | undefined {
  if (target.method === "GET") return draw.chance(0.02) ? { a: 1 } : undefined;
  const samples = SAMPLES[`${target.method} ${target.url}`];
  const value = samples ? draw.pick(samples) : shaped(draw, target);
  if (!foreign || value === undefined) return value;
  const kind = draw.pick(["foreign", "none"]);
  return JSON.parse(JSON.stringify(value).replaceAll(/\{\{(\w+)\.(own|served|any)\}\}/g, `{{$1.${kind}}}`)) as Json;
}

/** Requests are a third of all acts: without them the others find nothing to act on. */
function shaped(draw: Draw, { body }: Target): Json | undefined {
  if (!body) return draw.chance(0.5) ? { reason: "a fuzz", id: "{{referral.own}}" } : undefined;
  const branches = branchesOf(body);
  return draw.sample(draw.chance(0.34) ? branches[0]! : draw.pick(branches));
}

/** Kinds of ids that a parameter may take, by the route's path. */
function idKinds(url: string): readonly string[] {
  if (url.includes("/referrals")) return ["referral"];
  if (url.includes("/cases")) return ["case", "referral"];
  if (url.includes("/worklist")) return ["referral", "event"];
  if (url.includes("/delivery/parked")) return ["delivery"];
  if (url.includes("/redrives")) return ["redrive"];
  if (url.includes("/poison")) return ["poison"];
  if (url.includes("/directory")) return ["credential"];
  return ["referral", "person", "case", "event", "section", "delivery", "credential", "redrive"];
}

const WORDS: Readonly<Record<string, readonly string[]>> = {
  part: ["institutions", "services", "terms"],
  kind: ["institution", "service", "endpoint", "staff", "term"],
  topic: ["commands", "events", "attempts", "access", "directory", "inbox"],
};

function pathOf(draw: Draw, { url, query }: Target, as: string, foreign: boolean): string {
  const isDoorUrl = url.startsWith("/v1/in/");
  const path = url.replaceAll(/:(\w+)/g, (_, name: string) => {
    if (name === "institution") return isDoorUrl ? as : draw.pick(["victima", "nadie", "delta"]);
    const words = WORDS[name];
    if (words) return draw.pick(words);
    return `{{${draw.pick(idKinds(url))}.${foreign ? draw.pick(["foreign", "none"]) : draw.pick(["own", "served"])}}}`;
  });
  if (query === undefined || draw.chance(0.3)) return path;
  const asked = draw.sample(branchesOf(query)[0]!) as { [name: string]: Json };
  const pairs = Object.entries(asked).filter(() => draw.chance(0.5));
  return `${path}?${pairs.map(([name, one]) => `${name}=${encodeURIComponent(typeof one === "string" ? one : JSON.stringify(one))}`).join("&")}`;
}

function usualHeaders(draw: Draw, target: Target): Record<string, string> {
  const headers: Record<string, string> = {};
  if (target.method !== "GET")
    headers["content-type"] = target.url.endsWith("/fhir")
      ? "application/fhir+json"
      : draw.pick(["application/json", "application/cloudevents+json"]);
  if (target.method === "GET" && draw.chance(0.3))
    headers.accept = draw.pick(["application/fhir+json", "application/json", "text/html", "*/*", "application/xml"]);
  if (isDoor(target) && draw.chance(0.1))
    headers.prefer = draw.pick(["wait=1", "wait=0", "respond-async, wait=1", "wait=-1"]);
  return headers;
}
