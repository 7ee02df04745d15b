// After a restore: claims are made again from the commands that the log has, so that a repeat is known and gets its first answer.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { sql } from "@ruta/db";
import type { Querying, Tx } from "@ruta/db";
import { ReferralCommandSchema, SectionKind, SectionSchema, TOPICS, create, randomId } from "@ruta/events";
import type { ReferralCommand, Section } from "@ruta/events";
import type { LogRecord, OwnOutput } from "@ruta/log";
import { publicKeyOf, signReceipt } from "@ruta/proof";
import { SealBroken } from "@ruta/seal";
import type { Seal } from "@ruta/seal";
import type { Claim, Claims, Named } from "./claims.ts";
import { TYPE_PREFIX } from "./codes.ts";
import { meaningOf } from "./comparison.ts";
import type { Remembered } from "./comparison.ts";
import { keyIdOf, rawOf } from "./content.ts";
import { isRefusal, readEnvelope } from "./envelope.ts";
import type { Answer } from "./prepare.ts";
import { parseStrictJson } from "./strict-json.ts";

/** What recovering needs. */
export interface RecoverDeps {
  readonly schema: string;
  readonly claims: Claims;
  readonly seal: Pick<Seal, "openSections" | "sealSections">;
  readonly signingSeed: Uint8Array;
}

/** A command of the door that has no claim. */
interface Unclaimed {
  readonly command: ReferralCommand;
  readonly institution: string;
  readonly act: string;
  readonly receivedAt: number;
}

/** How the gateway takes in its own commands. */
export function ownCommands(deps: RecoverDeps): OwnOutput {
  const { schema, claims } = deps;
  return {
    topics: [TOPICS.commands],
    async fold(tx, records) {
      const commands = records.flatMap(ofTheDoor);
      const standing = await claims.find(
        tx,
        commands.map(({ institution, command }) => ({ institution, webhookId: command.webhookId, number: undefined })),
      );
      const known = new Set(standing.map(({ commandId }) => commandId));
      const unclaimed = [...new Map(commands.map((one) => [one.command.commandId, one])).values()].filter(
        ({ command }) => !known.has(command.commandId),
      );
      const made = await claimsOf(deps, unclaimed);
      await claims.insert(tx, made);
      claims.addPersons(tx, unclaimed.flatMap(personsOf));
      return { unknown: made.length };
    },
    async renew(tx, logToo) {
      await renewPlaces(tx, schema);
      if (logToo) await beginHistory(tx, schema);
    },
  };
}

/** A command that this service wrote for an institution; others are not its own, and what cannot be read has no claim. */
function ofTheDoor({ value, headers }: LogRecord): Unclaimed[] {
  if (headers.ce_source !== "/ruta/gateway") return [];
  try {
    const command = fromBinary(ReferralCommandSchema, value);
    const { webhookId, actor, receivedAt } = command;
    if (webhookId === "" || !actor || !receivedAt) return [];
    const act = (headers.ce_type ?? "").slice(TYPE_PREFIX.length);
    return [{ command, institution: actor.institution, act, receivedAt: timestampMs(receivedAt) }];
  } catch {
    return [];
  }
}

const personIdsOf = ({ act }: ReferralCommand): string[] =>
  act.case === "request" ? [act.value.personId, ...act.value.members.map(({ personId }) => personId)] : [];

const personsOf = ({ command, institution }: Unclaimed): Named[] =>
  personIdsOf(command).map((personId) => ({ institution, personId }));

async function claimsOf({ seal, signingSeed }: RecoverDeps, all: readonly Unclaimed[]): Promise<Claim[]> {
  const signing = { seed: signingSeed, publicKey: publicKeyOf(signingSeed) };
  const claims: Claim[] = [];
  for (const one of all) {
    const { command, institution, act, receivedAt } = one;
    const { webhookId, commandId, caseId, referralId } = command;
    const remembered = rememberedOf(one, await openedRaw(seal, command), signing);
    const request = command.act.case === "request" ? command.act.value : undefined;
    const number = request?.rehearsal === "" && request.placerNumber !== "" ? request.placerNumber : undefined;
    const sealed = remembered ? await sealRemembered(seal, caseId, remembered) : unopenable(caseId);
    claims.push({
      institution,
      webhookId,
      commandId,
      act,
      caseId,
      referralId,
      number,
      receivedAt,
      sealed: toBinary(SectionSchema, sealed),
    });
  }
  return claims;
}

