// What an answer may be: no failure, a refusal by RFC 9457 with a documented code, nothing of a person, never a yes to what is wrong.
import { readFileSync } from "node:fs";
import type { Answer } from "./answers.ts";
import { holdsCanary } from "./canary.ts";
import type { Outcome } from "./line.ts";
import type { Plan } from "./plan.ts";
import { kindOf } from "./raw.ts";

/** The codes that docs/errors.md lists. */
export function documentedCodes(): ReadonlySet<string> {
  const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
  return new Set([...page.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, code = ""]) => code));
}

/** 503 is a promise where the documents say so: to come again, and when. */
const LATER: ReadonlySet<string> = new Set(["not-caught-up", "log-unavailable", "log-behind", "unavailable"]);

/** The code of a refusal, in either form; undefined when there is none. */
export function codeOf({ headers, body }: Answer): string | undefined {
  try {
    const value = JSON.parse(body) as Record<string, unknown>;
    if (headers["content-type"]?.startsWith("application/problem+json")) return String(value.code);
    const [issue] = (value.issue ?? []) as { details?: { coding?: { code?: string }[] } }[];
    return issue?.details?.coding?.[0]?.code;
  } catch {
    return undefined;
  }
}

/** What is wrong with what came of a plan, in words without anything of it; empty when nothing is. */
export function judge(plan: Plan, outcome: Outcome, codes: ReadonlySet<string>): string[] {
  const { answers, rest, timedOut } = outcome;
  // What is too large is refused before it has all come, and the end of the connection may overtake the answer.
  const silent = plan.attack === "huge" || (plan.raw !== undefined && kindOf(plan.raw).silent === true);
  const faults = answers.flatMap((answer) => faultsOf(plan, answer, codes));
  if (timedOut) faults.push("no end");
  if (rest > 0 && !silent) faults.push("bytes that are no answer");
  if (answers.length === 0 && !silent && !timedOut) faults.push("no answer");
  if (answers.length > 1 && !plan.attack.startsWith("pipelined")) faults.push("more answers than requests");
  return faults;
}

function faultsOf(plan: Plan, answer: Answer, codes: ReadonlySet<string>): string[] {
  const { status, headers, body } = answer;
  const faults: string[] = [];
  const code = codeOf(answer);
  const later = status === 503 && code !== undefined && LATER.has(code) && headers["retry-after"] !== undefined;
  if (status >= 500 && !later) faults.push(`answered ${status}`);
  if (plan.refused && status < 400) faults.push(`answered ${status} to what must be refused`);
  const shown = status === 200 && plan.target.url === "/v1/referrals/:id/content";
  if (!shown && (holdsCanary(body) || holdsCanary(JSON.stringify(headers)))) faults.push("an identity in the answer");
  if (status < 400 || plan.method === "HEAD") return faults;
  if (code === undefined) faults.push(`${status} is no problem of RFC 9457`);
  else if (!codes.has(code)) faults.push(`the code ${code} is not documented`);
  else if (headers["content-type"]?.startsWith("application/problem+json") === true) {
    const stated = (JSON.parse(body) as { status?: unknown }).status;
    if (stated !== status) faults.push(`${status} says ${String(stated)}`);
  }
  return faults;
}
