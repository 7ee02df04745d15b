// A record of the log as staff may see it: ids, codes, times and sizes. Content is never opened here, and free words are left out.
import { toJson } from "@bufbuild/protobuf";
import type { JsonValue } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import {
  Channel,
  SectionKind,
  TOPICS,
  TOPIC_SCHEMAS,
  classOf,
  decodeRecord,
  nameOf,
  statusWord,
  wordOf,
} from "@ruta/events";
import type { Actor, ReferralCommand, ReferralEvent, Section } from "@ruta/events";
import type { LogRecord } from "@ruta/log";

type View = Record<string, unknown>;

/** What a header may look like to be shown: an id, a type, a time. */
const PLAIN = /^[\w:./+-]{1,120}$/;
const HEADERS = ["ce_id", "ce_type", "ce_source", "ce_time"] as const;

/** The codes of an act or a fact that say what it was; a need and a service are not among them. */
const CODES = ["code", "reasonCode", "outcomeCode", "chosenBy", "eventId"] as const;

/** Fields that hold secrets, hashes, signatures or sealed bytes: never shown, whatever their message. */
const HIDDEN = new Set(["ciphertext", "wrappedSecret", "previousWrappedSecret", "sha256", "body", "signature"]);

/** A record as staff may see it; `readable` says whether its bytes are what its topic carries. */
export function recordView({ topic, headers, value }: Pick<LogRecord, "topic" | "headers" | "value">): View {
  const shown = HEADERS.flatMap((name): [string, string][] => {
    const text = headers[name];
    return text !== undefined && PLAIN.test(text) ? [[name, text]] : [];
  });
  const message = messageView({ topic, value });
  return { ...Object.fromEntries(shown), bytes: value.byteLength, readable: message !== undefined, ...message };
}

/**
 * A record's message as staff may see it; undefined when its bytes are not what its topic carries. Of a case, only what is named
 * here; the other topics tell of no person, and are shown in protobuf's JSON form without their bytes.
 */
export function messageView({ topic, value }: Pick<LogRecord, "topic" | "value">): View | undefined {
  try {
    if (topic === TOPICS.commands) return commandView(decodeRecord(topic, value));
    if (topic === TOPICS.events) return eventView(decodeRecord(topic, value));
    return withoutBytes(toJson(TOPIC_SCHEMAS[topic] as never, decodeRecord(topic, value) as never)) as View;
  } catch {
    return undefined;
  }
}

function withoutBytes(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutBytes);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !HIDDEN.has(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutBytes(inner)]));
}

function commandView({ act, caseId, referralId, actor, receivedAt, sections }: ReferralCommand): View {
  return {
    act: wordOf(act.case ?? "unknown"),
    case: plain(caseId),
    referral: plain(referralId),
    actor: actorView(actor),
    receivedAt: iso(receivedAt),
    // Of a request the coded reason is the need.
    ...(act.case === "request" ? {} : codesOf(act.value)),
    sections: sections.map(sectionView),
  };
}

function eventView(event: ReferralEvent): View {
  const { fact, caseId, version, referralId, actor, status, recordedAt, cause, confidentiality, sections } = event;
  const { requester, performer, rehearsal } = event;
  const hidden = fact.case === "requested" || classOf(confidentiality) === "V";
  return {
    fact: wordOf(fact.case ?? "unknown"),
    case: plain(caseId),
    version: Number(version),
    referral: plain(referralId),
    ...(rehearsal === "" ? {} : { rehearsal: true }),
    actor: actorView(actor),
    requester: plain(requester),
    performer: plain(performer),
    status: statusWord(status),
    recordedAt: iso(recordedAt),
    ...(cause ? { cause: `${cause.topic}/${cause.partition}/${cause.offset}` } : {}),
    ...(hidden ? {} : codesOf(fact.value)),
    sections: sections.map(sectionView),
  };
}

function codesOf(value: object | undefined): View {
  const fields = (value ?? {}) as Record<string, unknown>;
  return Object.fromEntries(CODES.flatMap((name) => (plain(fields[name]) ? [[name, plain(fields[name])]] : [])));
}

function actorView(actor: Actor | undefined): View {
  if (!actor) return {};
  const { institution, worker, channel, onBehalfOf } = actor;
  const named = { institution: plain(institution), worker: plain(worker), onBehalfOf: plain(onBehalfOf) };
  return { ...named, channel: nameOf(Channel, channel) };
}

function sectionView({ kind, sectionId, ciphertext, blobSha256 }: Section): View {
  const where = blobSha256.length > 0 ? "blob" : "record";
  return { kind: nameOf(SectionKind, kind), section: plain(sectionId), in: where, bytes: ciphertext.length };
}

/** A text that has the form of an id or a code; whoever wrote a record that cannot be processed may have written anything. */
function plain(text: unknown): string | undefined {
  return typeof text === "string" && PLAIN.test(text) ? text : undefined;
}

function iso(time: Timestamp | undefined): string | undefined {
  return time && new Date(timestampMs(time)).toISOString();
}
