// The breaker of an endpoint: when one that fails is spared, when it is probed, and when it is given up. Pure.
import { isOutage, isRefusal } from "./backoff.ts";
import type { Outcome } from "./backoff.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Failures in a row that open the breaker. */
const STRAIGHT = 10;
/** A window begins with a failure and counts what ends within it; so many of these, and such a part failed, open the breaker. */
const WINDOW_MS = 5 * MINUTE;
const WINDOW_LEAST = 10;
const WINDOW_PART = 0.7;
/** First and longest wait for a probe. */
const WAIT_MS = 30 * SECOND;
const WAIT_MOST_MS = 15 * MINUTE;
/** First wait of an endpoint that did not prove itself: that of the schedule's second try. */
const PROOF_WAIT_MS = 5 * SECOND;

/** An endpoint is given up when it took nothing for so long, … */
const USELESS_MS = 120 * HOUR;
/** … and its failures since lie so far apart, … */
const APART_MS = 12 * HOUR;
/** … and are at least so many: a quiet endpoint that failed once is not. */
const FAILURES = 10;

/** How an endpoint has fared; times in milliseconds since the epoch. Open while `openedAt` is set. */
export interface Breaker {
  /** When it last took something, or came into force. */
  readonly goodAt: number;
  /** Failures since, and when the first and the last of them were. */
  readonly failures: number;
  readonly firstFailedAt: number | undefined;
  readonly lastFailedAt: number | undefined;
  readonly windowSince: number | undefined;
  readonly windowTotal: number;
  readonly windowFailed: number;
  readonly openedAt: number | undefined;
  /** The wait that a probe's failure doubles; 0 before there was one. */
  readonly waitMs: number;
  /** When the wait began, and when the next probe may be made. */
  readonly probedAt: number;
  readonly probeAt: number;
}

/** What an exchange says of the endpoint, not of the message: it is up, it is down, or nothing. */
export type Sign = "up" | "down" | "unclear";

/** A breaker that has seen nothing of an endpoint that is in force since `at`. */
export function closedBreaker(at: number): Breaker {
  return {
    goodAt: at,
    failures: 0,
    firstFailedAt: undefined,
    lastFailedAt: undefined,
    windowSince: undefined,
    windowTotal: 0,
    windowFailed: 0,
    openedAt: undefined,
    waitMs: 0,
    probedAt: at,
    probeAt: at,
  };
}

/** What a delivery's try says: who refuses one message is there, and what is neither taken, refused nor an outage says nothing. */
export function signOf(outcome: Outcome): Sign {
  if (outcome.ok || isRefusal(outcome.status)) return "up";
  return isOutage(outcome) ? "down" : "unclear";
}

/** What a challenge says: whoever does not answer it as asked has failed, unless the hub itself ended the exchange. */
export function signOfChallenge(outcome: Outcome): Sign {
  if (outcome.ok) return "up";
  return outcome.failure === "stopped" || outcome.failure === "signing" ? "unclear" : "down";
}

/** One exchange that ended at `at`. `probe`: it was the one that was let through; while closed, that is a challenge. */
export interface Seen {
  readonly sign: Sign;
  readonly probe: boolean;
  readonly at: number;
  /** Longest wait of the most urgent delivery for the endpoint, in milliseconds: nobody in danger waits longer for a probe. */
  readonly capMs: number;
}

/** The breaker after an exchange. */
export function after(before: Breaker, { sign, probe, at, capMs }: Seen): Breaker {
  const counted = counting(before, sign, at);
  const wait = (waitMs: number, openedAt: number | undefined): Breaker => ({
    ...counted,
    openedAt,
    waitMs,
    probedAt: at,
    probeAt: at + Math.min(waitMs, capMs),
  });
  if (sign === "up") return before.openedAt === undefined ? counted : closedBreaker(at);
  if (sign === "down" && before.openedAt === undefined) {
    if (probe) return wait(PROOF_WAIT_MS, at);
    return mustOpen(counted) ? wait(WAIT_MS, at) : counted;
  }
  // What began before it opened says nothing that is not known.
  if (!probe) return counted;
  return sign === "down"
    ? wait(Math.min(before.waitMs * 2, WAIT_MOST_MS), before.openedAt)
    : wait(before.waitMs, before.openedAt);
}

function counting(before: Breaker, sign: Sign, at: number): Breaker {
  if (sign === "unclear") return before;
  const failed = sign === "down";
  const since =
    before.windowSince !== undefined && at - before.windowSince < WINDOW_MS ? before.windowSince : undefined;
  const window =
    since === undefined
      ? { windowSince: failed ? at : undefined, windowTotal: failed ? 1 : 0, windowFailed: failed ? 1 : 0 }
      : { windowTotal: before.windowTotal + 1, windowFailed: before.windowFailed + (failed ? 1 : 0) };
  return failed
    ? {
        ...before,
        ...window,
        failures: before.failures + 1,
        firstFailedAt: before.firstFailedAt ?? at,
        lastFailedAt: at,
      }
    : { ...before, ...window, goodAt: at, failures: 0, firstFailedAt: undefined, lastFailedAt: undefined };
}

function mustOpen({ failures, windowTotal, windowFailed }: Breaker): boolean {
  return failures >= STRAIGHT || (windowTotal >= WINDOW_LEAST && windowFailed >= windowTotal * WINDOW_PART);
}

/** Whether an endpoint has failed for so long that it is asked no more. */
export function isUseless({ goodAt, failures, firstFailedAt, lastFailedAt }: Breaker): boolean {
  if (firstFailedAt === undefined || lastFailedAt === undefined || failures < FAILURES) return false;
  return lastFailedAt - firstFailedAt >= APART_MS && lastFailedAt - goodAt >= USELESS_MS;
}
