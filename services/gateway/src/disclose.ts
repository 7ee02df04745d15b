// The content of a referral as one cell of the disclosure table allows it: opens only the sections it shows, and records that it did.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AccessRecordSchema,
  ContentOpenedSchema,
  SectionKind,
  TOPICS,
  create,
  derivedId,
  encodeRecord,
} from "@ruta/events";
import type { Member, NewRecord, ReferralEvent, Section } from "@ruta/events";
import type { NarrativeContent, RoutingContent } from "./content.ts";
import type { Reader } from "./credentials.ts";
import type { Item } from "./disclosure.ts";

/** A section of a referral with what is in it; undefined bytes when its subject was erased. */
export interface Opened {
  readonly section: Section;
  readonly bytes: Uint8Array | undefined;
}

const ROUTING_ITEMS = {
  ageBand: "ages",
  territory: "territory",
  sex: "circumstances",
  nationality: "circumstances",
  papers: "circumstances",
  accused: "accused",
} as const satisfies Record<keyof RoutingContent, Item>;

/** The sections of a referral's events that `items` need to be opened. */
export function sectionsFor(items: ReadonlySet<Item>, events: readonly ReferralEvent[], referralId: string): Section[] {
  const wanted = new Set<SectionKind>();
  if (items.has("identity")) wanted.add(SectionKind.IDENTITY);
  if (items.has("narrative")) wanted.add(SectionKind.NARRATIVE);
  if (Object.values(ROUTING_ITEMS).some((item) => items.has(item))) wanted.add(SectionKind.ROUTING);
  const own = events.filter((event) => event.referralId === referralId && event.fact.case !== "refused");
  const unique = new Map(own.flatMap(({ sections }) => sections).map((section) => [section.sectionId, section]));
  return [...unique.values()].filter(({ kind }) => wanted.has(kind));
}

/** The record of an opening of identity or narrative; undefined when neither was among the sections. */
export function accessRecord(
  reader: Reader,
  what: {
    readonly accessId: string;
    readonly caseId: string;
    readonly referralId: string;
    readonly rule: string;
    readonly at: number;
  },
  sections: readonly Section[],
): NewRecord | undefined {
  const opened = sections.filter(({ kind }) => kind === SectionKind.IDENTITY || kind === SectionKind.NARRATIVE);
  if (opened.length === 0) return undefined;
  const { accessId, caseId, referralId, rule, at } = what;
  const value = create(ContentOpenedSchema, {
    caseId,
    referralId,
    institution: reader.institution,
    tokenId: reader.tokenId,
    sectionIds: opened.map(({ sectionId }) => sectionId),
    rule,
  });
  const message = create(AccessRecordSchema, {
    accessId,
    at: timestampFromMs(at),
    access: { case: "contentOpened", value },
  });
  const meta = { id: accessId, source: "/ruta/gateway", type: "ruta.access.content-opened", time: at };
  return encodeRecord(TOPICS.access, caseId, message, meta);
}

/** What is shown. A private provider gets a code to serve against, and nothing else. */
export function disclosed(
  items: ReadonlySet<Item>,
  events: readonly ReferralEvent[],
  referralId: string,
  opened: readonly Opened[],
): Record<string, unknown> {
  const requested = events.find((event) => event.referralId === referralId && event.fact.case === "requested");
  if (requested?.fact.case !== "requested") return { referral: referralId };
  if (items.has("voucher")) return { referral: referralId, voucher: voucherOf(referralId) };
  const { personId, ageBand, members, serviceType, reasonCode } = requested.fact.value;
  const notes = items.has("narrative") ? notesOf(opened) : [];
  return {
    referral: referralId,
    ...(items.has("needs") ? { serviceType, ...(reasonCode === "" ? {} : { reasonCode }) } : {}),
    ...(items.size > 0 ? { person: person(items, personId, ageBand, opened) } : {}),
    ...(items.has("household") ? { members: members.map((member) => memberOf(items, member, opened)) } : {}),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

/** A code that a private provider and its payer can compare; it says nothing of the referral to anyone else. */
function voucherOf(referralId: string): string {
  return derivedId("voucher", referralId).slice(0, 10).toUpperCase();
}

function memberOf(items: ReadonlySet<Item>, { personId, relation, ageBand }: Member, opened: readonly Opened[]) {
  return { relation, ...person(items, personId, ageBand, opened) };
}

function person(
  items: ReadonlySet<Item>,
  id: string,
  ageBand: string,
  opened: readonly Opened[],
): Record<string, unknown> {
  const own = opened.filter(({ section }) => section.subject === id);
  const erased = own.length > 0 && own.every(({ bytes }) => bytes === undefined);
  const routing = read<RoutingContent>(own, SectionKind.ROUTING)[0] ?? {};
  const shown = Object.entries(routing).filter(([field]) => items.has(ROUTING_ITEMS[field as keyof RoutingContent]));
  const identity = items.has("identity") ? read<object>(own, SectionKind.IDENTITY)[0] : undefined;
  const told = items.has("narrative") ? read<NarrativeContent>(own, SectionKind.NARRATIVE)[0] : undefined;
  return {
    id,
    ...(items.has("ages") ? { ageBand: bandOf(ageBand) } : {}),
    ...Object.fromEntries(shown),
    ...(identity === undefined ? {} : { identity }),
    ...(told && "narrative" in told ? { narrative: told.narrative } : {}),
    ...(erased ? { erased: true } : {}),
  };
}

/** The band as the door takes it: a band, or why there is none. */
function bandOf(ageBand: string): unknown {
  return /^\d/.test(ageBand) ? ageBand : { absent: ageBand === "" ? "not-asked" : ageBand };
}

function notesOf(opened: readonly Opened[]): NarrativeContent[] {
  return read<NarrativeContent>(opened, SectionKind.NARRATIVE).filter((content) => "note" in content);
}

function read<T>(opened: readonly Opened[], kind: SectionKind): T[] {
  return opened.flatMap(({ section, bytes }) =>
    section.kind === kind && bytes ? [JSON.parse(Buffer.from(bytes).toString("utf8")) as T] : [],
  );
}
