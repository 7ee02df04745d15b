// What became of the referrals, counted from what the simulated institutions sent and received alone. Pure.
import type { Entry } from "@ruta/client/simulator";

/** The counts of the demonstration's last line. */
export interface Truth {
  /** Referrals whose receipt a sender holds. */
  readonly referrals: number;
  /** Referrals that an institution was handed, successors included. */
  readonly delivered: number;
  /** Sent referrals whose sender knows that they, or their last successor, ended. */
  readonly closed: number;
  /** Sent referrals of which the sender was told that nobody is left and an operator must act. */
  readonly worklist: number;
  /** Sent referrals of which the sender was told that an institution could not be reached, and nothing since. */
  readonly parked: number;
  /** Sent referrals still under way. */
  readonly open: number;
  /** Webhooks that came again under an id already taken. */
  readonly repeated: number;
}

type End = "closed" | "worklist" | "parked" | "open";

const CLOSING = new Set(["complete", "cancel", "mark-in-error"]);

/** Where a case stands by the words its sender received, in the order received. A successor's news outdo what came before. */
function endOf(types: readonly string[]): End {
  let end: End = "open";
  for (const type of types) {
    if (CLOSING.has(type)) end = "closed";
    else if (end === "closed") continue;
    else if (type === "worklisted") end = "worklist";
    else if (type === "undeliverable") end = "parked";
    else if (type !== "refused") end = "open";
  }
  return end;
}

/** Counts. */
export function truthOf(entries: readonly Entry[]): Truth {
  const sent = entries.filter((entry) => entry.kind === "sent");
  const received = entries.filter((entry) => entry.kind === "received");
  const ends = sent.map((referral) =>
    endOf(
      received
        .filter(
          (news) => news.case === referral.case && news.institution === referral.institution && news.type !== "request",
        )
        .map(({ type }) => type),
    ),
  );
  const count = (end: End): number => ends.filter((one) => one === end).length;
  return {
    referrals: sent.length,
    delivered: new Set(received.filter(({ type }) => type === "request").map(({ referral }) => referral)).size,
    closed: count("closed"),
    worklist: count("worklist"),
    parked: count("parked"),
    open: count("open"),
    repeated: entries.filter(({ kind }) => kind === "repeated").length,
  };
}

/** The last line of `npm start -- --once`. What is still open when it should be quiet is lost. */
export function lastLine(truth: Truth): string {
  const { referrals, delivered, closed, worklist, parked, open } = truth;
  return `demonstration: referrals ${referrals}, delivered ${delivered}, closed ${closed}, on the worklist ${worklist}, parked ${parked}, lost ${open}`;
}
