// A person as FHIR describes it (Patient, RelatedPerson) in the door's form: identity apart from what choosing needs.
import { AGE_BANDS } from "@ruta/events";
import { LANGUAGES, codesOf, lookUp, valuesOf } from "./codes.ts";
import type { Extension, Resource } from "./resources.ts";
import type { Located } from "./shelf.ts";
import { EXTENSION, HL7, RUTA } from "./systems.ts";

/** Both have the same elements as far as they are read. */
export type PersonResource = Resource<"Patient">;

/** Fields of the door, by name; what FHIR does not say is left out: it was not asked. */
export type Fields = Record<string, unknown>;

const ABSENT: ReadonlySet<string | undefined> = new Set(["unknown", "asked-declined", "not-asked"]);
/** First year of each band. */
const BAND_FROM = AGE_BANDS.map((band) => Number.parseInt(band, 10));
const QUITO = new Intl.DateTimeFormat("en-CA", { timeZone: "America/Guayaquil" }); // writes YYYY-MM-DD

/** The date in Quito at an instant in milliseconds. */
export const dateIn = (ms: number): string => QUITO.format(ms);

/** Where each field of the door came from; the element's path below the resource. */
export const PERSON_ELEMENTS: Readonly<Record<string, string>> = {
  ageBand: "birthDate",
  sex: "gender",
  nationality: "extension",
  papers: "extension",
  territory: "extension",
  "identity.name": "name",
  "identity.birthDate": "birthDate",
  "identity.genderIdentity": "extension",
  "identity.documents": "identifier",
  "identity.contact": "telecom",
  "identity.contact.address": "address",
  "identity.languages": "communication",
  languages: "communication",
  id: "identifier",
};

/** The fields of a person at `now` (milliseconds). */
export function personOf({ resource }: Located<PersonResource>, now: number): Fields {
  const [id] = valuesOf(RUTA.person, resource.identifier);
  const extensions = resource.extension;
  const genderIdentity = extensions?.find(({ url }) => url === HL7.genderIdentity)?.valueCodeableConcept;
  const identity = some({
    name: nameOf(resource),
    birthDate: birthDateOf(resource),
    genderIdentity: genderIdentity?.text ?? genderIdentity?.coding?.[0]?.display,
    documents: documentsOf(resource),
    contact: contactOf(resource),
    languages: languagesOf(resource),
  });
  return (
    some({
      id,
      ageBand: ageBandOf(resource, now),
      sex: resource.gender ?? absentOf(resource["_gender"]?.extension),
      nationality: nationalityOf(extensions),
      papers: codeOf(extensions, EXTENSION.papers),
      territory: codeOf(extensions, EXTENSION.territory),
      // Twice, as FHIR has it once: sealed with the identity for people, and apart for choosing, which opens no identity.
      languages: languagesOf(resource),
      identity,
    }) ?? {}
  );
}

/** An object without what is undefined; undefined when nothing is left. */
export function some(fields: Fields): Fields | undefined {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function absentOf(extensions: readonly Extension[] | undefined): Fields | undefined {
  const code = extensions?.find(({ url }) => url === HL7.dataAbsent)?.valueCode;
  if (code === undefined) return undefined;
  return { absent: ABSENT.has(code) ? code : "unknown" };
}

function codeOf(extensions: readonly Extension[] | undefined, url: string): string | undefined {
  return extensions?.find((one) => one.url === url)?.valueCode;
}

/** A full date is the identity's; a year or a month alone is not one. */
function birthDateOf({ birthDate, _birthDate }: PersonResource): unknown {
  if (birthDate === undefined) return absentOf(_birthDate?.extension);
  return birthDate.length === 10 ? birthDate : { absent: "unknown" };
}

/** The band of the age on that day; unknown where a year or month alone leaves two. */
function ageBandOf({ birthDate, _birthDate, extension }: PersonResource, now: number): unknown {
  const told = extension?.find(({ url }) => url === EXTENSION.ageBand)?.valueCode;
  if (told !== undefined) return told;
  if (birthDate === undefined) return absentOf(_birthDate?.extension);
  const today = dateIn(now);
  const first = `${birthDate}-01-01`.slice(0, 10);
  const last = birthDate.length === 4 ? `${birthDate}-12-31` : `${birthDate}-31`.slice(0, 10);
  const [oldest, youngest] = [bandAt(first, today), bandAt(last, today)];
  return oldest !== undefined && oldest === youngest ? oldest : { absent: "unknown" };
}

function bandAt(born: string, today: string): string | undefined {
  const years = Number(today.slice(0, 4)) - Number(born.slice(0, 4)) - (today.slice(5) < born.slice(5) ? 1 : 0);
  if (years < 0 || years > 130) return undefined;
  return AGE_BANDS[BAND_FROM.findLastIndex((from) => years >= from)];
}

function nameOf({ name }: PersonResource): unknown {
  const legal = name?.find(({ use }) => use === "official") ?? name?.find(({ use }) => use !== "nickname") ?? name?.[0];
  if (legal === undefined) return undefined;
  const absent = absentOf(legal.extension);
  if (absent && legal.family === undefined && legal.given === undefined) return absent;
  const other =
    name?.find(({ use }) => use === "nickname") ?? name?.find((one) => one.use === "usual" && one !== legal);
  const chosen = other && (other.text ?? [...(other.given ?? []), other.family].filter(Boolean).join(" "));
  // A name in one piece is not taken apart: nobody can tell which part is which.
  const given = legal.given?.join(" ") ?? (legal.family === undefined ? legal.text : undefined);
  return some({ given, family: legal.family, chosen: chosen === "" ? undefined : chosen });
}

function documentsOf({ identifier }: PersonResource): unknown {
  const documents = (identifier ?? []).flatMap(({ system, value, type, assigner }) => {
    if (value === undefined || (system !== undefined && Object.values<string>(RUTA).includes(system))) return [];
    const kind = type?.coding?.[0]?.code ?? type?.text ?? "other";
    const issuer = assigner?.display ?? system;
    return [
      { type: kind.slice(0, 40), number: value, ...(issuer === undefined ? {} : { issuer: issuer.slice(0, 80) }) },
    ];
  });
  return documents.length === 0 ? undefined : documents;
}

function contactOf({ telecom, address }: PersonResource): Fields | undefined {
  const of = (kind: string) => telecom?.find(({ system }) => system === kind)?.value;
  const home = address?.[0];
  const parts = home && [home.line?.join(", "), home.city, home.district, home.country];
  const written = home?.text ?? parts?.filter(Boolean).join(", ");
  return some({ phone: of("phone"), email: of("email"), address: written === "" ? undefined : written });
}

function languagesOf({ communication }: PersonResource): string[] | undefined {
  const codes = (communication ?? [])
    .flatMap(({ language }) => language.coding ?? [])
    .flatMap(({ code }) => {
      const primary = code?.toLowerCase().split("-")[0] ?? "";
      const known = lookUp(LANGUAGES, primary) ?? (/^[a-z]{3}$/.test(primary) ? primary : undefined);
      return known === undefined ? [] : [known];
    });
  return codes.length === 0 ? undefined : [...new Set(codes)];
}

function nationalityOf(extensions: readonly Extension[] | undefined): string[] | undefined {
  const concepts = (extensions ?? [])
    .filter(({ url }) => url === HL7.nationality)
    .flatMap(({ extension }) => extension ?? [])
    .map(({ valueCodeableConcept }) => valueCodeableConcept);
  const codes = codesOf("urn:iso:std:iso:3166", concepts).filter((code) => /^[A-Z]{3}$/.test(code));
  return codes.length === 0 ? undefined : codes;
}
