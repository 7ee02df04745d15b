// What the facts of a case can say, where that is a closed list: a condition that asks for anything else could never hold.
import { AGE_BANDS, OUTCOMES, SEXES } from "@ruta/events";

/** Codes by the name of the fact in CaseFacts and PersonFacts. A stage that ended without an outcome says none. */
export const FACT_CODES: Readonly<Record<string, readonly string[]>> = {
  priority: ["emergency", "urgent", "normal"],
  confidentiality: ["U", "N", "R", "V"],
  requester_type: ["municipal", "public", "private", "civil-society", "international", "academia"],
  age_band: AGE_BANDS,
  sex: SEXES,
  outcomes: [...OUTCOMES, "none"],
};
