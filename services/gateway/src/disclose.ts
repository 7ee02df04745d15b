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
import { inForce } from "./sections.ts";
import type { Held } from "./sections.ts";

/** A section of a referral with what is in it; undefined bytes when its subject was erased, or its bytes are lost. */
export interface Opened extends Held {
  readonly bytes: Uint8Array | undefined;
}

const ROUTING_ITEMS = {
  ageBand: "ages",
  territory: "territory",
  sex: "circumstances",
  nationality: "circumstances",
  papers: "circumstances",
  languages: "circumstances",
  accused: "accused",
} as const satisfies Record<keyof RoutingContent, Item>;

/** The sections in force of a referral that `items` need to be opened. */
export function sectionsFor(items: ReadonlySet<Item>, events: readonly ReferralEvent[], referralId: string): Held[] {
  const wanted = new Set<SectionKind>();
  if (items.has("identity")) wanted.add(SectionKind.IDENTITY);
  if (items.has("narrative")) wanted.add(SectionKind.NARRATIVE);
  if (Object.values(ROUTING_ITEMS).some((item) => items.has(item))) wanted.add(SectionKind.ROUTING);
  return inForce(events, referralId).filter(({ section }) => wanted.has(section.kind));
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
  const shown = { items, opened, requester: requested.requester };
  const notes = items.has("narrative") ? notesOf(opened) : [];
  return {
    referral: referralId,
    ...(items.has("needs") ? { serviceType, ...(reasonCode === "" ? {} : { reasonCode }) } : {}),
    ...(items.size > 0 ? { person: person(shown, personId, ageBand) } : {}),
    ...(items.has("household") ? { members: members.map((member) => memberOf(shown, member)) } : {}),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

const WORDS: Readonly<Partial<Record<SectionKind, string>>> = {
  [SectionKind.IDENTITY]: "identity",
  [SectionKind.NARRATIVE]: "narrative",
  [SectionKind.ROUTING]: "routing",
};

/** What a viewer is shown a person from. */
interface Shown {
  readonly items: ReadonlySet<Item>;
  readonly opened: readonly Opened[];
  readonly requester: string;
}

/** A section's content with where it stands, so that whoever sent it can supersede it. */
interface Read<T> {
  readonly section: string;
  readonly institution: string;
  readonly content: T;
}

/** A code that a private provider and its payer can compare; it says nothing of the referral to anyone else. */
function voucherOf(referralId: string): string {
  return derivedId("voucher", referralId).slice(0, 10).toUpperCase();
}

function memberOf(shown: Shown, { personId, relation, ageBand }: Member) {
  return { relation, ...person(shown, personId, ageBand) };
}

function person({ items, opened, requester }: Shown, id: string, ageBand: string): Record<string, unknown> {
  const own = opened.filter(({ section }) => section.subject === id);
  const erased = own.length > 0 && own.every(({ bytes }) => bytes === undefined);
  const lost = [...new Set(own.filter(({ bytes }) => !bytes).map(({ section }) => WORDS[section.kind] ?? ""))];
  const [routing] = read<RoutingContent>(own, SectionKind.ROUTING);
  const values = Object.entries(routing?.content ?? {});
  const fields = values.filter(([field]) => items.has(ROUTING_ITEMS[field as keyof RoutingContent]));
  // Once a person has a section of its own, the band that stands in clear counts no more: it may have been corrected.
  const band = routing === undefined ? bandOf(ageBand) : (routing.content.ageBand ?? { absent: "not-asked" });
  const [identity] = items.has("identity") ? read<object>(own, SectionKind.IDENTITY) : [];
  const told = items.has("narrative") ? read<NarrativeContent>(own, SectionKind.NARRATIVE).flatMap(narrativeOf) : [];
  const narrative = told.find(({ institution }) => institution === requester);
  const additions = told.filter((one) => one !== narrative);
  const sections = Object.entries({ identity, narrative, routing }).flatMap(([kind, from]) =>
    from === undefined ? [] : [[kind, from.section]],
  );
  return {
    id,
    ...Object.fromEntries(fields),
    ...(items.has("ages") ? { ageBand: band } : {}),
    ...(identity === undefined ? {} : { identity: identity.content }),
    ...(narrative === undefined ? {} : { narrative: narrative.content }),
    ...(additions.length === 0
      ? {}
      : { additions: additions.map(({ content, ...from }) => ({ ...from, narrative: content })) }),
    ...(sections.length === 0 ? {} : { sections: Object.fromEntries(sections) as object }),
    ...(erased ? { erased: true } : {}),
    ...(erased || lost.length === 0 ? {} : { unreadable: lost }),
  };
}

/** The band as the door takes it: a band, or why there is none. */
function bandOf(ageBand: string): unknown {
  return /^\d/.test(ageBand) ? ageBand : { absent: ageBand === "" ? "not-asked" : ageBand };
}

function narrativeOf({ content, ...from }: Read<NarrativeContent>) {
  return "narrative" in content ? [{ ...from, content: content.narrative }] : [];
}

function notesOf(opened: readonly Opened[]): Record<string, unknown>[] {
  return read<NarrativeContent>(opened, SectionKind.NARRATIVE).flatMap(({ content, ...from }) =>
    "note" in content ? [{ ...content, ...from }] : [],
  );
}

function read<T>(opened: readonly Opened[], wanted: SectionKind): Read<T>[] {
  return opened.flatMap(({ section: { sectionId: section, kind }, institution, bytes }) =>
    kind === wanted && bytes
      ? [{ section, institution, content: JSON.parse(Buffer.from(bytes).toString("utf8")) as T }]
      : [],
  );
}
