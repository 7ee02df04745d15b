// What may be written in the YAML of a directory: one zod schema a kind of entry, and the JSON Schema that editors complete from.
import { AGE_BANDS, SEXES } from "@ruta/events";
import { z } from "zod";

/** What an id looks like; the same form as everywhere else an institution, service, place or territory is named. */
const ID = "lower-case letters, digits and hyphens, at most 64, such as casa-de-la-mujer";
const CODE = "capital letters and digits in groups joined by hyphens, at most 20, such as ALO-FAM";
const INSTANT = "a date (2026-11-23, midnight in Quito) or a time with its offset (2026-11-23T10:00:00-05:00)";

const id = z.string(ID).regex(/^[a-z0-9][a-z0-9-]{0,63}$/, ID);
const code = z.string(CODE).regex(/^(?=.{1,20}$)[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$/, CODE);
const instant = z.union([z.iso.date(INSTANT), z.iso.datetime({ offset: true, error: INSTANT })], { error: INSTANT });
const COUNTRY = "three capital letters of another country than ECU, such as COL";
const LANGUAGE = "three small letters of ISO 639-3, such as spa";
const language = z.string(LANGUAGE).regex(/^[a-z]{3}$/, LANGUAGE);
const CLOCK = "a time of day in quotes, from 00:00 to 23:59";
const clock = z.string(CLOCK).regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, CLOCK);
const flag = z.boolean("true or false");

function text(max: number) {
  const takes = `text of 1 to ${max} characters`;
  return z.string(takes).trim().min(1, takes).max(max, takes);
}

function oneOf<const T extends readonly string[]>(values: T) {
  return z.enum(values, `one of ${values.join(", ")}`);
}

function list<T extends z.ZodType>(item: T, of: string, max: number) {
  const takes = `a list of ${of}, at most ${max}, none of them twice`;
  return z
    .array(item, takes)
    .max(max, takes)
    .refine((items) => new Set(items.map((each) => JSON.stringify(each))).size === items.length, takes);
}

const validity = {
  from: instant.optional().describe(`First instant at which it counts; left out: since ever. Takes ${INSTANT}`),
  until: instant
    .optional()
    .describe(`First instant at which it no longer counts; this is how an entry is ended. Takes ${INSTANT}`),
};

const territories = list(id, "territory ids", 200).optional().describe("Territory ids; left out: everywhere");

const opening = z
  .strictObject(
    {
      days: list(oneOf(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), "MO, TU, WE, TH, FR, SA, SU", 7).min(1, "a day"),
      opens_at: clock.describe("When it opens, Quito time"),
      closes_at: clock.describe("When it closes; earlier than or equal to opens_at: on the next day"),
    },
    "days (MO to SU), opens_at and closes_at",
  )
  .describe("Days and hours (HSDS schedule, iCalendar BYDAY)");

const competence = z
  .strictObject(
    {
      service_type: code.describe("Service type term"),
      territories,
      legal_basis: text(200).optional().describe("Legal basis as norm:article; leave it out where not sure"),
      ...validity,
    },
    "a competence: service_type, and where it applies territories, legal_basis, from, until",
  )
  .describe("What an institution is competent for");

const membership = z
  .strictObject(
    { network: id.describe("Id of the network"), ...validity },
    "a membership: network, and where it applies from, until",
  )
  .describe("A membership in a network or group");

const institution = z
  .strictObject({
    id: id.describe("Stable id that survives renaming"),
    name: text(200).describe("Public name"),
    type: oneOf(["municipal", "public", "private", "civil-society", "international", "academia"]).describe(
      "Kind of institution",
    ),
    parent: id.optional().describe("Institution it belongs to"),
    functions: list(
      oneOf(["formulation", "lead", "protection", "execution", "control"]),
      "formulation, lead, protection, execution, control",
      5,
    )
      .optional()
      .describe("Functions in the protection system"),
    competences: list(competence, "competences", 200).optional().describe("What it is competent for"),
    memberships: list(membership, "memberships", 100).optional().describe("Networks and groups it belongs to"),
    country: z
      .string(COUNTRY)
      .regex(/^[A-Z]{3}$/, COUNTRY)
      .refine((code) => code !== "ECU", COUNTRY)
      .optional()
      .describe(
        "The other state to which it belongs, as a consulate does (ISO 3166-1 alpha-3): its nationals are never sent there",
      ),
    demonstration: flag.optional().describe("true for an invented institution of a demonstration"),
    ...validity,
  })
  .describe("An institution (FHIR Organization, HSDS organization)");

