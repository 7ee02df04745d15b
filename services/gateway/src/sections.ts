// Which sealed sections of a case stand for a referral, whose they are, and who took note of what was superseded. Pure.
import { SectionKind, broughtBy, eventId, isContent, nameOf } from "@ruta/events";
import type { ReferralEvent, Section } from "@ruta/events";

/** A section in force and the institution that brought it. */
export interface Held {
  readonly section: Section;
  readonly institution: string;
}

/**
 * The content in force of a referral: what came with its own acts, and what the requester said of the case when it asked for it and
 * whenever it supplemented it. So a successor shows what was asked, without the notes of an institution that had it before.
 */
export function inForce(events: readonly ReferralEvent[], referralId: string): Held[] {
  const superseded = new Set(events.flatMap(({ fact }) => (fact.case === "supplemented" ? fact.value.supersedes : [])));
  const held = new Map<string, Held>();
  for (const event of events) {
    if (event.fact.case === "refused" || !concerns(event, referralId)) continue;
    const institution = broughtBy(event);
    for (const section of event.sections.filter(isContent))
      if (!superseded.has(section.sectionId)) held.set(section.sectionId, { section, institution });
  }
  return [...held.values()];
}

function concerns(event: ReferralEvent, referralId: string): boolean {
  if (event.referralId === referralId) return true;
  const isOfTheCase = event.fact.case === "requested" || event.fact.case === "supplemented";
  return isOfTheCase && broughtBy(event) === event.requester;
}

/** The ids of sections that a step of the history added and superseded: to whoever sent them, and of a supplement to both. */
export function sectionsOf(event: ReferralEvent, viewer: string, needs: boolean): Record<string, unknown> {
  const isSupplement = event.fact.case === "supplemented" && needs;
  if (broughtBy(event) !== viewer && !isSupplement) return {};
  const added = event.sections.filter(isContent).map(({ sectionId, subject, kind }) => ({
    section: sectionId,
    kind: nameOf(SectionKind, kind),
    ...(subject === event.caseId ? {} : { person: subject }),
  }));
  const superseded = event.fact.case === "supplemented" ? event.fact.value.supersedes : [];
  return { ...(added.length > 0 ? { added } : {}), ...(superseded.length > 0 ? { superseded } : {}) };
}

/**
 * The supplements of a referral, each by the id under which it was told, to whom, and whether that institution took note. A performer
 * sees its own and those that it was told of: that another had the referral before is the requester's business alone.
 */
export function supplementsOf(
  events: readonly ReferralEvent[],
  referralId: string,
  viewer: string,
  role: "requester" | "performer",
): { supplements?: Record<string, unknown>[] } {
  const ordinals = new Map<string, number>();
  const noted = new Set<string>();
  const supplements: { event: string; by: string; to: string; supersedes: string[] }[] = [];
  for (const event of events) {
    const { fact, requester, performer } = event;
    const cause = event.cause?.commandId ?? "";
    const ordinal = ordinals.get(cause) ?? 0;
    ordinals.set(cause, ordinal + 1);
    if (event.referralId !== referralId) continue;
    if (fact.case === "supplementAcknowledged") noted.add(fact.value.eventId);
    if (fact.case !== "supplemented") continue;
    const by = broughtBy(event);
    const to = by === requester ? performer : requester;
    if (role === "requester" || by === viewer || to === viewer)
      supplements.push({ event: eventId(cause, ordinal), by, to, supersedes: fact.value.supersedes });
  }
  if (supplements.length === 0) return {};
  // Where nobody held the referral, there was nobody to tell and nothing to take note of.
  return {
    supplements: supplements.map(({ to, ...one }) =>
      to === "" ? one : { ...one, to, acknowledged: noted.has(one.event) },
    ),
  };
}
