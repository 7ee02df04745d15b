// A clock rings: who is reminded, what is escalated, and what the hub does when nobody answers after the last call. Pure.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { momentAt } from "@ruta/calendar";
import { ClockRangSchema, ReferralCancelledSchema, create } from "@ruta/events";
import type { RingClock } from "@ruta/events";
import { END, LAST_CALL, allClocksOf, isUndecided, mayGoElsewhere, rungOf } from "./clocks.ts";
import type { Clock } from "./clocks.ts";
import { hubActor } from "./draft.ts";
import type { Draft } from "./draft.ts";
import { NO_RESPONSE } from "./guards.ts";
import { next } from "./place.ts";
import { msOf } from "./state.ts";
import type { ReferralState } from "./state.ts";

/** Later than this after its moment, a ring says that it is late. */
const LATE_MS = 5 * 60_000;

/** Decides a ring; nothing comes of it where the referral has moved on, or that much was rung before. */
export function ring(draft: Draft, referralId: string, { clock: id, startedAt, percent }: RingClock): void {
  const referral = draft.state.referrals[referralId];
  const started = msOf(startedAt);
  const clock =
    referral && allClocksOf(draft.state, referral).find((one) => one.id === id && one.startedAt === started);
  if (!referral || !clock || rungOf(referral, clock) >= percent) return;
  const moment = momentAt(clock.startedAt, clock.dueAt, percent);
  const escalation = percent >= LAST_CALL ? 2 : percent >= END ? 1 : 0;
  const value = create(ClockRangSchema, {
    clock: clock.id,
    startedAt: timestampFromMs(clock.startedAt),
    dueAt: timestampFromMs(clock.dueAt),
    percent,
    late: draft.now - moment > LATE_MS,
    escalation,
    told: toldOf(referral, clock, escalation),
  });
  draft.emit(referral.id, { case: "clockRang", value }, { actor: hubActor() });
  if (percent >= END && clock.id === "confirm-cancellation") {
    const confirmed = create(ReferralCancelledSchema);
    draft.emit(referral.id, { case: "cancelled", value: confirmed }, { phase: "cancelled", actor: hubActor() });
  }
  // Escalated twice by now. The successor comes first: the person is still unserved.
  if (percent >= LAST_CALL && clock.id === "decide" && isUndecided(referral) && mayGoElsewhere(referral)) {
    next(draft, referral, "onSilence");
    const gone = create(ReferralCancelledSchema, { reasonCode: NO_RESPONSE });
    draft.emit(referral.id, { case: "cancelled", value: gone }, { phase: "cancelled", actor: hubActor() });
  }
}

/** Who is told: of whom the act is expected, if it has the request at all; from the end on the requester too. */
function toldOf({ requester, performer, reached = false }: ReferralState, { of }: Clock, escalation: number): string[] {
  if (of === "requester") return [requester];
  const reminded = reached ? [performer] : [];
  return escalation > 0 ? [...reminded, requester] : reminded;
}
