// What a check is, and how answers are judged.
import type { SigningKey } from "@ruta/proof";
import { say } from "../language.ts";
import type { Probe, Reply } from "./probe.ts";

/** What came of a check. `warn`: the hub copes, and it should still be mended; a failed `should` is no more than that. */
export interface Verdict {
  readonly outcome: "pass" | "warn" | "fail" | "skipped";
  /** What was seen. */
  readonly seen: string;
}

/** What the checks have to do with. */
export interface Surroundings {
  readonly probe: Probe;
  readonly institution: string;
  readonly key: SigningKey;
  /** The key that will follow it, when the institution has it already. */
  readonly nextKey?: SigningKey | undefined;
  /** The hub's deadline for one exchange, in milliseconds. */
  readonly limitMs: number;
}

/** One check. `must`: deliveries fail or are unsafe without; `should`: they work, and something is amiss. */
export interface Check {
  readonly id: string;
  readonly level: "must" | "should";
  readonly title: string;
  readonly mend: string;
  run(around: Surroundings): Promise<Verdict>;
}

/** Whether it was taken. */
export const is2xx = ({ status }: Reply): boolean => status >= 200 && status < 300;
/** What was answered, each answer once. */
export const list = (replies: readonly Reply[]): string => [...new Set(replies.map(({ words }) => words))].join("; ");

/** Pass where all were taken. */
export function taken(...replies: readonly Reply[]): Verdict {
  return { outcome: replies.every(is2xx) ? "pass" : "fail", seen: list(replies) };
}

/** Pass where all were refused by a 4xx, a warning where they were not taken and the answer says something else. */
export function refused(...replies: readonly Reply[]): Verdict {
  if (replies.some(is2xx)) return { outcome: "fail", seen: list(replies) };
  const plainly = replies.every(({ status }) => status >= 400 && status < 500);
  return {
    outcome: plainly ? "pass" : "warn",
    seen: plainly ? list(replies) : say`${list(replies)}; 401 says it plainly`,
  };
}
