// Commands in, events out: one transaction a batch holds the cases it changed, the commands it decided and the events it made.
import { TOPICS, decodeRecord, encodeRecord, eventId } from "@ruta/events";
import type { NewRecord, ReferralCommand, ReferralEvent } from "@ruta/events";
import type { Tx } from "@ruta/db";
import { reachRevision, unknownKind } from "@ruta/log";
import type { FollowedDirectory, LogRecord } from "@ruta/log";
import type { Seal } from "@ruta/seal";
import { wordOf } from "@ruta/events";
import type { CaseTable, DecidedCommand } from "./case-table.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./decide.ts";
import { openRouting } from "./open-routing.ts";
import { rehearsalRecords } from "./rehearse.ts";
import { emptyCase, msOf } from "./state.ts";
import type { Worklist } from "./worklist.ts";

/** Group under which the router reads commands. */
export const GROUP = "router";

/** A command and the record that brought it. */
export interface Taken {
  readonly record: LogRecord;
  readonly message: ReferralCommand;
}

/** Reads a command; one whose act this release does not know waits for a release that does. Throws for what is no command of its key. */
export function decodeCommand(record: LogRecord): ReferralCommand | typeof unknownKind {
  const command = decodeRecord(TOPICS.commands, record.value);
  if (command.act.case === undefined) return unknownKind;
  if (command.caseId !== record.key) throw new Error("a command lies under the key of another case");
  if (command.commandId === "") throw new Error("a command has no id");
  return command;
}

/** What deciding a batch needs. */
export interface BatchDeps {
  readonly table: CaseTable;
  readonly worklist: Pick<Worklist, "raise">;
  readonly directory: FollowedDirectory;
  readonly seal: Pick<Seal, "openSections">;
}

/** Decides a batch of commands, in order, inside `tx`; answers the events as records, and what a simulated counterpart says to them. */
export async function decideBatch(
  { table, worklist, directory, seal }: BatchDeps,
  tx: Tx,
  batch: readonly Taken[],
): Promise<NewRecord[]> {
  const commands = batch.map(({ message }) => message);
  await reachRevision(directory, commands);
  const cases = await table.load(tx, commands);
  const routingOf = await openRouting(seal, commands, cases);
  const changed = new Set<string>();
  const decided: DecidedCommand[] = [];
  const events: ReferralEvent[] = [];
  const records: NewRecord[] = [];
  for (const { record, message: command } of batch) {
    const state = cases.get(command.caseId) ?? emptyCase(command.caseId);
    const decision = decide(state, command, {
      directory: directory.current(),
      routing: routingOf(command, state),
      now: record.time,
      position: { topic: record.topic, partition: record.partition, offset: record.offset },
    });
    if (decision.events.length === 0) continue;
    cases.set(command.caseId, decision.state);
    changed.add(command.caseId);
    events.push(...decision.events);
    decided.push({ caseId: command.caseId, commandId: command.commandId });
    const { traceparent } = record.headers;
    records.push(...recordsOf(command, decision, traceparent), ...rehearsalRecords(decision.events, traceparent));
  }
  const states = [...changed].map((caseId) => cases.get(caseId) ?? emptyCase(caseId));
  table.save(tx, states, decided);
  worklist.raise(tx, events);
  return records;
}

/** The events of a decision as records, their ids derived from the command. */
export function recordsOf(
  command: ReferralCommand,
  { events }: Decision,
  traceparent: string | undefined,
): NewRecord[] {
  return events.map((event, ordinal) =>
    encodeRecord(TOPICS.events, event.caseId, event, {
      id: eventId(command.commandId, ordinal),
      source: "/ruta/router",
      type: `ruta.referral.${event.fact.case === undefined ? "unknown" : wordOf(event.fact.case)}`,
      time: msOf(event.recordedAt) ?? 0,
      ...(traceparent === undefined ? {} : { traceparent }),
    }),
  );
}
