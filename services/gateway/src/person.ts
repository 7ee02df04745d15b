// A person as a request describes it: values or the reason of their absence, identity and narrative apart from what routing needs.
import { AGE_BANDS, SEXES, isPersonId } from "@ruta/events";
import { z } from "zod";
import { ABSENT, PAPERS } from "./codes.ts";

/** Why a value is absent: unknown, asked and declined, or not asked. A field that is left out was not asked. */
const absentSchema = z
  .strictObject({ absent: z.enum(ABSENT) })
  .meta({ description: "Why the value is absent (FHIR data-absent-reason)" });

/** A value, or why there is none. */
function orAbsent<T extends z.ZodType>(schema: T) {
  return z.union([schema, absentSchema]);
}

const line = (max: number) => z.string().min(1).max(max);

/** Id of an institution, place or territory, as the directory writes it. */
export const directoryId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

/** A calendar date that exists, YYYY-MM-DD. */
export const calendarDate = z.iso.date();

const nameSchema = z.strictObject({
  given: orAbsent(line(200)).optional(),
  family: orAbsent(line(200)).optional(),
  chosen: orAbsent(line(200)).optional(),
});

const documentSchema = z.strictObject({
  type: line(40),
  number: line(80),
  issuer: line(80).optional(),
});

const contactSchema = z.strictObject({
  phone: orAbsent(line(40)).optional(),
  email: orAbsent(line(254)).optional(),
  address: orAbsent(line(500)).optional(),
  safe: orAbsent(line(500)).optional().meta({ description: "How and when it is safe to reach the person" }),
});

const identitySchema = z.strictObject({
  name: orAbsent(nameSchema).optional(),
  birthDate: orAbsent(calendarDate).optional(),
  genderIdentity: orAbsent(line(80)).optional(),
  documents: orAbsent(z.array(documentSchema).max(10)).optional(),
  contact: orAbsent(contactSchema).optional(),
  languages: orAbsent(z.array(z.string().regex(/^[a-z]{3}$/)).max(10)).optional(),
});

const fields = {
  id: z.string().refine(isPersonId).optional().meta({ description: "A person of an earlier receipt or case of yours" }),
  ageBand: orAbsent(z.enum(AGE_BANDS)).optional(),
  sex: orAbsent(z.enum(SEXES)).optional(),
  nationality: orAbsent(
    z
      .array(z.string().regex(/^[A-Z]{3}$/))
      .min(1)
      .max(10),
  ).optional(),
  papers: orAbsent(z.enum(PAPERS)).optional(),
  territory: orAbsent(directoryId).optional(),
  languages: orAbsent(
    z
      .array(z.string().regex(/^[a-z]{3}$/))
      .min(1)
      .max(10),
  )
    .optional()
    .meta({ description: "Languages in which the person can be served, ISO 639-3: what choosing looks at" }),
  accused: z.array(directoryId).max(20).optional().meta({ description: "Institutions that must never be chosen" }),
  identity: orAbsent(identitySchema).optional(),
  narrative: orAbsent(z.string().min(1).max(200_000)).optional(),
};

/** The principal of a request. */
export const personSchema = z.strictObject(fields).meta({ id: "Person" });

/** Another person referred together with the principal. */
export const memberSchema = z
  .strictObject({
    relation: z
      .string()
      .regex(/^[A-Z]{2,20}$/)
      .optional(),
    ...fields,
  })
  .meta({ id: "Member", description: "relation: HL7 v3 RoleCode such as CHILD, SPS, MTH" });

/** A person of a case, of whom more is said later; each kind of content that is sent is sent whole. */
export const knownPersonSchema = z
  .strictObject({ ...fields, id: z.string().refine(isPersonId) })
  .meta({ id: "KnownPerson", description: "A person of the case, by the id that the receipt or the content shows" });

/** A person of a request, principal or member. */
export type PersonInput = z.infer<typeof personSchema>;

/** Why a value is absent. */
export type Absent = z.infer<typeof absentSchema>;

/** True for the stand-in of a value that is absent. */
export function isAbsent(value: unknown): value is Absent {
  return typeof value === "object" && value !== null && !Array.isArray(value) && "absent" in value;
}
