// Roadmaps in the words of people: enums by name, limits, and where a stage stands in the order. Pure.
import { ClockKind, ClockStart, ConsentBasis, classOf } from "@ruta/events";
import type { Clock, Roadmap, Stage, Text } from "@ruta/events";

/** A language of the people's texts. */
export type Language = "es" | "en";

/** Words that maps and graphs use, in both languages. */
export const SAY = {
  mandatory: { es: "obligatoria", en: "mandatory" },
  optional: { es: "opcional", en: "optional" },
  entry: { es: "si", en: "if" },
  skip: { es: "salvo si", en: "unless" },
  coordinator: { es: "quien coordina el caso", en: "whoever coordinates the case" },
  anyone: { es: "cualquier entidad con el servicio", en: "any institution with the service" },
  automatic: { es: "el hub asigna solo", en: "the hub assigns alone" },
  proposed: { es: "decide una persona", en: "a person decides" },
} as const;

const TYPES: Readonly<Record<string, { readonly es: string; readonly en: string }>> = {
  municipal: { es: "municipal", en: "municipal" },
  public: { es: "pública nacional", en: "national public" },
  private: { es: "privada", en: "private" },
  "civil-society": { es: "sociedad civil", en: "civil society" },
  international: { es: "internacional", en: "international" },
  academia: { es: "academia", en: "academia" },
};

const LETTERS: Readonly<Record<ConsentBasis, string>> = {
  [ConsentBasis.UNSPECIFIED]: "",
  [ConsentBasis.EXPLICIT]: "E",
  [ConsentBasis.ASSENT]: "A",
  [ConsentBasis.DUTY]: "O",
  [ConsentBasis.VITAL]: "V",
  [ConsentBasis.NO_PERSONAL_DATA]: "N",
};

const KINDS: Readonly<Record<ClockKind, { readonly es: string; readonly en: string }>> = {
  [ClockKind.UNSPECIFIED]: { es: "", en: "" },
  [ClockKind.LEGAL]: { es: "plazo legal", en: "legal limit" },
  [ClockKind.PROTOCOL]: { es: "plazo de protocolo", en: "limit of a protocol" },
  [ClockKind.CLINICAL]: { es: "plazo clínico", en: "clinical limit" },
  [ClockKind.OPERATIVE]: { es: "plazo operativo", en: "operative limit" },
};

/** From when a limit counts; of the opening of its stage nothing is said. */
const STARTS: Readonly<Record<ClockStart, { readonly es: string; readonly en: string }>> = {
  [ClockStart.UNSPECIFIED]: { es: "", en: "" },
  [ClockStart.STAGE_OPENED]: { es: "", en: "" },
  [ClockStart.ACCEPTED]: { es: " desde el ingreso", en: " from the acceptance" },
  [ClockStart.OCCURRED]: { es: " desde los hechos", en: " from the facts" },
  [ClockStart.NOTICE]: { es: " desde el aviso de la decisión", en: " from the notice of the decision" },
  [ClockStart.ENTRY]: { es: " desde la entrada al país", en: " from the entry into the country" },
};

/** A text in a language; empty when there is none. */
export const inWords = (text: Text | undefined, language: Language): string => text?.[language] ?? "";

/** Stages by their order, lowest first: those of one order are parallel. */
export function byOrder({ stages }: Roadmap): readonly (readonly Stage[])[] {
  const orders = [...new Set(stages.map(({ order }) => order))].toSorted((a, b) => a - b);
  return orders.map((order) => stages.filter((stage) => stage.order === order));
}

/** A limit for people: 24 h, 30 working days. */
export function limitWords({ limit, workingDays }: Clock, language: Language): string {
  const amount = /\d+/.exec(limit)?.[0] ?? "";
  if (limit.endsWith("H")) return `${amount} h`;
  if (limit.endsWith("M")) return `${amount} min`;
  const days = { es: workingDays ? "días laborables" : "días", en: workingDays ? "working days" : "days" };
  return `${amount} ${days[language]}`;
}

/** A clock for people: its limit is called legal only where a source says so. */
export function clockWords(clock: Clock | undefined, language: Language): string {
  if (!clock) return "";
  const source = clock.source === "" ? "" : `, ${clock.source}`;
  const limit = limitWords(clock, language) + (STARTS[clock.start]?.[language] ?? "");
  return `${limit} (${KINDS[clock.kind]?.[language] ?? ""} ${clock.id}${source})`;
}

/** When a stage comes, for people: `if …`, `unless …`. A version without words shows its conditions. */
export function whenWords(stage: Stage, language: Language): readonly string[] {
  const said = (name: "entry" | "skip", words: Text | undefined): string[] =>
    stage[name] === "" ? [] : [`${SAY[name][language]} ${words?.[language] ?? `\`${stage[name]}\``}`];
  return [...said("entry", stage.entryWords), ...said("skip", stage.skipWords)];
}

/** Who answers for a stage. */
export function responsibleWords({ serviceTypes, institutionTypes, institutions }: Stage, language: Language): string {
  if (serviceTypes.length === 0) return SAY.coordinator[language];
  if (institutions.length > 0) return institutions.join(", ");
  if (institutionTypes.length === 0) return SAY.anyone[language];
  return institutionTypes.map((type) => TYPES[type]?.[language] ?? type).join(", ");
}

/** Bases and class of a stage by their letters, such as E O · V. */
export function lettersOf({ bases, confidentiality }: Stage): string {
  return `${bases.map((basis) => LETTERS[basis]).join(" ")} · ${classOf(confidentiality)}`;
}
