// The map of all roadmaps for people: docs/rutas.md and docs/rutas.es.md, made from the files. Pure.
import { ScalarType } from "@bufbuild/protobuf";
import { CaseFactsSchema, Decision, PersonFactsSchema } from "@ruta/events";
import type { Protocol, Roadmap, Stage, Text } from "@ruta/events";
import { SAY, clockWords, inWords, lettersOf, responsibleWords, whenWords } from "./words.ts";
import type { Language } from "./words.ts";
import { CLOCKS } from "./clock-codes.ts";
import { SOURCES } from "./sources.ts";

const WORDS = {
  title: { es: "Las rutas", en: "The roadmaps" },
  made: {
    es: "Este mapa se genera de los archivos de `packages/roadmap/rutas`; no se edita a mano (`npm test -- --project unit packages/roadmap -u`).",
    en: "This map is made from the files of `packages/roadmap/rutas`; it is not edited by hand (`npm test -- --project unit packages/roadmap -u`).",
  },
  about: {
    es: "Una ruta dice por qué etapas pasa una persona de una entidad a otra, quién responde por cada una y hasta cuándo. Las etapas con el mismo número van en paralelo; una etapa espera a las obligatorias de todo número menor. Las que solo pueden pasar si se cumple una condición la muestran. Una etapa *supuesta* no tiene fuente: la debe confirmar quien sea competente, y ningún plazo se llama legal sin fuente.",
    en: "A roadmap says by which stages a person passes from one institution to another, who answers for each, and until when. Stages of one number are parallel; a stage waits for the mandatory ones of every lower number. Those that come only under a condition show it. A stage that is *plausible* has no source: whoever is competent has to confirm it, and no limit is called legal without a source.",
  },
  letters: {
    es: "Base: **E** consentimiento expreso, **A** asentimiento con representante, **O** deber de avisar, **V** interés vital, **N** sin datos personales. Clase: **U** pública, **N** normal, **R** restringida, **V** muy restringida.",
    en: "Basis: **E** explicit consent, **A** assent with a representative, **O** duty to report, **V** vital interest, **N** no personal data. Class: **U** public, **N** normal, **R** restricted, **V** very restricted.",
  },
  row: {
    es: "| etapa | qué se hace | quién | servicio | plazo | base · clase | fuente |",
    en: "| stage | what is done | who | service | limit | basis · class | source |",
  },
  plausible: { es: "supuesta", en: "plausible" },
  entry: { es: "Para quién: cuando", en: "For whom: when" },
  protocol: { es: "Protocolo", en: "Protocol" },
  do: { es: "Sí", en: "Do" },
  doNot: { es: "No", en: "Do not" },
  checklist: { es: "Lista de control", en: "Checklist" },
  documents: { es: "Documentos", en: "Documents" },
  outcomeForm: { es: "Al terminar se dice", en: "At the end, tell" },
  facts: { es: "Lo que ve una condición", en: "What a condition sees" },
  factsAbout: {
    es: "Una condición es una expresión [CEL](https://cel.dev) sobre `facts`. Lo que no se sabe de una persona no está: se pregunta con `has(facts.person.sex)`. Si una condición falla al evaluarse no se cumple, y la etapa se ofrece a quien coordina el caso para que la mire.",
    en: "A condition is an expression of [CEL](https://cel.dev) over `facts`. What is not known of a person is not there: `has(facts.person.sex)` asks. A condition that fails when it is evaluated is not met, and the stage is offered to whoever coordinates the case, to look at it.",
  },
  clocks: { es: "Plazos", en: "Clocks" },
  sources: { es: "Fuentes", en: "Sources" },
  cross: { es: "Reglas que valen en todas", en: "Rules that hold in all" },
} as const;

/** The cross rules, as the router and the door keep them. */
const CROSS: readonly { readonly es: string; readonly en: string }[] = [
  {
    es: "Si hay una niña, un niño o adolescente en el hogar, quien coordina el caso recibe el aviso de mirar R03 y R04.",
    en: "Where there is a child in the household, whoever coordinates the case is told to look at R03 and R04.",
  },
  {
    es: "El deber de avisar (O) vale frente a la falta de consentimiento, pero solo hacia quien tiene el deber y con lo mínimo; a la persona se le dice.",
    en: "The duty to report (O) holds against a refused consent, but only towards the duty-holder and with the minimum; the person is told.",
  },
  {
    es: "Lo de clase V no aparece en listas, cuentas ni avisos, salvo como código opaco.",
    en: "What is of class V appears in no list, count or notice, but as an opaque code.",
  },
  {
    es: "Nada se envía al país de origen ni a su consulado en R02, R05 y R07.",
    en: "Nothing is sent to the country of origin or its consulate in R02, R05 and R07.",
  },
  {
    es: "Quien recibe nunca es la entidad acusada ni una de sus unidades.",
    en: "Whoever receives is never the accused institution nor a unit of it.",
  },
  {
    es: "La dirección de un refugio no está en ningún mensaje ni registro.",
    en: "The address of a shelter is in no message and no record.",
  },
  {
    es: "Una negativa por nacionalidad, situación o papeles es un resultado que se registra (`refused-by-status`).",
    en: "A refusal for nationality, status or papers is an outcome that is recorded (`refused-by-status`).",
  },
];

