// Decides what a party adds to the content of a referral or puts in the place of its own, and that the other one took note.
import {
  ReferralSupplementedSchema,
  SectionKind,
  SupplementAcknowledgedSchema,
  create,
  isContent,
  parseReferralId,
} from "@ruta/events";
import type { Section } from "@ruta/events";
import type { Draft } from "./draft.ts";
import type { RefusalCode } from "./errors.ts";
import type { Role } from "./lifecycle.ts";
import type { CaseState, ReferralState } from "./state.ts";

/**
 * Adds the sections of the command and takes out of force those that it supersedes. The other party is told, and so is every
 * institution that served an earlier referral of the case and then held what is superseded.
 */
export function supplement(draft: Draft, referral: ReferralState, role: Role): RefusalCode | undefined {
  const { act, sections } = draft.command;
  if (act.case !== "supplement") throw new Error("only a supplement adds content");
  const supersedes = [...new Set(act.value.supersedes)];
  const refusal = refusalOf(draft.state, referral, role, sections.filter(isContent), supersedes);
  if (refusal) return refusal;
  const earlier = role === "requester" ? earlierHolders(draft.state, referral, supersedes) : [];
  draft.emit(referral.id, supplemented(supersedes), { sections });
  for (const { id, held } of earlier) draft.emit(id, supplemented(held));
  return undefined;
}

/** Records that the institution that was told of a supplement took note of it. */
export function acknowledgeSupplement(draft: Draft, referral: ReferralState, role: Role): RefusalCode | undefined {
  const { act, sections } = draft.command;
  if (act.case !== "acknowledgeSupplement") throw new Error("only a supplement is taken note of so");
  const { eventId } = act.value;
  const told = Object.hasOwn(referral.supplements, eventId) ? referral.supplements[eventId] : undefined;
  if (told?.to !== institutionOf(referral, role)) return "supplement-not-found";
  if (told.acknowledged) return "already-recorded";
  const value = create(SupplementAcknowledgedSchema, { eventId });
  draft.emit(referral.id, { case: "supplementAcknowledged", value }, { sections });
  return undefined;
}

function institutionOf({ requester, performer }: ReferralState, role: Role): string {
  return role === "requester" ? requester : performer;
}

function supplemented(supersedes: readonly string[]) {
  const value = create(ReferralSupplementedSchema, { supersedes: [...supersedes] });
  return { case: "supplemented" as const, value };
}

function refusalOf(
  state: CaseState,
  referral: ReferralState,
  role: Role,
  added: readonly Section[],
  supersedes: readonly string[],
): RefusalCode | undefined {
  if (added.length === 0 && supersedes.length === 0) return "nothing-to-supplement";
  // A performer tells what it learned; who the person is, and what choosing rests on, is the requester's to say.
  if (role === "performer" && added.some(({ kind }) => kind !== SectionKind.NARRATIVE)) return "requester-content";
  const { personId, members } = referral.request;
  const subjects = new Set([state.caseId, personId, ...members.map((member) => member.personId)]);
  if (added.some(({ subject }) => !subjects.has(subject))) return "person-not-in-case";
  for (const id of supersedes) {
    if (!Object.hasOwn(state.sections, id)) return "section-not-found";
    if (state.sections[id]?.institution !== institutionOf(referral, role)) return "section-not-yours";
  }
  return stands(state, added, supersedes) ? "section-exists" : undefined;
}

/** A person has one identity and one section for choosing; narratives can be many. */
function stands(state: CaseState, added: readonly Section[], supersedes: readonly string[]): boolean {
  const nameOf = ({ subject, kind }: Pick<Section, "subject" | "kind">) => `${subject} ${kind}`;
  const seen = new Set(
    Object.entries(state.sections).flatMap(([id, held]) => (supersedes.includes(id) ? [] : [nameOf(held)])),
  );
  return added.some((section) => {
    if (section.kind === SectionKind.NARRATIVE) return false;
    const known = seen.has(nameOf(section));
    seen.add(nameOf(section));
    return known;
  });
}

/** Earlier referrals that were accepted by another institution, and what of the superseded content it then held. */
function earlierHolders(
  state: CaseState,
  target: ReferralState,
  supersedes: readonly string[],
): { readonly id: string; readonly held: readonly string[] }[] {
  const ordinalOf = (id: string) => parseReferralId(id)?.ordinal ?? 0;
  return Object.values(state.referrals).flatMap(({ id, acceptedAt, performer }) => {
    if (id === target.id || acceptedAt === undefined || performer === target.performer) return [];
    const held = supersedes.filter((section) => ordinalOf(state.sections[section]?.referral ?? "") <= ordinalOf(id));
    return held.length === 0 ? [] : [{ id, held }];
  });
}
