// The clocks of a case: which windows run for its referrals, what of them has passed, and what rings next. Pure.
import { momentAt } from "@ruta/calendar";
import { Priority, referralId } from "@ruta/events";
import { AFTER, UNDECIDED } from "./phase.ts";
import type { CaseState, ReferralState } from "./state.ts";
import { CONFIRM_CANCELLATION_MS, windowEnd } from "./windows.ts";

/** A window that runs. Times are milliseconds. */
export interface Clock {
  readonly id: "acknowledge" | "decide" | "serve" | "choose" | "confirm-cancellation" | `stage ${string}`;
  readonly startedAt: number;
  readonly dueAt: number;
  /** Of whom the act is expected. */
  readonly of: "performer" | "requester";
}

/** A clock of a referral and the hundredths of it that have passed, or are to pass next at `at`. */
export interface Ring {
  readonly referral: ReferralState;
  readonly clock: Clock;
  readonly percent: number;
  readonly at: number;
}

/** Reminders, the end of the window, and the last call after it (domain §8). */
const PERCENTS = [50, 80, 100, 150] as const;
/** From here on it is an escalation. */
export const END = 100;
/** The last call: who is not an emergency goes elsewhere after it. */
export const LAST_CALL = 150;

/** The windows that run for a referral. */
function clocksOf(referral: ReferralState): readonly Clock[] {
  const { phase, priority, requestedAt, addressedAt = requestedAt, cancellation } = referral;
  const clock = (id: Clock["id"], startedAt: number, dueAt: number, of: Clock["of"]): Clock => ({
    id,
    startedAt,
    dueAt,
    of,
  });
  const decide = clock("decide", addressedAt, windowEnd("decide", priority, addressedAt), "performer");
  if (phase === "requested")
    return [clock("acknowledge", addressedAt, windowEnd("acknowledge", priority, addressedAt), "performer"), decide];
  if (phase === "received") return [decide];
  if (phase === "returned")
    return [clock("choose", requestedAt, windowEnd("decide", priority, requestedAt), "requester")];
  if (phase === "cancellation-requested" && cancellation)
    return [clock("confirm-cancellation", cancellation.at, cancellation.at + CONFIRM_CANCELLATION_MS, "performer")];
  const accepted = unservedSince(referral);
  return accepted === undefined ? [] : [clock("serve", accepted, windowEnd("serve", priority, accepted), "performer")];
}

/** When a referral was accepted whose first service has not come; putting it on hold does not stop the wait. */
export function unservedSince({ phase, acceptedAt, servedAt }: ReferralState): number | undefined {
  return AFTER.includes(phase) && servedAt === undefined ? acceptedAt : undefined;
}

/** What rings at `now`: of each clock only the last of what has passed, however long nobody looked. None in a rehearsal. */
export function dueRings(state: CaseState, now: number): Ring[] {
  return ringsOf(state).flatMap((rings) => {
    const due = rings.findLast(({ at }) => at <= now);
    return due ? [due] : [];
  });
}

/** When the next clock of a case rings, in milliseconds; undefined when none runs. */
export function nextRingAt(state: CaseState): number | undefined {
  const next = ringsOf(state).flatMap(([first]) => (first ? [first.at] : []));
  return next.length === 0 ? undefined : Math.min(...next);
}

/** The clocks of the stages that are open; what rings is about the first referral of the case. */
function stageClocks({ run }: CaseState): Clock[] {
  return Object.entries(run?.stages ?? {}).flatMap(([id, { state, clock }]) =>
    state === "open" && clock ? [{ id: `stage ${id}` as const, ...clock, of: "requester" as const }] : [],
  );
}

/** Every clock that may ring for a referral. */
export function allClocksOf(state: CaseState, referral: ReferralState): readonly Clock[] {
  const own = referral.replacedBy === undefined ? clocksOf(referral) : [];
  return referral.id === referralId(state.caseId, 1) ? [...own, ...stageClocks(state)] : own;
}

/** For each clock that runs, what it has not rung yet. */
function ringsOf(state: CaseState): Ring[][] {
  if (state.rehearsal !== "" || state.run?.closed !== undefined) return [];
  return Object.values(state.referrals).flatMap((referral) =>
    allClocksOf(state, referral).map((clock) => {
      const rung = rungOf(referral, clock);
      return PERCENTS.filter((percent) => percent > rung && mayReach(clock, percent)).map((percent) => ({
        referral,
        clock,
        percent,
        at: momentAt(clock.startedAt, clock.dueAt, percent),
      }));
    }),
  );
}

/** The acknowledgement is overtaken by the decision, and a cancellation is confirmed at the end: neither has a last call. */
function mayReach({ id }: Clock, percent: number): boolean {
  return percent <= END || (id !== "acknowledge" && id !== "confirm-cancellation");
}

/** How much of this very window has rung. */
export function rungOf(referral: ReferralState, { id, startedAt }: Clock): number {
  const rung = referral.rung?.[id];
  return rung?.startedAt === startedAt ? rung.percent : 0;
}

/** Whether silence may send a referral elsewhere: never an emergency (domain §8). */
export function mayGoElsewhere({ priority }: ReferralState): boolean {
  return priority !== Priority.EMERGENCY;
}

/** Whether nobody has decided about a referral. */
export function isUndecided({ phase }: ReferralState): boolean {
  return UNDECIDED.includes(phase);
}
