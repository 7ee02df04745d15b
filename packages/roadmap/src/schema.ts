// What may be written in the YAML of a roadmap: one zod schema, and the JSON Schema that editors complete from.
import { z } from "zod";

const ID = "capital letters and digits, at most 20, such as R12";
const STAGE = "the roadmap's id, a point and a number, and a letter where stages are parallel, such as R12.3 or R01.2b";
const CODE = "capital letters and digits in groups joined by hyphens, at most 20, such as ALO-FAM";
const NAME = "lower-case letters, digits and hyphens, at most 64, such as safe-reception";
const DURATION = "an ISO 8601 duration of whole days, hours or minutes, such as P14D or PT24H";
const WHOLE = "a whole number from 1";
const SOURCE = "where it is said, such as S41 or a law as norm:article";

const oneOf = <const T extends readonly string[]>(values: T) => z.enum(values, `one of ${values.join(", ")}`);
const whole = z.int(WHOLE).min(1, WHOLE).max(10_000, WHOLE);
const flag = z.boolean("true or false");

function words(max: number) {
  const takes = `text of 1 to ${max} characters`;
  return z.string(takes).trim().min(1, takes).max(max, takes);
}

function list<T extends z.ZodType>(item: T, of: string, max = 40) {
  const takes = `a list of ${of}, at most ${max}`;
  return z.array(item, takes).max(max, takes);
}

function text(max: number) {
  return z.strictObject({ es: words(max), en: words(max) }, "es and en");
}

const condition = z.string("a CEL expression over facts, such as facts.has_child").trim().min(1).max(1_000);
const inWords = text(200)
  .optional()
  .describe("The condition above in words, as they follow `if`; always where there is one");
const evidence = oneOf(["sourced", "plausible"]).describe(
  "sourced: a source says so, which is named; plausible: an assumption of whoever wrote it",
);
const source = words(200).optional().describe(`Source: ${SOURCE}`);
const name = z.string(NAME).regex(/^[a-z0-9][a-z0-9-]{0,63}$/, NAME);
const sdg = list(
  z
    .string("an SDG indicator, such as 5.2.1")
    .regex(/^\d{1,2}\.[0-9a-d]{1,2}\.\d{1,2}$/, "an SDG indicator, such as 5.2.1"),
  "SDG indicators",
).optional();

const clock = z
  .strictObject({
    id: z.string("CL and two digits, such as CL01").regex(/^CL\d{2}$/, "CL and two digits, such as CL01"),
    start: oneOf(["stage-opened", "accepted", "occurred", "notice", "entry"]).describe(
      "The event from which it counts; notice: the person was told of a decision; entry: into the country",
    ),
    limit: z
      .string(DURATION)
      .regex(/^P(\d{1,4}D|T\d{1,4}[HM])$/, DURATION)
      .describe("How long"),
    working_days: flag
      .optional()
      .describe("true where its days are working days (término); left out: calendar days (plazo)"),
    kind: oneOf(["legal", "protocol", "clinical", "operative"]).describe("legal only where the source says so"),
    evidence,
    source,
  })
  .describe("The limit of a stage");

const stage = z
  .strictObject({
    id: z
      .string(STAGE)
      .regex(/^[A-Z][A-Z0-9]{0,11}\.\d{1,2}[a-z]?$/, STAGE)
      .describe("Id"),
    order: whole.describe(
      "Place: a stage waits for the mandatory ones of every lower order; the same number is parallel",
    ),
    action: text(300).describe("What is done"),
    service_types: list(z.string(CODE).regex(/^(?=.{1,20}$)[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$/, CODE), "service types", 10)
      .optional()
      .describe("Any of these serves it, the preferred first; left out: the coordinator of the case does it"),
    institution_types: list(
      oneOf(["municipal", "public", "private", "civil-society", "international", "academia"]),
      "institution types",
      6,
    )
      .optional()
      .describe("Who answers for it; left out: any type"),
    institutions: list(name, "institution ids")
      .optional()
      .describe("Who answers for it, by id; left out: any of the types"),
    mandatory: flag.describe("Whether the case cannot end without it"),
    entry: condition.optional().describe("CEL: whether the stage is for this case; left out: always"),
    entry_words: inWords,
    skip: condition.optional().describe("CEL: whether it can be left out; left out: never"),
    skip_words: inWords,
    clock: clock.optional(),
    bases: z
      .array(oneOf(["E", "A", "O", "V", "N"]), "bases")
      .min(1, "at least one of E, A, O, V, N")
      .describe("E consent, A assent, O duty to report, V vital interest, N no personal data"),
    class: oneOf(["U", "N", "R", "V"]).describe("Clearance class (HL7 v3 Confidentiality)"),
    decision: oneOf(["propose", "automatic"]).optional().describe("Who chooses the institution; left out: propose"),
    automatic_reason: text(500).optional().describe("Why the hub may choose alone; only, and always, with automatic"),
    on_decline: oneOf(["next", "coordinator", "worklist"]).optional().describe("Left out: next"),
    on_silence: oneOf(["next", "coordinator", "worklist"]).optional().describe("A mandatory stage says it"),
    on_no_candidate: oneOf(["coordinator", "worklist"]).optional().describe("Left out: worklist"),
    sections: list(oneOf(["identity", "narrative"]), "identity, narrative", 2)
      .optional()
      .describe("Content that its institution needs; left out: none"),
    protocols: list(name, "protocol ids").optional().describe("Protocols of this file that hold in it"),
    sdg,
    evidence,
    source,
  })
  .describe("A stage");

const protocol = z
  .strictObject({
    id: name,
    version: whole,
    title: text(200),
    do: list(text(500), "es and en").min(1, "at least one thing to do"),
    do_not: list(text(500), "es and en").min(1, "at least one thing not to do"),
    checklist: list(text(300), "es and en").optional(),
    documents: list(text(300), "es and en").min(1, "at least one entry; say it where none is required"),
    outcome_form: list(text(300), "es and en").min(1, "at least one thing to tell at the end"),
    evidence,
    source,
  })
  .describe("What whoever serves a stage does and does not do");

/** A roadmap as it is written. */
export const WRITTEN = z.strictObject(
  {
    id: z
      .string(ID)
      .regex(/^[A-Z][A-Z0-9]{0,11}$/, ID)
      .describe("Id"),
    version: whole.describe("A version never changes: a change is a new one"),
    valid_from: z.iso
      .date("a date, in quotes, such as '2026-11-23'")
      .describe("First day on which a case may begin with it"),
    valid_until: z.iso
      .date("a date, in quotes")
      .optional()
      .describe("First day on which none may begin with it any more"),
    title: text(200),
    description: text(2_000).describe("What it is for and for whom, in plain language"),
    entry: condition.optional().describe("CEL: whom it is for; left out: whoever it is asked for"),
    entry_words: inWords,
    sources: list(words(200), "sources").optional(),
    sdg,
    stages: list(stage, "stages").min(1, "at least one stage"),
    protocols: list(protocol, "protocols").optional(),
  },
  "a mapping that begins with id, version, valid_from",
);

/** A written roadmap of the right shape. */
export type Written = z.infer<typeof WRITTEN>;

/** JSON Schema (draft 7, which editors know best) of a file; docs/roadmap.schema.json is held equal to it. */
export function roadmapJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(WRITTEN, { target: "draft-7", io: "input" });
  return { ...schema, title: "Ruta roadmap", description: "One file that `ruta roadmap check` reads" };
}
