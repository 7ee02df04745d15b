// Giving up a parked record takes two persons: what the first wrote down, whether the second is another, and what the case is told. Pure.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ActorSchema,
  Channel,
  RecordSetAsideSchema,
  ReferralCommandSchema,
  SET_ASIDE_REASONS,
  TOPICS,
  create,
  decodeRecord,
  encodeRecord,
  idOfAct,
  isCaseId,
  parseReferralId,
  referralId,
} from "@ruta/events";
import type { NewRecord, SignedBy } from "@ruta/events";
import type { LogRecord } from "@ruta/log";
import { z } from "zod";

const noteSchema = z.object({
  /** Who proposed it, and by which key. */
  staff: z.string(),
  key: z.string(),
  at: z.number(),
  reasonCode: z.enum(SET_ASIDE_REASONS),
  /** Who confirmed it. */
  confirmedBy: z.string().optional(),
});

/** What stands with a parked record about giving it up. */
export type Proposal = z.infer<typeof noteSchema>;

const keyOf = ({ publicKey }: SignedBy): string => Buffer.from(publicKey).toString("base64");

/** What the first person writes down at `at` (milliseconds). */
export function proposalBy(staff: SignedBy, reasonCode: Proposal["reasonCode"], at: number): Proposal {
  return { staff: staff.id, key: keyOf(staff), at, reasonCode };
}

/** Reads what stands with a record; undefined while nobody has proposed to give it up. */
export function readProposal(note: string): Proposal | undefined {
  return note === "" ? undefined : noteSchema.parse(JSON.parse(note));
}

/** Whether somebody else than the proposer signs: neither the same id nor the same key under another id. */
export function isSecondPerson(proposal: Proposal, staff: SignedBy): boolean {
  return proposal.staff !== staff.id && proposal.key !== keyOf(staff);
}

/** The command by which the case of a record is told that it was given up; undefined where its key is no case. */
export function setAsideCommand(
  record: LogRecord,
  proposal: Proposal,
  staff: SignedBy,
  at: number,
): NewRecord | undefined {
  const { topic, partition, offset, key, headers } = record;
  if (!isCaseId(key)) return undefined;
  const { referral, institution } = senderOf(record);
  const commandId = idOfAct("set-aside", staff);
  const value = create(RecordSetAsideSchema, {
    topic,
    partition,
    offset,
    commandId: headers.ce_id ?? "",
    staff: [proposal.staff, staff.id],
    reasonCode: proposal.reasonCode,
    institution,
  });
  const command = create(ReferralCommandSchema, {
    commandId,
    caseId: key,
    referralId: referral,
    actor: create(ActorSchema, { institution: "hub", worker: staff.id, channel: Channel.STAFF }),
    receivedAt: timestampFromMs(at),
    act: { case: "recordSetAside", value },
  });
  const meta = { id: commandId, source: "/ruta/hub", type: "ruta.referral.record-set-aside", time: at };
  return encodeRecord(TOPICS.commands, key, command, meta);
}

/** Of which referral a record speaks and who sent it, as far as it can be read and belongs to the case of its key. */
function senderOf({ topic, key, value }: LogRecord): { referral: string; institution: string } {
  const unknown = { referral: referralId(key, 1), institution: "" };
  if (topic !== TOPICS.commands && topic !== TOPICS.events) return unknown;
  try {
    const message = decodeRecord(topic, value);
    if (message.caseId !== key) return unknown;
    const isOwn = parseReferralId(message.referralId)?.caseId === key;
    return {
      referral: isOwn ? message.referralId : unknown.referral,
      institution: topic === TOPICS.commands ? (message.actor?.institution ?? "") : "",
    };
  } catch {
    return unknown;
  }
}
