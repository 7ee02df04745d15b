// Codes on both sides: urgencies, clearance classes, languages, and the few SDOH categories that have a service type of ours.
import type { Class } from "@ruta/events";
import type { FaultCode } from "./faults.ts";
import { HL7 } from "./systems.ts";
import type { Concept, Identifier } from "./resources.ts";

/** The value under a key that came from outside; what every object inherits is none. */
export function lookUp<V>(table: Readonly<Record<string, V>>, key: string | undefined): V | undefined {
  return key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

/** FHIR request-priority to our urgency. */
export const PRIORITIES: Readonly<Record<string, string>> = {
  stat: "emergency",
  asap: "urgent",
  urgent: "urgent",
  routine: "normal",
};

/** Our urgency to FHIR. */
export const REQUEST_PRIORITIES: Readonly<Record<string, string>> = {
  emergency: "stat",
  urgent: "urgent",
  normal: "routine",
};

/** HL7 v3 Confidentiality to our classes; those that we do not have count as the next stricter one. */
const CLASSES: Readonly<Record<string, Class>> = { U: "U", L: "N", M: "N", N: "N", R: "R", V: "V" };
const STRICTNESS: readonly Class[] = ["U", "N", "R", "V"];

/** The strictest class that labels say, undefined when none speaks of it, or the fault of a label that is not known. */
export function classOfLabels(labels: readonly (string | undefined)[]): Class | undefined | FaultCode {
  const classes = labels.map((label) => lookUp(CLASSES, label));
  return classes.includes(undefined) ? "fhir-unknown-code" : STRICTNESS.findLast((each) => classes.includes(each));
}

/** Categories of SDOH Clinical Care whose need one service type of ours meets; the others leave a choice to the sender. */
export const SDOH_SERVICE_TYPES: Readonly<Record<string, string>> = {
  "food-insecurity": "ALIM",
  homelessness: "ALO-FAM",
  "housing-instability": "ALO-FAM",
  "employment-status": "EMP",
};

/** BCP 47 primary languages to ISO 639-3, as far as people in the city speak them. */
export const LANGUAGES: Readonly<Record<string, string>> = {
  es: "spa",
  en: "eng",
  fr: "fra",
  pt: "por",
  ht: "hat",
  qu: "que",
  ar: "ara",
  ru: "rus",
  uk: "ukr",
  zh: "zho",
};

/** The codes of a system in some concepts, each once. */
export function codesOf(system: string, concepts: readonly (Concept | undefined)[]): string[] {
  const codes = concepts
    .flatMap((one) => one?.coding ?? [])
    .flatMap((one) => (one.system === system ? [one.code] : []));
  return [...new Set(codes.filter((code) => code !== undefined))];
}

/** The values of a system among identifiers. */
export function valuesOf(system: string, identifiers: readonly Identifier[] | undefined): string[] {
  const values = (identifiers ?? []).flatMap((one) => (one.system === system ? [one.value] : []));
  return [...new Set(values.filter((value) => value !== undefined))];
}

/** The numbers of a type (PLAC, FILL) among identifiers. */
export function numbersOf(type: "PLAC" | "FILL", identifiers: readonly Identifier[] | undefined): string[] {
  const own = (identifiers ?? []).filter((one) => codesOf(HL7.identifierType, [one.type]).includes(type));
  return [...new Set(own.flatMap(({ value }) => (value === undefined ? [] : [value])))];
}
