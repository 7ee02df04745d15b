// Refusals of the door as problem+json.
import { problemsOf } from "@ruta/kit";
import type { Problem } from "@ruta/kit";
import { PROBLEMS } from "./errors.ts";
import type { Refusal } from "./errors.ts";

const problem = problemsOf(PROBLEMS);

/** The problem that answers a refusal. */
export function problemOf({ code, field, retryAfterS, may }: Refusal): Problem {
  return problem(code, {
    ...(field === undefined ? {} : { field }),
    ...(may === undefined ? {} : { extra: { may } }),
    ...(retryAfterS === undefined ? {} : { headers: { "retry-after": String(retryAfterS) } }),
  });
}
