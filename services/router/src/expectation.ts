// Who is expected to do what next on a referral, and until when: from its state alone.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ExpectationSchema, create } from "@ruta/events";
import type { Expectation } from "@ruta/events";
import type { Act } from "@ruta/events";
import type { ReferralState } from "./state.ts";
import { CONFIRM_CANCELLATION_MS, windowEnd } from "./windows.ts";

/** The hub as an actor and as the one of whom an act is expected. */
export const HUB = "hub";

/** What is expected of whom after the last event of a referral; of nobody when it has ended or a successor goes on. */
export function expectationOf(referral: ReferralState): Expectation {
  const { phase, requester, performer, priority } = referral;
  switch (phase) {
    case "returned":
      return expect(
        requester,
        [referral.proposed ? "choose" : "redirect", "cancel"],
        windowEnd("decide", priority, referral.requestedAt),
      );
    case "worklisted":
      return expect(HUB, ["redirect"], windowEnd("decide", priority, referral.requestedAt));
    case "requested":
      return expect(
        performer,
        ["receive", "accept", "reject"],
        windowEnd("acknowledge", priority, addressedAt(referral)),
      );
    case "received":
      return expect(performer, ["accept", "reject"], windowEnd("decide", priority, addressedAt(referral)));
    case "accepted":
      return expect(performer, ["start", "schedule", "complete"], serveBy(referral));
    case "in-progress":
      return expect(performer, ["schedule", "complete"], serveBy(referral));
    case "scheduled":
      return expect(performer, ["report", "no-show", "complete"], serveBy(referral));
    case "no-show":
    case "appointment-cancelled":
      return expect(performer, ["schedule", "complete", "fail"], serveBy(referral));
    case "interim":
      return expect(performer, ["report", "schedule", "complete"], serveBy(referral));
    case "on-hold":
      return expect(performer, ["resume", "complete", "fail"], serveBy(referral));
    case "cancellation-requested": {
      const until = (referral.cancellation?.at ?? referral.requestedAt) + CONFIRM_CANCELLATION_MS;
      return expect(performer, ["confirm-cancellation", "complete"], until);
    }
    case "completed":
      return referral.acknowledged ? nobody() : expect(requester, ["acknowledge"]);
    case "cancelled":
      // Withdrawn at once, the requester knows; confirmed by the performer, it is an answer to read.
      return referral.cancellation && !referral.acknowledged ? expect(requester, ["acknowledge"]) : nobody();
    case "rejected":
    case "failed":
    case "entered-in-error":
      return nobody();
  }
}

/** Of nobody. */
export function nobody(): Expectation {
  return create(ExpectationSchema);
}

function expect(institution: string, acts: Act[], until?: number): Expectation {
  return create(ExpectationSchema, {
    institution,
    acts,
    ...(until === undefined ? {} : { until: timestampFromMs(until) }),
  });
}

function addressedAt(referral: ReferralState): number {
  return referral.addressedAt ?? referral.requestedAt;
}

/** The limit for the first service after acceptance; none once there was one. Waiting does not stop it. */
function serveBy(referral: ReferralState): number | undefined {
  if (referral.servedAt !== undefined || referral.acceptedAt === undefined) return undefined;
  return windowEnd("serve", referral.priority, referral.acceptedAt);
}
