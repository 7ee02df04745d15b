// The commands of staff: in the hub's own name, or recorded on behalf of an institution that told them. Pure.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ActorSchema,
  Channel,
  ReferralCommandSchema,
  TOPICS,
  create,
  encodeRecord,
  idOfAct,
  wordOf,
} from "@ruta/events";
import type { NewRecord, ReferralCommand, Section, SignedBy } from "@ruta/events";
import { HUB } from "./expectation.ts";

/** A command of staff. */
export interface StaffCommand {
  readonly staff: SignedBy;
  readonly caseId: string;
  readonly referralId: string;
  /** The door's time, milliseconds. */
  readonly at: number;
  readonly act: ReferralCommand["act"];
  /** The institution that told it, how, and when it says that it happened (milliseconds). */
  readonly told?: { readonly institution: string; readonly channel: Channel; readonly occurredAt?: number };
  readonly sections?: readonly Section[];
}

/** The command; a signed request is one command, however often it arrives. */
export function staffCommand(asked: StaffCommand): ReferralCommand {
  const { staff, caseId, referralId, at, act, told, sections = [] } = asked;
  const { institution: onBehalfOf = "", channel = Channel.STAFF, occurredAt } = told ?? {};
  return create(ReferralCommandSchema, {
    commandId: idOfAct("staff-command", staff),
    caseId,
    referralId,
    actor: create(ActorSchema, { institution: HUB, worker: staff.id, channel, onBehalfOf }),
    ...(occurredAt === undefined ? {} : { occurredAt: timestampFromMs(occurredAt) }),
    receivedAt: timestampFromMs(at),
    sections: [...sections],
    act,
  });
}

/** The record of a command that staff gave at `at` (milliseconds). */
export function commandRecord(command: ReferralCommand, at: number): NewRecord {
  return encodeRecord(TOPICS.commands, command.caseId, command, {
    id: command.commandId,
    source: "/ruta/router",
    type: `ruta.referral.${wordOf(command.act.case ?? "unknown")}`,
    time: at,
  });
}
