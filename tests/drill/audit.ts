// What a drill has to show, counted from the log itself and from what the institutions remember: nothing lost, nothing twice.
import { createHash } from "node:crypto";
import { TOPICS, decodeRecord, derivedId } from "@ruta/events";
import type { Log, LogRecord } from "@ruta/log";
import type { Citizen } from "../city.ts";
import { receptions } from "./receptions.ts";
import type { Asked } from "./traffic.ts";
import { untold } from "./traffic.ts";

/** What the audit found. All but the first five must be zero. */
export interface Findings {
  /** Referrals that were answered 202. */
  readonly accepted: number;
  readonly commands: number;
  readonly events: number;
  /** Records that came again with equal bytes: allowed, and dropped by every fold. */
  readonly repeatedRecords: number;
  /** Webhooks that came again under their own id: allowed, and dropped by receivers. */
  readonly repeatedWebhooks: number;
  /** Requests that were sent again and again and that the door has not taken. */
  readonly untaken: number;
  /** Acts that were answered 202 and whose command is not in the log. */
  readonly lostCommands: number;
  /** Commands of which no event tells what was decided. */
  readonly undecided: number;
  /** Cases whose versions do not run 1, 2, 3 … */
  readonly gaps: number;
  /** Referrals of which the sender was not told the end, or the performer not that it was acknowledged. */
  readonly untold: number;
  /** Events that a receiver should have been sent, by the numbers of its others, and that it never got. */
  readonly missing: number;
  /** Deliveries that the case was told of and that the receiver does not know, or the other way round. */
  readonly unlike: number;
  /** Events under one id with different bytes: the mark of a command decided twice. */
  readonly decidedTwice: number;
  /** Offsets that fell: a batch was decided by two holders. */
  readonly fallen: number;
  /** Events that a receiver got first behind a later one of the same case. */
  readonly outOfOrder: number;
  /** Acts that were refused although their senders made each after the 202 of the one before: they were overtaken. */
  readonly refused: number;
  /** Events that a receiver got under more than one webhook-id. */
  readonly otherId: number;
}

/** Every record of a topic, partition after partition, a batch at a time. */
export async function* recordsIn(log: Log, topic: LogRecord["topic"]): AsyncGenerator<LogRecord> {
  for (const { partition, start, end } of await log.offsets(topic))
    for (let next = start; next < end;) {
      const batch = await log.read(topic, partition, next, { maxWaitMs: 1_000 });
      const last = batch.at(-1);
      if (!last) break;
      yield* batch;
      next = last.offset + 1n;
    }
}

interface Decisions {
  readonly count: number;
  /** Ids of the commands that something was decided on. */
  readonly commands: ReadonlySet<string>;
  /** `institution event` of all deliveries that cases were told of. */
  readonly told: ReadonlySet<string>;
  readonly refused: number;
  readonly repeated: number;
  readonly decidedTwice: number;
  readonly gaps: number;
}

/** What the events say, each taken once, and what is wrong with them. */
async function decisionsOf(records: AsyncIterable<LogRecord>): Promise<Decisions> {
  const bytesOf = new Map<string, string>();
  const versions = new Map<string, bigint>();
  const commands = new Set<string>();
  const told = new Set<string>();
  let [refused, repeated, decidedTwice, gaps] = [0, 0, 0, 0];
  for await (const { headers, key, value } of records) {
    const id = headers.ce_id ?? "";
    const bytes = createHash("sha256").update(value).digest("base64");
    const before = bytesOf.get(id);
    if (before !== undefined) {
      if (before === bytes) repeated += 1;
      else decidedTwice += 1;
      continue;
    }
    bytesOf.set(id, bytes);
    const { version, cause, fact } = decodeRecord(TOPICS.events, value);
    if (version !== (versions.get(key) ?? 0n) + 1n) gaps += 1;
    versions.set(key, version);
    commands.add(cause?.commandId ?? "");
    if (fact.case === "delivered") told.add(`${fact.value.institution} ${fact.value.eventId}`);
    if (fact.case === "refused") refused += 1;
  }
  return { count: bytesOf.size, commands, told, refused, repeated, decidedTwice, gaps };
}

/** Audits a drill that has come to rest; `seenElsewhere` is what neither the log nor receivers can tell. */
export async function audit(
  log: Log,
  asked: readonly Asked[],
  citizens: readonly Citizen[],
  seenElsewhere: Pick<Findings, "fallen" | "untaken">,
): Promise<Findings> {
  // What was promised first, then the log: while answers still come, the log may know more, never less.
  const answers = citizens.flatMap(({ journal }) =>
    journal.entries.flatMap((entry) => (entry.kind === "answered" ? [entry] : [])),
  );
  const promised = [...asked, ...answers.filter(({ status }) => status === 202)];
  const seen = receptions(citizens);
  const commands = new Set<string>();
  let commandRecords = 0;
  for await (const { headers } of recordsIn(log, TOPICS.commands)) {
    commands.add(headers.ce_id ?? "");
    commandRecords += 1;
  }
  const decided = await decisionsOf(recordsIn(log, TOPICS.events));
  return {
    accepted: asked.length,
    commands: commands.size,
    events: decided.count,
    repeatedRecords: decided.repeated + commandRecords - commands.size,
    repeatedWebhooks: seen.repeated,
    lostCommands: promised.filter((act) => !commands.has(derivedId("command", act.institution, act.webhookId))).length,
    undecided: commands.difference(decided.commands).size,
    gaps: decided.gaps,
    untold: untold(asked, citizens).length,
    missing: seen.missing,
    unlike: decided.told.symmetricDifference(seen.events).size,
    decidedTwice: decided.decidedTwice,
    ...seenElsewhere,
    outOfOrder: seen.outOfOrder,
    refused: answers.filter(({ status }) => status !== 202).length + decided.refused,
    otherId: seen.otherId,
  };
}

/** Whether something was found that no waiting can undo. */
export function isSure(found: Findings): boolean {
  const { lostCommands, gaps, missing, decidedTwice, fallen, outOfOrder, refused, otherId } = found;
  return lostCommands + gaps + missing + decidedTwice + fallen + outOfOrder + refused + otherId > 0;
}

/** Findings in the words of the last line. */
export function verdict(found: Findings): { lost: number; twice: number; outOfOrder: number; otherId: number } {
  const { untaken, lostCommands, undecided, gaps, untold, missing, unlike, otherId } = found;
  return {
    lost: untaken + lostCommands + undecided + gaps + untold + missing + unlike,
    twice: found.decidedTwice + found.fallen,
    outOfOrder: found.outOfOrder + found.refused,
    otherId,
  };
}
