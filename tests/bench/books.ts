// The books of a bench: what was answered 202 against what the log holds and what receivers got. What lost is no result.
import { TOPICS, decodeRecord, derivedId } from "@ruta/events";
import type { TopicName } from "@ruta/events";
import type { Log } from "@ruta/log";
import type { Accepted } from "./load.ts";
import type { Arrival } from "./sink.ts";

/** Something was lost or came twice: the measure does not count. */
export class Lost extends Error {
  override readonly name = "Lost";
}

/** Where the log ended at some moment. */
export interface Mark {
  readonly commands: ReadonlyMap<number, bigint>;
  readonly events: ReadonlyMap<number, bigint>;
}

async function ends(log: Log, topic: TopicName): Promise<Map<number, bigint>> {
  return new Map((await log.offsets(topic)).map(({ partition, end }) => [partition, end]));
}

/** Where the log ends now. */
export async function markOf(log: Log): Promise<Mark> {
  const [commands, events] = [await ends(log, TOPICS.commands), await ends(log, TOPICS.events)];
  return { commands, events };
}

/** What the log has of some cases since a mark. */
export interface Kept {
  /** Ids of commands. */
  readonly commands: ReadonlySet<string>;
  /** Ids of commands of which an event tells what was decided. */
  readonly decided: ReadonlySet<string>;
  /** Cases of which an event tells that the performer has taken the request. */
  readonly delivered: ReadonlySet<string>;
  /** Event ids with two contents, and cases whose versions do not run 1, 2, 3 … */
  readonly wrong: number;
}

/** Reads what came into the log since the mark of the cases that began since then. */
export async function readSince(log: Log, mark: Mark, cases: ReadonlySet<string>): Promise<Kept> {
  const kept = { commands: new Set<string>(), decided: new Set<string>(), delivered: new Set<string>() };
  const bytesOf = new Map<string, Buffer>();
  const versions = new Map<string, bigint>();
  let wrong = 0;
  await each(log, TOPICS.commands, mark.commands, ({ headers }) => kept.commands.add(headers.ce_id ?? ""));
  await each(log, TOPICS.events, mark.events, ({ key, headers, value }) => {
    if (!cases.has(key)) return;
    const id = headers.ce_id ?? "";
    const before = bytesOf.get(id);
    if (before) {
      if (!before.equals(value)) wrong += 1;
      return;
    }
    bytesOf.set(id, Buffer.from(value));
    const { cause, fact, version } = decodeRecord(TOPICS.events, value);
    if (version !== (versions.get(key) ?? 0n) + 1n) wrong += 1;
    versions.set(key, version);
    kept.decided.add(cause?.commandId ?? "");
    if (fact.case === "delivered") kept.delivered.add(key);
  });
  return { ...kept, wrong };
}

async function each(
  log: Log,
  topic: TopicName,
  from: ReadonlyMap<number, bigint>,
  see: (record: Awaited<ReturnType<Log["read"]>>[number]) => void,
): Promise<void> {
  for (const { partition, end } of await log.offsets(topic))
    for (let next = from.get(partition) ?? 0n; next < end;) {
      const batch = await log.read(topic, partition, next, { maxWaitMs: 1_000 });
      if (batch.length === 0) break;
      batch.forEach(see);
      next = batch.at(-1)!.offset + 1n;
    }
}

/** Compares; throws Lost with the counts when anything is missing, was decided twice, or came under two ids. */
export function balance(accepted: readonly Accepted[], kept: Kept, arrivals: readonly Arrival[]): void {
  const ids = accepted.map(({ institution, webhookId }) => derivedId("command", institution, webhookId));
  const arrived = new Map<string, Set<string>>();
  for (const { caseId, webhookId } of arrivals) arrived.set(caseId, (arrived.get(caseId) ?? new Set()).add(webhookId));
  const counts = {
    "not in the log": ids.filter((id) => !kept.commands.has(id)).length,
    undecided: ids.filter((id) => !kept.decided.has(id)).length,
    "not received": accepted.filter(({ caseId }) => !arrived.has(caseId)).length,
    "received under two ids": [...arrived.values()].filter((names) => names.size > 1).length,
    "not told to the case": accepted.filter(({ caseId }) => !kept.delivered.has(caseId)).length,
    "decided twice or with a gap": kept.wrong,
  };
  const found = Object.entries(counts).filter(([, count]) => count > 0);
  if (found.length > 0)
    throw new Lost(`of ${accepted.length} taken: ${found.map(([what, count]) => `${what} ${count}`).join(", ")}`);
}