const service = z
  .strictObject({
    id: id.describe("Stable id"),
    institution: id.describe("Institution that gives it"),
    name: text(200).describe("Public name"),
    service_type: code.describe("Service type term"),
    territories,
    accepts_referrals: flag.describe("Whether it takes referrals"),
    age_bands: list(oneOf(AGE_BANDS), AGE_BANDS.join(", "), AGE_BANDS.length)
      .optional()
      .describe("Ages served, in quotes; left out: not known, which ranks behind"),
    sexes: list(oneOf(SEXES), SEXES.join(", "), SEXES.length)
      .optional()
      .describe("Sexes served (FHIR administrative-gender); left out: not known, which ranks behind"),
    places: list(id, "place ids", 100).optional().describe("Where it is given"),
    assured_date: z.iso
      .date("a date that exists, in quotes, such as 2026-11-23")
      .optional()
      .describe("When its data were last assured"),
    languages: list(language, "languages", 30)
      .optional()
      .describe("Languages in which it is given, ISO 639-3 such as spa"),
    schedule: list(opening, "days and hours", 20).optional().describe("When it is open; left out: not known"),
    always_open: flag.optional().describe("true when it is open at every hour of every day"),
    nationality_rule: oneOf(["any", "foreign", "national"])
      .optional()
      .describe(
        "Whom it serves by nationality: everybody, whoever is not of Ecuador, or nationals; left out: not known",
      ),
    registration: oneOf(["not-required", "required"])
      .optional()
      .describe("Whether whoever comes has to have papers that are valid; left out: not known"),
    eligibility_description: text(2000).optional().describe("Who may come and how, in Spanish, for people"),
    ...validity,
  })
  .describe("A service of an institution (HSDS service)");

const place = z
  .strictObject({
    id: id.describe("Stable id"),
    institution: id.describe("Institution whose place it is"),
    name: text(200).describe("Public name; of a confidential place, one that does not tell where it is"),
    territory: id.optional().describe("Territory in which it lies"),
    confidential: flag.optional().describe("true when its address is secret: then no address may be written anywhere"),
    address: text(500).optional().describe("Public address"),
    ...validity,
  })
  .describe("A place where services are given (HSDS location)");

const endpoint = z
  .strictObject({
    institution: id.describe("Institution that receives there; it has one endpoint"),
    mode: oneOf(["webhook", "inbox"])
      .optional()
      .describe("webhook: the hub posts to the url; inbox: the institution pulls by GET /v1/inbox. Left out: webhook"),
    url: text(2000).optional().describe("https URL without user info or fragment; only, and always, for webhook"),
    scheme: oneOf(["v1", "v1a"])
      .optional()
      .describe(
        "How what is posted is signed, always given for webhook: v1a with the hub's Ed25519 key; v1 with a shared secret, which only the admin route makes",
      ),
    format: oneOf(["cloudevents", "fhir"])
      .optional()
      .describe(
        "In which form it receives: cloudevents (JSON; left out) or fhir (a FHIR R4 Bundle of Task and ServiceRequest)",
      ),
    rate_per_second: z
      .int("a whole number from 1 to 1000")
      .min(1)
      .max(1000)
      .optional()
      .describe("Requests a second it asks for at most"),
    ...validity,
  })
  .describe("How an institution receives: at its one URL, or by pulling");

const term = z
  .strictObject({
    code: code.describe("Code"),
    taxonomy: oneOf(["service-type", "need"]).describe("Taxonomy it belongs to"),
    name: text(200).describe("Name in Spanish"),
    parent: code.optional().describe("Broader term of the same taxonomy"),
  })
  .describe("A term of a taxonomy (HSDS taxonomy_term)");

const territory = z
  .strictObject({
    id: id.describe("Stable id, such as parish-calderon"),
    name: text(200).describe("Name"),
    kind: oneOf(["parish", "zonal-administration", "canton", "zone", "district"]).describe("Kind of territory"),
    within: list(id, "territory ids", 50).optional().describe("Territories that contain it; divisions may overlap"),
    code: z
      .string("scheme:code, such as inec:170155")
      .regex(/^[a-z0-9-]{1,20}:[A-Za-z0-9-]{1,40}$/, "scheme:code, such as inec:170155")
      .optional()
      .describe("Official code with its scheme; leave it out where not sure"),
  })
  .describe("A territory");

/** The schema of each kind of entry that can be written in YAML. Names are those of HSDS where it has one. */
export const WRITTEN = { institution, service, place, endpoint, term, territory } as const;

/** A kind of entry that can be written. */
export type WrittenKind = keyof typeof WRITTEN;

/** The value of a written entry once it has the right shape. */
export type Written<K extends WrittenKind = WrittenKind> = z.infer<(typeof WRITTEN)[K]>;

/** Sections of a file, and the kind of entry each lists. */
export const SECTIONS: Readonly<Record<string, WrittenKind>> = {
  institutions: "institution",
  services: "service",
  places: "place",
  endpoints: "endpoint",
  terms: "term",
  territories: "territory",
};

/** JSON Schema (draft 7, which editors know best) of one YAML file; docs/directory.schema.json is held equal to it. */
export function directoryJsonSchema(): Record<string, unknown> {
  const sections = Object.entries(SECTIONS).map(([section, kind]) => [section, z.array(WRITTEN[kind]).optional()]);
  const file = z.strictObject(Object.fromEntries(sections) as Record<string, z.ZodType>);
  const schema = z.toJSONSchema(file, { target: "draft-7", io: "input" });
  return { ...schema, title: "Ruta directory", description: "One file of a folder that `ruta directory apply` reads" };
}
