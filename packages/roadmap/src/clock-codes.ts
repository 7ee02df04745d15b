// What each clock of the roadmaps that come with the product is, by the code that their files and the map use.
import type { Language } from "./words.ts";

/** Each clock in the words of people. CL01 is the only one that a request itself sets, by its priority. */
export const CLOCKS: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  CL01: {
    es: "ventana de la derivación: emergencia 24 horas, urgente 72 horas, normal 14 días",
    en: "window of a referral: emergency 24 hours, urgent 72 hours, normal 14 days",
  },
  CL02: {
    es: "qué fiscalía: hechos de las últimas 24 horas, Flagrancia",
    en: "which prosecutor: facts of the last 24 hours, Flagrancia",
  },
  CL03: { es: "violencia sexual: profilaxis contra el VIH", en: "sexual violence: prophylaxis against HIV" },
  CL04: { es: "medidas administrativas inmediatas", en: "immediate administrative measures" },
  CL05: { es: "aviso de maltrato infantil", en: "report of child maltreatment" },
  CL06: { es: "la Junta: conocer el caso, resolver, terminar", en: "the protection board: take up, resolve, end" },
  CL07: {
    es: "niña, niño o adolescente solo: aviso a protección especial",
    en: "child alone: notice to special protection",
  },
  CL08: { es: "solicitud de asilo", en: "asylum request" },
  CL09: { es: "asilo y apatridia: decisión y apelación", en: "asylum and statelessness: decision and appeal" },
  CL10: { es: "visa según el decreto que rige", en: "visa by the decree in force" },
  CL11: { es: "aviso de una presunta víctima de trata", en: "notice of a presumed victim of trafficking" },
  CL12: { es: "estadía en un albergue", en: "stay in a shelter" },
  CL16: { es: "primer contacto", en: "first contact" },
  CL17: { es: "seguimiento y revisiones", en: "follow-up and reviews" },
};
