// A case as it is stored: JSON in the words of the state, its messages in protobuf's own JSON. Reads what any earlier release wrote.
import { fromJson, toJson } from "@bufbuild/protobuf";
import type { JsonValue } from "@bufbuild/protobuf";
import { ConsentSchema, ReferralRequestedSchema, SectionSchema } from "@ruta/events";
import type { CaseState, ReferralState } from "./state.ts";

/** Form of the stored JSON; raised when a release can no longer read an older one as it is. */
const FORM = 1;

interface StoredReferral extends Omit<ReferralState, "request" | "consent" | "supplements"> {
  readonly request: JsonValue;
  readonly consent: JsonValue;
  /** Absent from what was stored before there were supplements; so are `sections`. */
  readonly supplements?: ReferralState["supplements"];
}

interface StoredCase extends Omit<CaseState, "decided" | "referrals" | "routing" | "sections" | "rehearsal"> {
  /** Absent from what was stored before there were rehearsals. */
  readonly rehearsal?: string;
  readonly sections?: CaseState["sections"];
  readonly form: number;
  readonly routing: readonly JsonValue[];
  readonly referrals: readonly StoredReferral[];
}

/** The state of a case as text. Which commands were decided is kept apart. */
export function encodeCase(state: CaseState): string {
  const { caseId, version, lastAt, confidentiality, rehearsal } = state;
  const stored: StoredCase = {
    form: FORM,
    caseId,
    version,
    lastAt,
    confidentiality,
    rehearsal,
    ...(state.run === undefined ? {} : { run: state.run }),
    routing: state.routing.map((section) => toJson(SectionSchema, section)),
    sections: state.sections,
    referrals: Object.values(state.referrals).map((referral) => ({
      ...referral,
      request: toJson(ReferralRequestedSchema, referral.request),
      consent: toJson(ConsentSchema, referral.consent),
    })),
  };
  return JSON.stringify(stored);
}

/** The state of a case from its text, with no command decided. Throws when a newer release wrote it in another form. */
export function decodeCase(text: string): CaseState {
  const { form, ...stored } = JSON.parse(text) as StoredCase;
  if (form !== FORM) throw new Error(`a case is stored in form ${form}; this release reads form ${FORM}`);
  const options = { ignoreUnknownFields: true };
  const referrals = stored.referrals.map((referral): [string, ReferralState] => [
    referral.id,
    {
      ...referral,
      supplements: referral.supplements ?? {},
      request: fromJson(ReferralRequestedSchema, referral.request, options),
      consent: fromJson(ConsentSchema, referral.consent, options),
    },
  ]);
  return {
    ...stored,
    rehearsal: stored.rehearsal ?? "",
    routing: stored.routing.map((section) => fromJson(SectionSchema, section, options)),
    sections: stored.sections ?? {},
    referrals: Object.fromEntries(referrals),
    decided: new Set(),
  };
}
