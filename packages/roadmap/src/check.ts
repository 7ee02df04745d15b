// What is wrong with a roadmap of the right shape: each rule looks at the whole and names the line. Pure.
import { Problem } from "@ruta/kit/written";
import type { Position } from "@ruta/kit/written";
import { conditionProblem } from "./condition.ts";
import type { Written } from "./schema.ts";

type Stage = Written["stages"][number];
type Blame = (field: string, message: string, remedy: string) => void;

/** Every fault, in no order. */
export function check(written: Written, at: Position): Problem[] {
  const problems: Problem[] = [];
  const entry = `roadmap ${written.id}`;
  const blame: Blame = (field, message, remedy) => problems.push(new Problem(at, entry, field, message, remedy));
  if (written.valid_until !== undefined && written.valid_until <= written.valid_from)
    blame("valid_until", "is not after valid_from", "give a later day, or leave it out");
  condition(written.entry, "entry", blame);
  said(written.entry, written.entry_words, "entry", blame);
  written.stages.forEach((stage, index) => checkStage(written, stage, `stages.${index}`, blame));
  twice(written.stages, "stages", blame);
  twice(written.protocols ?? [], "protocols", blame);
  if (!written.stages.some(({ mandatory }) => mandatory))
    blame(
      "stages",
      "has no mandatory stage",
      "a case without one would end as it begins: mark what it cannot end without",
    );
  unused(written, blame);
  (written.protocols ?? []).forEach((protocol, index) => sourced(protocol, `protocols.${index}`, blame));
  return problems;
}

function checkStage(written: Written, stage: Stage, path: string, blame: Blame): void {
  if (!stage.id.startsWith(`${written.id}.`))
    blame(`${path}.id`, `is not a stage of ${written.id}`, `begin with ${written.id}.`);
  for (const name of ["entry", "skip"] as const) {
    condition(stage[name], `${path}.${name}`, blame);
    said(stage[name], stage[`${name}_words`], `${path}.${name}`, blame);
    earlierOutcomes(written, stage, stage[name] ?? "", `${path}.${name}`, blame);
  }
  if (stage.decision === "automatic" && stage.automatic_reason === undefined)
    blame(`${path}.decision`, "lets the hub choose without saying why", "add automatic_reason, or take propose");
  if (stage.decision !== "automatic" && stage.automatic_reason !== undefined)
    blame(`${path}.automatic_reason`, "gives a reason for what is not automatic", "take it out, or decide automatic");
  const serves = (stage.service_types ?? []).length > 0;
  if (serves && stage.mandatory && stage.on_silence === undefined)
    blame(
      `${path}.mandatory`,
      "does not say what follows when nobody answers",
      "add on_silence: next, coordinator or worklist",
    );
  if (!serves && (stage.institutions ?? []).length + (stage.institution_types ?? []).length > 0)
    blame(
      `${path}.service_types`,
      "is missing where institutions are named",
      "say which service they give in this stage",
    );
  if (stage.bases.includes("N") && (stage.sections ?? []).length > 0)
    blame(
      `${path}.sections`,
      "discloses content on the basis N, no personal data",
      "leave sections out, or name another basis",
    );
  for (const [index, id] of (stage.protocols ?? []).entries())
    if (!(written.protocols ?? []).some((protocol) => protocol.id === id))
      blame(
        `${path}.protocols.${index}`,
        `names no protocol of this file: ${id}`,
        "add it below protocols, in es and en",
      );
  sourced(stage, path, blame);
  if (stage.clock) {
    sourced(stage.clock, `${path}.clock`, blame);
    if (stage.clock.kind === "legal" && stage.clock.evidence !== "sourced")
      blame(`${path}.clock.kind`, "calls a limit legal that no source says", "take operative, or name the source");
    if (stage.clock.working_days === true && !stage.clock.limit.endsWith("D"))
      blame(
        `${path}.clock.working_days`,
        "counts hours in working days",
        "give the limit in days, or leave working_days out",
      );
  }
}

function condition(source: string | undefined, field: string, blame: Blame): void {
  const problem = source === undefined ? undefined : conditionProblem(source);
  if (!problem) return;
  const place = problem.at === undefined ? "" : ` (character ${problem.at + 1})`;
  blame(field, problem.message + place, "write a condition over facts; docs/rutas.md lists what a case says");
}

/** People read the words of a condition, not the condition. */
function said(source: string | undefined, words: unknown, field: string, blame: Blame): void {
  if (source !== undefined && words === undefined)
    blame(field, "is not said in words", `add ${field.split(".").at(-1)}_words, in es and en, as they follow "if"`);
  if (source === undefined && words !== undefined)
    blame(`${field}_words`, "says in words what is no condition", "add the condition, or take the words out");
}

/** A condition can only ask for the outcome of a stage that has ended by then. */
function earlierOutcomes(written: Written, stage: Stage, source: string, field: string, blame: Blame): void {
  for (const [, id] of source.matchAll(/['"]([A-Z][A-Z0-9]*\.\d+[a-z]?)['"]/g)) {
    const named = written.stages.find((one) => one.id === id);
    if (!named) blame(field, `asks for a stage that does not exist: ${id}`, "name a stage of this file");
    else if (named.order >= stage.order)
      blame(field, `asks for the outcome of ${id}, which has not ended by then`, "name a stage of a lower order");
  }
}

function sourced(
  one: { readonly evidence: string; readonly source?: string | undefined },
  path: string,
  blame: Blame,
): void {
  if (one.evidence === "sourced" && one.source === undefined)
    blame(`${path}.evidence`, "is sourced and names no source", "add source, or call it plausible");
}

function twice(all: readonly { readonly id: string }[], field: string, blame: Blame): void {
  const seen = new Set<string>();
  for (const [index, { id }] of all.entries()) {
    if (seen.has(id)) blame(`${field}.${index}.id`, `is there twice: ${id}`, "give each its own id");
    seen.add(id);
  }
}

function unused({ stages, protocols = [] }: Written, blame: Blame): void {
  for (const [index, { id }] of protocols.entries())
    if (!stages.some((stage) => stage.protocols?.includes(id)))
      blame(`protocols.${index}.id`, "holds in no stage", "name it in a stage's protocols, or take it out");
}
