// After a restore: events that the log has and the tables lack are folded as they stand, so that nothing is decided again otherwise.
import { TOPICS, decodeRecord } from "@ruta/events";
import type { NewRecord, ReferralCommand, ReferralEvent } from "@ruta/events";
import type { Tx } from "@ruta/db";
import { reachRevision } from "@ruta/log";
import type { FollowedDirectory, Log, LogRecord, OwnOutput } from "@ruta/log";
import type { Seal } from "@ruta/seal";
import type { CaseTable } from "./case-table.ts";
import { decodeCommand, recordsOf } from "./consume.ts";
import { decide } from "./decide.ts";
import { openRouting } from "./open-routing.ts";
import { rehearsalRecords } from "./rehearse.ts";
import { emptyCase, evolve } from "./state.ts";
import type { CaseState } from "./state.ts";
import type { Worklist } from "./worklist.ts";

/** What recovering needs. */
export interface RecoverDeps {
  readonly log: Pick<Log, "read">;
  readonly table: CaseTable;
  readonly worklist: Pick<Worklist, "raise">;
  readonly directory: FollowedDirectory;
  readonly seal: Pick<Seal, "openSections">;
}

/** The last decision of a partition as far as the log has it: its case before, and its events. */
interface LastDecision {
  readonly before: CaseState;
  readonly events: ReferralEvent[];
}

/** How the router takes in its own events. */
export function ownEvents(deps: RecoverDeps): OwnOutput {
  const { table, worklist } = deps;
  let decision: LastDecision | undefined;
  return {
    topics: [TOPICS.events],
    async fold(tx, records, last) {
      const taken = records.flatMap(readable);
      const cases = await table.load(
        tx,
        taken.map(({ event }) => ({ caseId: event.caseId, commandId: commandOf(event) })),
      );
      const fresh: ReferralEvent[] = [];
      const follow: NewRecord[] = [];
      for (const { event, traceparent } of taken) {
        const state = cases.get(event.caseId) ?? emptyCase(event.caseId);
        if (event.version <= BigInt(state.version)) continue;
        const goesOn = decision?.events[0] !== undefined && commandOf(decision.events[0]) === commandOf(event);
        if (decision && goesOn) decision.events.push(event);
        else decision = { before: state, events: [event] };
        cases.set(event.caseId, evolve(state, event));
        fresh.push(event);
        // The counterpart's answer may not have reached the log; one that did is decided once all the same.
        follow.push(...rehearsalRecords([event], traceparent));
      }
      const changed = [...new Set(fresh.map(({ caseId }) => caseId))];
      table.save(
        tx,
        changed.map((caseId) => cases.get(caseId) ?? emptyCase(caseId)),
        fresh.map((event) => ({ caseId: event.caseId, commandId: commandOf(event) })),
      );
      worklist.raise(tx, fresh);
      if (last && decision) follow.push(...(await rest(deps, tx, decision)));
      if (last) decision = undefined;
      return { unknown: fresh.length, records: follow };
    },
  };
}

const commandOf = ({ cause }: ReferralEvent): string => cause?.commandId ?? "";

/** An event of this service; what cannot be read was not written by it, or steps aside wherever it is consumed. */
function readable({ value, headers, key }: LogRecord): { event: ReferralEvent; traceparent: string | undefined }[] {
  try {
    const event = decodeRecord(TOPICS.events, value);
    return event.caseId === key && event.version > 0n && event.cause
      ? [{ event, traceparent: headers.traceparent }]
      : [];
  } catch {
    return [];
  }
}

/**
 * What a decision lacks in the log: of the last one of a partition the database may have been lost while its events were on the
 * way. How many events a command leads to follows from the case alone, so that those which are missing are made from its command.
 */
async function rest({ log, table, directory, seal }: RecoverDeps, tx: Tx, last: LastDecision): Promise<NewRecord[]> {
  const { before, events } = last;
  const { cause } = events[0]!;
  if (!cause) return [];
  const [record] = await log.read(cause.topic as LogRecord["topic"], cause.partition, cause.offset, { max: 1 });
  // Older than what the log keeps of commands: then it was not under way either.
  if (record?.offset !== cause.offset) return [];
  const command = decodeCommand(record) as ReferralCommand;
  await reachRevision(directory, [command]);
  const routingOf = await openRouting(seal, [command], new Map([[before.caseId, before]]));
  const decision = decide(before, command, {
    directory: directory.current(),
    routing: routingOf(command, before),
    now: record.time,
    position: { topic: record.topic, partition: record.partition, offset: record.offset },
  });
  if (decision.events.length <= events.length) return [];
  const isSame = events.every((event, n) => {
    const again = decision.events[n]!;
    return again.referralId === event.referralId && again.fact.case === event.fact.case;
  });
  if (!isSame) throw new Error("the last decision in the log is only part of one, and is decided otherwise now");
  const missing = decision.events.slice(events.length);
  const state = missing.reduce(evolve, events.reduce(evolve, before));
  table.save(tx, [state], []);
  const { traceparent } = record.headers;
  return [...recordsOf(command, decision, traceparent).slice(events.length), ...rehearsalRecords(missing, traceparent)];
}
