// The code that says more than the fact of an event, for lines and histories: never a value of content. Pure.
import type { ReferralEvent } from "@ruta/events";
import { CASE_FACTS } from "./plan.ts";

/** The stage that a fact of a case is about, or the roadmap that the case runs, and the code that says more than the fact. */
export function detailOf(event: ReferralEvent): string {
  if (!CASE_FACTS.has(event.fact.case)) return codeOf(event);
  return [event.stageId || event.roadmapId, codeOf(event)].filter((part) => part !== "").join(" ");
}

function codeOf({ fact }: ReferralEvent): string {
  if (fact.case === "clockRang")
    return `${fact.value.clock} ${fact.value.percent} %${fact.value.late ? " (late)" : ""}`;
  const value: object = fact.value ?? {};
  for (const name of ["code", "reasonCode", "outcomeCode", "chosenBy", "replaces"]) {
    const found = (value as Record<string, unknown>)[name];
    if (typeof found === "string" && found !== "") return found;
  }
  return "institution" in value && typeof value.institution === "string" ? value.institution : "";
}