/** The evidence of what came, when its key is there. */
async function openedRaw(seal: RecoverDeps["seal"], { sections }: ReferralCommand): Promise<Uint8Array | undefined> {
  const raw = sections.find(({ kind }) => kind === SectionKind.RAW);
  if (!raw) return undefined;
  try {
    return (await seal.openSections([raw]))[0];
  } catch (error) {
    // Its key is there and its blob is not: the keyring is from between the two.
    if (error instanceof SealBroken) return undefined;
    throw error;
  }
}

/** The first answer to a command, byte for byte: the receipt is signed over the same facts, and Ed25519 signs alike each time. */
function rememberedOf(
  { command, institution, receivedAt }: Unclaimed,
  evidence: Uint8Array | undefined,
  signing: { seed: Uint8Array; publicKey: Uint8Array },
): Remembered | undefined {
  if (!evidence) return undefined;
  const { salt, body } = rawOf(evidence);
  const { webhookId, caseId, referralId } = command;
  const personIds = personIdsOf(command);
  const facts = { institution, webhookId, caseId, referralId, personIds };
  const receipt = signReceipt({ ...facts, receivedAt: new Date(receivedAt).toISOString() }, { salt, body }, signing);
  const [person, ...members] = personIds;
  const isRehearsal = command.act.case === "request" && command.act.value.rehearsal !== "";
  const answer: Answer = {
    receipt,
    referral: referralId,
    case: caseId,
    ...(person === undefined ? {} : { person, members }),
    ...(isRehearsal ? { rehearsal: true } : {}),
  };
  const parsed = parseStrictJson(body);
  const envelope = parsed.ok ? readEnvelope(parsed.value, receivedAt) : undefined;
  // What came as FHIR is known by its webhook-id alone: under another one, its number is told to be taken.
  const meaning = envelope && !isRefusal(envelope) ? meaningOf(salt, envelope.input) : "";
  return { answer, meaning };
}

async function sealRemembered(seal: RecoverDeps["seal"], caseId: string, remembered: Remembered): Promise<Section> {
  const plaintext = Buffer.from(JSON.stringify(remembered));
  const [section] = await seal.sealSections([
    { subject: caseId, kind: SectionKind.RAW, keyId: keyIdOf(caseId), plaintext },
  ]);
  return section!;
}

/** In the place of an answer that cannot be made again, since its key is lost: a repeat is told so, and nothing is taken twice. */
function unopenable(caseId: string): Section {
  return create(SectionSchema, {
    sectionId: randomId(),
    subject: caseId,
    kind: SectionKind.RAW,
    keyId: `lost-${keyIdOf(caseId)}`,
  });
}

/** Which history this is, for the ids of what institutions ask. */
export async function readHistory(db: Querying, schema: string): Promise<bigint> {
  const [row] = await db.query<{ number: bigint }>(sql`select number from ${sql.id(schema, "history")}`);
  return row?.number ?? 0n;
}

/** Ids of commands, and with them of events and webhooks, are others from now on, by the microseconds of the clock. */
async function beginHistory(tx: Tx, schema: string): Promise<void> {
  await tx.query(sql`
    update ${sql.id(schema, "history")} set number = (extract(epoch from clock_timestamp()) * 1000000)::bigint`);
}

/**
 * Items that are put into inboxes from now on lie behind every place that may have been answered and lost: by the microseconds of
 * the clock, more than any inbox can have had items. A cursor of before then names nothing else.
 */
async function renewPlaces(tx: Tx, schema: string): Promise<void> {
  const inbox = sql.id(schema, "inbox");
  const [row] = await tx.query<{ from: bigint }>(sql`
    select greatest((extract(epoch from clock_timestamp()) * 1000000)::bigint, max(last)) as from from ${inbox}`);
  const from = row?.from ?? 0n;
  await tx.query(sql`update ${inbox} set last = ${from}`);
  await tx.query(sql`alter table ${inbox} alter column last set default ${sql.raw(String(from))}`);
}