/** The whole document in one language. */
export function mapOf(roadmaps: readonly Roadmap[], language: Language): string {
  const say = (word: keyof typeof WORDS): string => WORDS[word][language];
  const index = roadmaps.map(({ id, title }) => `- [${id}](#${id.toLowerCase()}) ${inWords(title, language)}`);
  return [
    `# ${say("title")}`,
    say("made"),
    say("about"),
    say("letters"),
    index.join("\n"),
    `## ${say("cross")}`,
    CROSS.map((rule, number) => `${number + 1}. ${rule[language]}`).join("\n"),
    ...roadmaps.map((roadmap) => section(roadmap, language)),
    `## ${say("facts")}`,
    say("factsAbout"),
    factsOf(),
    `## ${say("clocks")}`,
    Object.entries(CLOCKS)
      .map(([code, words]) => `- ${code}: ${words[language]}`)
      .join("\n"),
    `## ${say("sources")}`,
    Object.entries(SOURCES)
      .map(([code, where]) => `- ${code}: ${where}`)
      .join("\n"),
    "",
  ]
    .join("\n\n")
    .trimEnd()
    .concat("\n");
}

function section(roadmap: Roadmap, language: Language): string {
  const { id, title, description, entry, entryWords, sources, sdg, stages, protocols } = roadmap;
  const tags = [`v${roadmap.version}`, sources.join(" "), `SDG ${sdg.join(" ")}`].join(" · ");
  const rows = stages.map((stage) => row(stage, language));
  return [
    `<a id="${id.toLowerCase()}"></a>`,
    `## ${id} ${inWords(title, language)}`,
    inWords(description, language),
    entry === "" ? tags : `${tags}\n\n${WORDS.entry[language]} ${entryWords?.[language] ?? `\`${entry}\``}.`,
    [WORDS.row[language], "| --- | --- | --- | --- | --- | --- | --- |", ...rows].join("\n"),
    ...protocols.map((protocol) => protocolOf(protocol, language)),
  ].join("\n\n");
}

function row(stage: Stage, language: Language): string {
  const { id, mandatory, serviceTypes, clock, decision, source } = stage;
  const when = whenWords(stage, language)
    .map((one) => `<br>*${one.replaceAll("|", "\\|")}*`)
    .join("");
  const chosen =
    decision === Decision.AUTOMATIC
      ? `<br>${SAY.automatic[language]}: ${inWords(stage.automaticReason, language)}`
      : "";
  const kind = (mandatory ? SAY.mandatory : SAY.optional)[language];
  const cells = [
    `**${id}** ${kind}`,
    inWords(stage.action, language) + when + chosen,
    responsibleWords(stage, language),
    serviceTypes.join(", "),
    clockWords(clock, language),
    lettersOf(stage),
    source === "" ? WORDS.plausible[language] : source,
  ];
  return `| ${cells.join(" | ")} |`;
}

function protocolOf(protocol: Protocol, language: Language): string {
  const { id, version, title } = protocol;
  const parts = (["do", "doNot", "checklist", "documents", "outcomeForm"] as const).flatMap((name) => {
    const texts: readonly Text[] = protocol[name];
    if (texts.length === 0) return [];
    return [`- ${WORDS[name][language]}: ${texts.map((text) => inWords(text, language)).join("; ")}.`];
  });
  return [`**${WORDS.protocol[language]} ${id} v${version}: ${inWords(title, language)}**`, parts.join("\n")].join(
    "\n\n",
  );
}

function factsOf(): string {
  const rows = [CaseFactsSchema, PersonFactsSchema].flatMap(({ name, fields }) =>
    fields.map((field) => `| ${name} | \`${field.name}\` | ${kindOf(field)} |`),
  );
  return ["| | | |", "| --- | --- | --- |", ...rows].join("\n");
}

function kindOf({ fieldKind, message, scalar }: (typeof CaseFactsSchema)["fields"][number]): string {
  const one = message?.name ?? (scalar === ScalarType.BOOL ? "bool" : "string");
  if (fieldKind === "list") return `list of ${one}`;
  return fieldKind === "map" ? `map of ${one}` : one;
}
