// `Prefer: wait`: what was decided of an act, when it is known before the sender has had enough of waiting (RFC 7240 §4.3).
import { setTimeout as delay } from "node:timers/promises";
import type { Db } from "@ruta/db";
import { statusWord, wordOf } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import { remedyOf } from "./refusals.ts";
import type { State } from "./state.ts";

/** What was decided of one command. */
export interface Decision {
  /** The facts it led to, in order, such as requested, addressed. */
  readonly facts: readonly string[];
  readonly status: string;
  readonly performer?: string;
  /** Set when it was refused: the code and what to do. */
  readonly refusal?: { readonly code: string; readonly remedy: string };
}

/** The longest that a sender can ask to wait, in seconds. */
export const LONGEST_WAIT_S = 10;
const LOOK_EVERY_MS = 40;

/** Seconds that a Prefer header asks to wait, at most the longest; undefined when it asks nothing that is understood. */
export function waitOf(prefer: string | undefined): number | undefined {
  const seconds = (prefer ?? "")
    .split(",")
    .map((preference) => /^\s*wait\s*=\s*"?(\d{1,6})"?\s*(;.*)?$/i.exec(preference)?.[1])
    .find((value) => value !== undefined);
  return seconds === undefined ? undefined : Math.min(Number(seconds), LONGEST_WAIT_S);
}

/** Looks for the decision until it is there or `waitMs` have passed; undefined when it is not known by then. */
export async function untilDecided(
  { db, state }: { readonly db: Db; readonly state: Pick<State, "caseEvents"> },
  caseId: string,
  commandId: string,
  waitMs: number,
): Promise<Decision | undefined> {
  const end = performance.now() + waitMs;
  for (;;) {
    const events = (await state.caseEvents(db, caseId)).filter(({ cause }) => cause?.commandId === commandId);
    const decided = decisionOf(events);
    if (decided) return decided;
    const left = end - performance.now();
    if (left <= 0) return undefined;
    // The fold may run in another process: looking again is the one way that sees it in any.
    await delay(Math.min(LOOK_EVERY_MS, left));
  }
}

/** The events of one command are folded in one transaction: one that is there means that all are. */
function decisionOf(events: readonly ReferralEvent[]): Decision | undefined {
  const last = events.at(-1);
  if (!last) return undefined;
  const refused = last.fact.case === "refused" ? last.fact.value.code : undefined;
  return {
    facts: events.map(({ fact }) => wordOf(fact.case ?? "unknown")),
    status: statusWord(last.status),
    ...(last.performer === "" || refused !== undefined ? {} : { performer: last.performer }),
    ...(refused === undefined ? {} : { refusal: { code: refused, remedy: remedyOf(refused) } }),
  };
}
