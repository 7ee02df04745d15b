// The two forms of an entry: as people write and read it (HSDS names, plain words), and as a message of the directory's topic.
import { fromJson, toJson } from "@bufbuild/protobuf";
import type { DescMessage, JsonObject, JsonValue, Message } from "@bufbuild/protobuf";
import {
  AccessTokenSchema,
  EndpointSchema,
  InstitutionKeySchema,
  InstitutionSchema,
  PlaceSchema,
  RoadmapSchema,
  ServiceSchema,
  StaffSchema,
  TermSchema,
  TerritorySchema,
} from "@ruta/events";
import type { DirectoryEntries, DirectoryRecord, EntryKind } from "@ruta/events";
import type { Written, WrittenKind } from "./schema.ts";

/** An entry as a message: one branch of the record's oneof. */
export type Entry = Exclude<DirectoryRecord["entry"], { case: undefined } | { case: "revisionCommitted" }>;

/** The message type of each kind of entry. */
export const ENTRY_SCHEMAS = {
  institution: InstitutionSchema,
  service: ServiceSchema,
  place: PlaceSchema,
  endpoint: EndpointSchema,
  institutionKey: InstitutionKeySchema,
  accessToken: AccessTokenSchema,
  staff: StaffSchema,
  term: TermSchema,
  territory: TerritorySchema,
  roadmap: RoadmapSchema,
} as const satisfies Record<EntryKind, DescMessage>;

/** Fields whose values are enums: the prefix that the message's word has before the written one. */
const WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  institution: { type: "INSTITUTION_TYPE_", functions: "SYSTEM_FUNCTION_" },
  service: { nationality_rule: "NATIONALITY_RULE_", registration: "REGISTRATION_RULE_" },
  endpoint: { scheme: "SIGNATURE_SCHEME_", mode: "DELIVERY_MODE_", format: "PAYLOAD_FORMAT_" },
  institutionKey: { scheme: "SIGNATURE_SCHEME_" },
  staff: { roles: "STAFF_ROLE_" },
};

/** What is never shown: secrets, even wrapped, and hashes of tokens. */
const HIDDEN: ReadonlySet<string> = new Set(["wrapped_secret", "previous_wrapped_secret", "sha256"]);

/** Id of an institution's one endpoint: it stays when the URL changes, so that what waits for it goes to the new one. */
export function endpointId(institution: string): string {
  return `endpoint-${institution}`;
}

/** Id of an entry: a term's is its code, a roadmap's has its version, since each stays. */
export function idOf({ case: kind, value }: Entry): string {
  if (kind === "roadmap") return `${value.id}@${value.version}`;
  return kind === "term" ? value.code : value.id;
}

/** Makes an entry of one kind from the init of its message. */
export function entryOf<K extends EntryKind>(kind: K, value: DirectoryEntries[K]): Entry {
  return { case: kind, value } as Entry;
}

/** A written entry as a message. Dates count from midnight in Quito. */
export function toEntry(kind: WrittenKind, written: Written): Entry {
  const json = { ...(withValidity(written as JsonObject) as JsonObject) };
  for (const [field, prefix] of Object.entries(WORDS[kind] ?? {}))
    if (json[field] !== undefined) json[field] = mapWords(json[field], (word) => toEnum(prefix, word));
  if (kind === "endpoint") json.id = endpointId(json.institution as string);
  return { case: kind, value: fromJson(ENTRY_SCHEMAS[kind] as DescMessage, json) } as unknown as Entry;
}

/** An entry as people read it: the written form, with what the hub added, without secrets. */
export function fromEntry({ case: kind, value }: Entry): Record<string, unknown> {
  const json = toJson(ENTRY_SCHEMAS[kind] as DescMessage, value as Message, { useProtoFieldName: true }) as JsonObject;
  const words = WORDS[kind] ?? {};
  const shown: Record<string, unknown> = {};
  for (const [field, inner] of Object.entries(flat(json) as JsonObject)) {
    const prefix = words[field];
    if (!HIDDEN.has(field) && inner !== undefined)
      shown[field] = prefix === undefined ? inner : mapWords(inner, (word) => fromEnum(prefix, word));
  }
  return shown;
}

function toEnum(prefix: string, word: string): string {
  return prefix + word.toUpperCase().replaceAll("-", "_");
}

function fromEnum(prefix: string, word: string): string {
  return word.slice(prefix.length).toLowerCase().replaceAll("_", "-");
}

function mapWords(value: JsonValue, map: (word: string) => string): JsonValue {
  return Array.isArray(value) ? (value as string[]).map(map) : map(value as string);
}

/** Folds from and until, at any depth, into a validity. */
function withValidity(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withValidity);
  if (typeof value !== "object" || value === null) return value;
  const { from, until, ...rest } = value;
  const json: JsonObject = {};
  for (const [field, inner] of Object.entries(rest)) json[field] = withValidity(inner);
  if (from === undefined && until === undefined) return json;
  return { ...json, validity: { ...(from && { from: instant(from) }), ...(until && { until: instant(until) }) } };
}

/** The reverse of withValidity. */
function flat(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(flat);
  if (typeof value !== "object" || value === null) return value;
  const { validity, ...rest } = value;
  const json: JsonObject = {};
  for (const [field, inner] of Object.entries(rest)) json[field] = flat(inner);
  return { ...json, ...(validity as JsonObject | undefined) };
}

function instant(written: JsonValue): string {
  const text = written as string;
  return new Date(text.length === 10 ? `${text}T00:00:00-05:00` : text).toISOString();
}
