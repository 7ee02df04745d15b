// The command by which staff sends a worklisted referral on.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ActorSchema,
  Channel,
  RedirectReferralSchema,
  ReferralCommandSchema,
  TOPICS,
  create,
  encodeRecord,
  idOfAct,
} from "@ruta/events";
import type { NewRecord, SignedBy } from "@ruta/events";
import { HUB } from "./expectation.ts";

/** The command by which an operator tries again to place a referral, at an institution or wherever the hub chooses. */
export function retryRecord(
  staff: SignedBy,
  referral: { id: string; caseId: string },
  performer: string,
  at: number,
): NewRecord {
  const commandId = idOfAct("worklist-retry", staff);
  const command = create(ReferralCommandSchema, {
    commandId,
    caseId: referral.caseId,
    referralId: referral.id,
    actor: create(ActorSchema, { institution: HUB, worker: staff.id, channel: Channel.STAFF }),
    receivedAt: timestampFromMs(at),
    act: { case: "redirect", value: create(RedirectReferralSchema, { performer }) },
  });
  const meta = { id: commandId, source: "/ruta/router", type: "ruta.referral.redirect", time: at };
  return encodeRecord(TOPICS.commands, referral.caseId, command, meta);
}
