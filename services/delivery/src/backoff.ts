// When a delivery is tried again, and when it is given up: pure, over the outcome of one attempt and the state before it.
import { Priority } from "@ruta/events";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Waits before the first, second … tenth try, in milliseconds (Standard Webhooks 1.0: ten tries over 75.6 hours). */
export const SCHEDULE: readonly number[] = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** How long a delivery is tried in all, in milliseconds. */
export const TOTAL_MS = SCHEDULE.reduce((sum, wait) => sum + wait, 0);

/** Longest wait that a recipient can ask for by Retry-After, in milliseconds. */
const RETRY_AFTER_CAP_MS = 24 * HOUR;

/** Least wait after 429 or a timeout: the recipient is overloaded. */
const OVERLOAD_FLOOR_MS = MINUTE;

const REFUSED_TRIES = 3;
/** The most that jitter adds to a wait, as a part of it. */
const JITTER = 0.2;

/**
 * Longest wait by urgency: somebody in danger does not wait half an hour for an institution that was down for ten minutes,
 * so it outranks Retry-After too.
 */
const CAP_MS: Readonly<Record<Priority, number>> = {
  [Priority.UNSPECIFIED]: Number.POSITIVE_INFINITY,
  [Priority.EMERGENCY]: MINUTE,
  [Priority.URGENT]: 5 * MINUTE,
  [Priority.NORMAL]: Number.POSITIVE_INFINITY,
};

/** Time in which a referral of a priority must be decided, in milliseconds (inter-agency form: 24 h, 72 h, 14 days). */
const WINDOW_MS: Readonly<Record<Priority, number>> = {
  [Priority.UNSPECIFIED]: 14 * 24 * HOUR,
  [Priority.EMERGENCY]: 24 * HOUR,
  [Priority.URGENT]: 72 * HOUR,
  [Priority.NORMAL]: 14 * 24 * HOUR,
};

/** The longest wait for a try of a delivery of this urgency, in milliseconds; what this version does not know is not capped. */
export function capMs(priority: Priority): number {
  return CAP_MS[priority] ?? Number.POSITIVE_INFINITY;
}

/**
 * Why an attempt failed, as attempts record it. `signing`: the hub could not make the signature. `stopped`: the hub ended
 * before the exchange did, or stood still beyond its deadline. `unproved`: the answer to a challenge was not the challenge.
 */
export type Failure =
  | "connect"
  | "tls"
  | "timeout"
  | "address-refused"
  | "redirect"
  | "status"
  | "body"
  | "signing"
  | "stopped"
  | "unproved";

/** What one attempt came to. `status` is 0 without an answer; `retryAfterMs` is what the answer asked for. */
export type Outcome =
  | { readonly ok: true; readonly status: number }
  | { readonly ok: false; readonly failure: Failure; readonly status: number; readonly retryAfterMs?: number };

/** What is known of a delivery before the decision. */
export interface TryState {
  readonly priority: Priority;
  /** Tries made by the schedule, this one included unless it was pulled forward: 1 … */
  readonly step: number;
  /** Earlier tries at which the recipient refused the message, or its address was refused. */
  readonly refusals: number;
  /** When the first try began, in milliseconds since the epoch. */
  readonly since: number;
  /** When it was due before another success at the same endpoint pulled it forward; unset when it was not. */
  readonly pulledFrom?: number;
}

/**
 * Reasons for which a delivery is parked. `disabled`: its endpoint answered 410, failed for too long, or was disabled by an
 * operator. `not-pulled`: it lay in the recipient's inbox as long as inboxes are kept.
 */
export type ParkReason =
  | "exhausted"
  | "disabled"
  | "rejected"
  | "blocked-address"
  | "no-endpoint"
  | "not-pulled"
  | "skipped";

/** What follows: taken; due again (with the refusals so far); or parked for a person. */
export type Verdict =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly retryAt: number; readonly refusals: number }
  | { readonly kind: "park"; readonly reason: ParkReason };

/** The recipient will never take this message as it is (RFC 9110: 400, 413, 415, 422). */
export function isRefusal(status: number): boolean {
  return status === 400 || status === 413 || status === 415 || status === 422;
}

/** The recipient says that nothing is to be sent there again (RFC 9110: 410). */
export function isGone(outcome: Outcome): boolean {
  return !outcome.ok && outcome.status === 410;
}

function wait(outcome: Outcome & { ok: false }, state: TryState, jitter: number): number {
  const step = SCHEDULE[Math.min(state.step, SCHEDULE.length - 1)] ?? 0;
  const floor = outcome.status === 429 || outcome.failure === "timeout" ? OVERLOAD_FLOOR_MS : 0;
  const asked = Math.min(outcome.retryAfterMs ?? 0, RETRY_AFTER_CAP_MS);
  return Math.min(Math.max(step, floor, asked) * (1 + JITTER * jitter), capMs(state.priority));
}

/**
 * Decides what follows an attempt that ended at `now`. `jitter` is a number from 0 to 1 and adds up to a fifth of the wait,
 * so that it undercuts neither the schedule nor Retry-After; only the cap of the urgency does.
 */
export function decide(outcome: Outcome, state: TryState, now: number, jitter: number): Verdict {
  if (outcome.ok) return { kind: "delivered" };
  if (isGone(outcome)) return { kind: "park", reason: "disabled" };
  const blocked = outcome.failure === "address-refused";
  const refusals = state.refusals + (blocked || isRefusal(outcome.status) ? 1 : 0);
  if (refusals >= REFUSED_TRIES && refusals > state.refusals)
    return { kind: "park", reason: blocked ? "blocked-address" : "rejected" };
  const delay = wait(outcome, state, jitter);
  // The hub's doing, not the recipient's: the try is made again.
  if (outcome.failure === "stopped") return { kind: "retry", retryAt: now, refusals };
  if (state.pulledFrom !== undefined && state.pulledFrom > now)
    return { kind: "retry", retryAt: Math.max(state.pulledFrom, now + (outcome.retryAfterMs ? delay : 0)), refusals };
  const capped = Number.isFinite(capMs(state.priority));
  const exhausted = capped ? now + delay > state.since + TOTAL_MS * (1 + JITTER) : state.step >= SCHEDULE.length;
  return exhausted ? { kind: "park", reason: "exhausted" } : { kind: "retry", retryAt: now + delay, refusals };
}

/** When a delivery that waits since `since` counts as late: after a quarter of its window, which ends at `until` or as the priority says. */
export function lateAt(priority: Priority, since: number, until?: number): number {
  const window = until === undefined ? (WINDOW_MS[priority] ?? WINDOW_MS[Priority.NORMAL]) : Math.max(until - since, 0);
  return since + window / 4;
}

/** Whether an attempt failed for want of the endpoint, so that another success there is news for this delivery. */
export function isOutage(outcome: Outcome): boolean {
  if (outcome.ok) return false;
  const { failure, status, retryAfterMs } = outcome;
  return (
    failure === "connect" || failure === "tls" || failure === "timeout" || (status >= 500 && retryAfterMs === undefined)
  );
}
