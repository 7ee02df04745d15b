// What a drill has to show, counted from the log itself and from what the institutions remember: nothing lost, nothing twice.
import { TOPICS, decodeRecord, derivedId } from "@ruta/events";
import type { Log, LogRecord } from "@ruta/log";
import type { Citizen } from "../city.ts";

/** What the audit found. All but the first five must be zero. */
export interface Findings {
  readonly referrals: number;
  readonly commands: number;
  readonly events: number;
  /** Records that came again with equal bytes: allowed, and dropped by every fold. */
  readonly repeatedRecords: number;
  /** Webhooks that came again under their own id: allowed, and dropped by receivers. */
  readonly repeatedWebhooks: number;
  /** Acts that were answered 202 and whose command is not in the log. */
  readonly lostCommands: number;
  /** Commands of which no event tells what was decided. */
  readonly undecided: number;
  /** Events under one id with different bytes or versions: the mark of a command decided twice. */
  readonly decidedTwice: number;
  /** Cases whose versions do not run 1, 2, 3 … */
  readonly gaps: number;
  /** Referrals whose sender was not told of the end. */
  readonly untold: number;
  /** The cases of those. */
  readonly untoldCases: readonly string[];
}

/** An act that the door has answered 202. */
export interface Sent {
  readonly institution: string;
  readonly webhookId: string;
  readonly caseId: string;
}

/** Every record of a topic, partition after partition. */
export async function recordsOf(log: Log, topic: LogRecord["topic"]): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (const { partition, start, end } of await log.offsets(topic))
    for (let next = start; next < end;) {
      const batch = await log.read(topic, partition, next, { maxWaitMs: 1_000 });
      const last = batch.at(-1);
      if (!last) break;
      all.push(...batch);
      next = last.offset + 1n;
    }
  return all;
}

/** Audits a drill that has come to rest. */
export async function audit(log: Log, sent: readonly Sent[], citizens: readonly Citizen[]): Promise<Findings> {
  const commandRecords = await recordsOf(log, TOPICS.commands);
  const eventRecords = await recordsOf(log, TOPICS.events);
  const commands = new Set(commandRecords.map(({ headers }) => headers.ce_id ?? ""));
  const bytesOf = new Map<string, string>();
  const versions = new Map<string, bigint>();
  const decided = new Set<string>();
  let decidedTwice = 0;
  let gaps = 0;
  let repeatedRecords = commandRecords.length - commands.size;
  for (const { headers, key, value } of eventRecords) {
    const id = headers.ce_id ?? "";
    const bytes = Buffer.from(value).toString("base64");
    const before = bytesOf.get(id);
    if (before !== undefined) {
      if (before === bytes) repeatedRecords += 1;
      else decidedTwice += 1;
      continue;
    }
    bytesOf.set(id, bytes);
    const event = decodeRecord(TOPICS.events, value);
    if (event.version !== (versions.get(key) ?? 0n) + 1n) gaps += 1;
    versions.set(key, event.version);
    decided.add(event.cause?.commandId ?? "");
  }
  const received = citizens.flatMap(({ journal }) => journal.entries);
  const told = new Set(
    received.flatMap((entry) => (entry.kind === "received" && entry.type === "complete" ? [entry.case] : [])),
  );
  const untoldCases = sent.flatMap(({ caseId }) => (told.has(caseId) ? [] : [caseId]));
  return {
    referrals: new Set(sent.map(({ caseId }) => caseId)).size,
    commands: commands.size,
    events: bytesOf.size,
    repeatedRecords,
    repeatedWebhooks: received.filter(({ kind }) => kind === "repeated").length,
    lostCommands: sent.filter((act) => !commands.has(derivedId("command", act.institution, act.webhookId))).length,
    undecided: [...commands].filter((id) => !decided.has(id)).length,
    decidedTwice,
    gaps,
    untold: untoldCases.length,
    untoldCases,
  };
}
