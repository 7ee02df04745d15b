// Which sections of a case are in force, and who was told that one took the place of another. Pure, part of `evolve`.
import { SectionKind, broughtBy, eventId, isContent } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import type { CaseState, HeldSection, ReferralState } from "./state.ts";

/** The case with the content that an event brings, and without what it supersedes. */
export function withSections(state: CaseState, event: ReferralEvent): CaseState {
  const { fact, referralId: referral } = event;
  if (fact.case === "refused") return state;
  const superseded = new Set(fact.case === "supplemented" ? fact.value.supersedes : []);
  const brought = event.sections.filter(isContent);
  if (brought.length === 0 && superseded.size === 0) return state;
  const institution = broughtBy(event);
  const added = brought.map(({ sectionId, subject, kind }): [string, HeldSection] => [
    sectionId,
    { institution, referral, subject, kind },
  ]);
  const kept = Object.entries(state.sections).filter(([id]) => !superseded.has(id));
  return {
    ...state,
    sections: Object.fromEntries([...kept, ...added]),
    routing: [
      ...state.routing.filter(({ sectionId }) => !superseded.has(sectionId)),
      ...brought.filter(({ kind }) => kind === SectionKind.ROUTING),
    ],
  };
}

/** A referral whose other party is told of a supplement. */
export function withSupplement(state: CaseState, referral: ReferralState, event: ReferralEvent): ReferralState {
  const { requester, performer } = event;
  const to = broughtBy(event) === requester ? performer : requester;
  const id = nextEventId(state, event.cause?.commandId ?? "");
  return { ...referral, supplements: { ...referral.supplements, [id]: { to, acknowledged: false } } };
}

/** A command to supplement leads to such events alone: those recorded so far number the next one. */
function nextEventId(state: CaseState, commandId: string): string {
  const known = new Set(Object.values(state.referrals).flatMap(({ supplements }) => Object.keys(supplements)));
  for (let ordinal = 0; ; ordinal += 1) {
    const id = eventId(commandId, ordinal);
    if (!known.has(id)) return id;
  }
}
