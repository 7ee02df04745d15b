// Who is told of an event, and by which word: the party that did not act, or the sender of what was refused.
import { RESERVED_INSTITUTIONS, broughtBy } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";

/** One institution to tell, and the type of the webhook without its `ruta.referral.` prefix. */
export interface Notice {
  readonly institution: string;
  readonly act: string;
}

type Fact = NonNullable<ReferralEvent["fact"]["case"]>;
type Party = "requester" | "performer" | "other" | "counterpart" | "performer-or-both" | "sender" | "told" | "nobody";

/** Each fact: whom it is told to, and the word by which the act came through the door (or the hub's own word). */
const TOLD: Readonly<Record<Fact, readonly [Party, string]>> = {
  requested: ["nobody", "request"],
  addressed: ["performer", "request"],
  received: ["requester", "receive"],
  accepted: ["requester", "accept"],
  rejected: ["requester", "reject"],
  scheduled: ["requester", "schedule"],
  missed: ["requester", "no-show"],
  appointmentCancelled: ["requester", "cancel-appointment"],
  reported: ["requester", "report"],
  started: ["requester", "start"],
  held: ["requester", "hold"],
  resumed: ["requester", "resume"],
  cancellationRequested: ["performer", "cancel"],
  cancelled: ["other", "cancel"],
  completed: ["requester", "complete"],
  failed: ["requester", "fail"],
  enteredInError: ["performer-or-both", "mark-in-error"],
  acknowledged: ["performer", "acknowledge"],
  returned: ["requester", "returned"],
  worklisted: ["requester", "worklisted"],
  refused: ["sender", "refused"],
  delivered: ["nobody", "delivered"],
  undeliverable: ["requester", "undeliverable"],
  deliveryLate: ["nobody", "late"],
  supplemented: ["counterpart", "supplement"],
  supplementAcknowledged: ["counterpart", "acknowledge-supplement"],
  disputed: ["counterpart", "dispute"],
  setAside: ["sender", "set-aside"],
  caseOpened: ["nobody", "case-opened"],
  stageOpened: ["requester", "stage-opened"],
  stageOffered: ["requester", "stage-offered"],
  stageEnded: ["requester", "stage-ended"],
  stageSkipped: ["nobody", "stage-skipped"],
  caseClosed: ["requester", "case-closed"],
  screeningRaised: ["requester", "screening"],
  clockRang: ["told", "reminder"],
  rightsAlert: ["told", "rights-alert"],
};

/**
 * The institutions to tell of an event; empty when it is nobody's news, the party is not chosen yet, or it is simulated. What the hub
 * recorded on behalf of an institution is told to that institution too, by the same word: it did not send it, and can dispute it.
 */
export function recipients(event: ReferralEvent): readonly Notice[] {
  const { fact } = event;
  if (fact.case === undefined || isOwnDoing(event)) return [];
  const told = parties(event, fact.case);
  const behalf = recordedFor(event);
  if (behalf === undefined || told.some(({ institution }) => institution === behalf)) return told;
  const word = fact.case === "addressed" ? "redirect" : (told[0]?.act ?? TOLD[fact.case][1]);
  return [...told, { institution: behalf, act: word }];
}

/** The institution on whose behalf the hub recorded what the event tells; undefined when it was no such act. */
export function recordedFor({ fact, actor }: ReferralEvent): string | undefined {
  return actor?.institution !== "hub" || actor.onBehalfOf === "" || fact.case === "refused"
    ? undefined
    : actor.onBehalfOf;
}

/** What the coordinator of a case did itself, or was told by the outcome of a referral, is no news to it. */
function isOwnDoing({ fact }: ReferralEvent): boolean {
  if (fact.case === "stageOpened") return fact.value.reasonCode !== "condition-met";
  return fact.case === "stageEnded" && fact.value.done;
}

/** A referral that goes back for a choice is a proposal. */
function wordFor(event: ReferralEvent, name: Fact): string {
  const { fact } = event;
  return fact.case === "returned" && fact.value.reasonCode === "proposal" ? "proposed" : TOLD[name][1];
}

function parties(event: ReferralEvent, name: Fact): readonly Notice[] {
  const { fact, requester, performer } = event;
  const [party] = TOLD[name];
  const act = wordFor(event, name);
  const by = recordedFor(event) ?? event.actor?.institution;
  const tell = (institution: string, word = act): readonly Notice[] =>
    institution === "" || RESERVED_INSTITUTIONS.has(institution) ? [] : [{ institution, act: word }];
  switch (party) {
    case "nobody":
      return [];
    case "performer":
      return tell(performer);
    case "requester":
      // A requester that could not be reached is not told so: that notice would fail, and be told, for ever.
      // What a third party did not take (the refusal of its own command) is not the requester's business.
      if (
        fact.case === "undeliverable" &&
        (fact.value.institution === requester || fact.value.institution !== performer)
      )
        return [];
      return tell(requester);
    case "told":
      return fact.case === "clockRang" || fact.case === "rightsAlert"
        ? fact.value.told.flatMap((institution) => tell(institution))
        : [];
    case "sender":
      return tell(fact.case === "refused" || fact.case === "setAside" ? fact.value.institution : "");
    case "counterpart":
      return tell(broughtBy(event) === requester ? performer : requester);
    case "other":
      // Withdrawn by the requester, confirmed by the performer, or ended by the hub, of which both must hear.
      if (by === performer) return tell(requester, "confirm-cancellation");
      if (by === requester) return tell(performer);
      return both(tell, requester, performer);
    case "performer-or-both":
      return by === requester ? tell(performer) : both(tell, requester, performer);
  }
}

function both(tell: (institution: string) => readonly Notice[], requester: string, performer: string) {
  return [...tell(requester), ...(performer === requester ? [] : tell(performer))];
}
