// Prepares a claim: keys, sealed sections, the command and the receipt, before the transaction that makes them count.
import { toBinary } from "@bufbuild/protobuf";
import { SectionKind, SectionSchema, TOPICS, derivedId, encodeRecord, randomPiece } from "@ruta/events";
import type { Directory, NewRecord } from "@ruta/events";
import { publicKeyOf, signReceipt } from "@ruta/proof";
import type { Receipt } from "@ruta/proof";
import { NoKey } from "@ruta/seal";
import type { Seal } from "@ruta/seal";
import type { Claim, Named } from "./claims.ts";
import { TYPE_PREFIX } from "./codes.ts";
import { commandOf } from "./command.ts";
import { meaningOf, numberOf } from "./comparison.ts";
import type { Remembered } from "./comparison.ts";
import { keyIdOf, plainSections, rawSection } from "./content.ts";
import type { ActIds } from "./content.ts";
import type { Asked } from "./take.ts";

/** The 202 of the door. */
export interface Answer {
  readonly receipt: Receipt;
  readonly referral: string;
  readonly case: string;
  /** Only for a request: the principal, and the members in the order in which they were sent. */
  readonly person?: string;
  readonly members?: readonly string[];
  /** Only for a rehearsal. */
  readonly rehearsal?: true;
}

/** What was asked with the ids it got. */
export interface Admitted {
  readonly asked: Asked;
  readonly ids: ActIds;
}

/** A claim ready to be made. */
export interface Prepared {
  readonly claim: Claim;
  readonly record: NewRecord;
  readonly answer: Answer;
  readonly persons: readonly Named[];
}

/** What preparing needs. */
export interface PrepareDeps {
  readonly seal: Pick<Seal, "createKeys" | "sealSections">;
  readonly signingSeed: Uint8Array;
  readonly directory: () => Directory;
  /** Which history this is; 0 for the first. */
  readonly history: () => bigint;
}

/**
 * Prepares batches; "gone" stands for an act whose case or person has no key any more. Keys of a claim that then loses a race stay
 * unused.
 */
export function createPrepare({ seal, signingSeed, directory, history }: PrepareDeps) {
  const signing = { seed: signingSeed, publicKey: publicKeyOf(signingSeed) };

  async function prepareOne({ asked, ids }: Admitted, revision: bigint): Promise<Prepared> {
    const { institution, webhookId, path, headers, body, receivedAt } = asked;
    const { input, occurredAt, traceparent } = asked.envelope;
    const salt = randomPiece(16);
    const personIds = ids.personId === undefined ? [] : [ids.personId, ...(ids.memberIds ?? [])];
    const facts = { institution, webhookId, caseId: ids.caseId, referralId: ids.referralId, personIds };
    const receipt = signReceipt({ ...facts, receivedAt: new Date(receivedAt).toISOString() }, { salt, body }, signing);
    const answer: Answer = {
      receipt,
      referral: ids.referralId,
      case: ids.caseId,
      ...(ids.personId === undefined ? {} : { person: ids.personId, members: ids.memberIds ?? [] }),
      ...(input.act === "request" && input.data.rehearsal !== undefined ? { rehearsal: true } : {}),
    };
    const remembered: Remembered = { answer, meaning: meaningOf(salt, input) };
    const sections = await seal.sealSections([
      ...plainSections(input, ids),
      rawSection(ids.caseId, { path, headers, salt, body }),
    ]);
    const [sealed] = await seal.sealSections([
      {
        subject: ids.caseId,
        kind: SectionKind.RAW,
        keyId: keyIdOf(ids.caseId),
        plaintext: Buffer.from(JSON.stringify(remembered)),
      },
    ]);
    const number = history();
    const commandId = derivedId("command", institution, webhookId, ...(number === 0n ? [] : [String(number)]));
    const command = commandOf(input, ids, {
      commandId,
      institution,
      webhookId,
      occurredAt,
      receivedAt,
      directoryRevision: revision,
      sections,
    });
    return {
      answer,
      persons: personIds.map((personId) => ({ institution, personId })),
      record: encodeRecord(TOPICS.commands, ids.caseId, command, {
        id: commandId,
        source: "/ruta/gateway",
        type: `${TYPE_PREFIX}${input.act}`,
        time: receivedAt,
        ...(traceparent === undefined ? {} : { traceparent }),
      }),
      claim: {
        institution,
        webhookId,
        commandId,
        act: input.act,
        caseId: ids.caseId,
        referralId: ids.referralId,
        number: numberOf(input),
        receivedAt,
        sealed: toBinary(SectionSchema, sealed!),
      },
    };
  }

  return async function prepare(batch: readonly Admitted[]): Promise<(Prepared | "gone")[]> {
    // An answer seals its note under the key of its case, which exists since the request: made anew, it would undo an erasure.
    const requests = batch.filter(({ ids }) => ids.personId !== undefined);
    const subjects = requests.flatMap(({ ids }) => [ids.caseId, ids.personId!, ...(ids.memberIds ?? [])]);
    await seal.createKeys(subjects.map((subject) => ({ keyId: keyIdOf(subject), subject })));
    const { revision } = directory();
    return Promise.all(
      batch.map((admitted) =>
        prepareOne(admitted, revision).catch((error: unknown) => {
          if (error instanceof NoKey) return "gone" as const;
          throw error;
        }),
      ),
    );
  };
}
