// Conditions of roadmaps: CEL over CaseFacts, compiled once. One that fails when it is asked answers so, and never throws. Pure.
import { celEnv, isCelError, objectType, parse, plan } from "@bufbuild/cel";
import { createRegistry } from "@bufbuild/protobuf";
import { CaseFactsSchema, PersonFactsSchema } from "@ruta/events";
import type { CaseFacts } from "@ruta/events";
import { ConditionFault, requireBoolean } from "./condition-type.ts";

/** What a condition says of a case; `failed` is no match, and somebody has to look at it. */
export type Verdict = "yes" | "no" | "failed";

/** Why a text is no condition, in words; `at` is the character, from 0, where that is known. */
export interface ConditionProblem {
  readonly message: string;
  readonly at?: number;
}

const ENV = celEnv({
  registry: createRegistry(CaseFactsSchema, PersonFactsSchema),
  variables: { facts: objectType(CaseFactsSchema) },
});
type Compiled = (bindings: { facts: CaseFacts }) => unknown;

/** What is wrong with a condition; undefined when nothing is. */
export function conditionProblem(source: string): ConditionProblem | undefined {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(source);
  } catch (error) {
    return syntax(error);
  }
  try {
    requireBoolean(parsed.expr, CaseFactsSchema);
    return undefined;
  } catch (error) {
    if (error instanceof ConditionFault) return { message: error.message };
    throw error;
  }
}

/** The parser names the place; its own words say what stood there. */
function syntax(error: unknown): ConditionProblem {
  const { location } = error as { location?: { start?: { offset?: number } } };
  const at = location?.start?.offset;
  return { message: "is not an expression of CEL", ...(at === undefined ? {} : { at }) };
}

const compiled = new Map<string, Compiled | undefined>();

function compile(source: string): Compiled | undefined {
  if (!compiled.has(source)) {
    const problem = conditionProblem(source);
    compiled.set(source, problem ? undefined : plan(ENV, parse(source)));
  }
  return compiled.get(source);
}

/** Asks a condition. An empty one says `empty`. */
export function judge(source: string, facts: CaseFacts, empty: "yes" | "no"): Verdict {
  if (source === "") return empty;
  const answer = compile(source)?.({ facts });
  if (answer === undefined || isCelError(answer) || typeof answer !== "boolean") return "failed";
  return answer ? "yes" : "no";
}
