// Events in, deliveries out: one transaction a batch holds how far cases are folded and whatever has to be told to whom.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Tx } from "@ruta/db";
import { InstitutionType, PayloadFormat, derivedId } from "@ruta/events";
import type { Directory, NewRecord, ReferralEvent } from "@ruta/events";
import { newEvents, placeOf, reachRevision } from "@ruta/log";
import type { FollowedDirectory, LogRecord } from "@ruta/log";
import { capMs, lateAt } from "./backoff.ts";
import { laneName } from "./intake.ts";
import type { Intake, LaneGrowth, NewDelivery, TakenFact } from "./intake.ts";
import { NO_FACTS, factsAfter, payload } from "./payload.ts";
import type { ReferralFacts } from "./payload.ts";
import { recipients } from "./recipients.ts";
import type { Notice } from "./recipients.ts";

/** Group under which delivery reads events. */
export const GROUP = "delivery";

/** An event and the record that brought it. */
export interface Taken {
  readonly record: Pick<LogRecord, "headers">;
  readonly message: ReferralEvent;
}

/** What taking in a batch needs. */
export interface BatchDeps {
  readonly intake: Intake;
  readonly directory: Pick<FollowedDirectory, "current" | "caughtUp">;
}

/** Takes a batch of events in, inside `tx`. It appends nothing: results become records when they are known. */
export async function takeIn({ intake, directory }: BatchDeps, tx: Tx, batch: readonly Taken[]): Promise<NewRecord[]> {
  await reachRevision(
    directory,
    batch.map(({ message }) => message),
  );
  const [versions, facts] = await Promise.all([
    intake.versions(tx, [...new Set(batch.map(({ message }) => message.caseId))]),
    intake.facts(tx, [...new Set(batch.map(({ message }) => message.referralId))]),
  ]);
  const fresh = newEvents(versions, batch);
  if (fresh.length === 0) return [];
  const told = fresh.flatMap(({ record, message }) => {
    const after = factsAfter(facts.get(message.referralId) ?? NO_FACTS, message);
    facts.set(message.referralId, after);
    const eventId = record.headers.ce_id ?? "";
    return recipients(message).map((notice) => ({ eventId, event: message, notice, facts: after }));
  });
  const growing = growths(told);
  await intake.taken(tx, takenIn(fresh), growing);
  const lasts = await intake.grow(tx, growing);
  intake.add(tx, deliveries(told, lasts, directory.current()));
  const changed = new Set(fresh.map(({ message }) => message.referralId));
  intake.saveFacts(tx, new Map([...facts].filter(([referralId]) => changed.has(referralId))));
  intake.saveVersions(tx, new Map(fresh.map(({ message }) => [message.caseId, message.version])));
  return [];
}

/** What the cases say was taken: from inboxes, which delivery does not see. */
function takenIn(fresh: readonly Taken[]): TakenFact[] {
  return fresh.flatMap(({ message: { fact } }) =>
    fact.case === "delivered" ? [{ eventId: fact.value.eventId, institution: fact.value.institution }] : [],
  );
}

/** Passes over an event that staff has given up: nobody is told of it, and the next of its case is not a gap. */
export async function passOver(intake: Intake, tx: Tx, record: Pick<LogRecord, "key" | "value">): Promise<void> {
  const place = placeOf(record);
  if (!place) return;
  const { caseId, version } = place;
  const last = (await intake.versions(tx, [caseId])).get(caseId) ?? 0n;
  if (version === last + 1n) intake.saveVersions(tx, new Map([[caseId, version]]));
}

/** One event to tell one institution. */
interface Told {
  readonly eventId: string;
  readonly event: ReferralEvent;
  readonly notice: Notice;
  readonly facts: ReferralFacts;
}

const laneOf = ({ event, notice }: Told) => ({ institution: notice.institution, caseId: event.caseId });

function growths(told: readonly Told[]): LaneGrowth[] {
  return [...Map.groupBy(told, (one) => laneName(laneOf(one))).values()].map((group) => ({
    ...laneOf(group[0] as Told),
    count: group.length,
    capMs: Math.min(...group.map(({ event }) => capMs(event.priority))),
  }));
}

/** Numbers each lane's deliveries so that the last one has the lane's last sequence. */
function deliveries(
  told: readonly Told[],
  lasts: ReadonlyMap<string, bigint>,
  directory: Directory,
): readonly NewDelivery[] {
  const left = new Map<string, bigint>();
  for (const one of told) left.set(laneName(laneOf(one)), (left.get(laneName(laneOf(one))) ?? 0n) + 1n);
  return told.map((one) => {
    const lane = laneOf(one);
    const name = laneName(lane);
    const remaining = (left.get(name) ?? 1n) - 1n;
    left.set(name, remaining);
    const sequence = (lasts.get(name) ?? 0n) - remaining;
    const { eventId, event } = one;
    return {
      ...lane,
      id: derivedId("delivery", eventId, lane.institution),
      eventId,
      referralId: event.referralId,
      sequence,
      priority: event.priority,
      body: payload({
        ...one,
        sequence,
        discreet: isDiscreet(directory, lane.institution),
        fhir: isFhir(directory, lane.institution, event),
      }),
      lateAt: lateAtOf(event, lane.institution),
    };
  });
}

/** Private providers get a code to serve against, never the reason; an institution that is not known gets no more than they. */
function isDiscreet(directory: Directory, institution: string): boolean {
  const type = directory.get("institution", institution)?.type;
  return type === undefined || type === InstitutionType.PRIVATE;
}

/** Whether the institution's endpoint, as it counts when the event was recorded, takes FHIR. */
function isFhir(directory: Directory, institution: string, { recordedAt }: ReferralEvent): boolean {
  const at = recordedAt ? timestampMs(recordedAt) : 0;
  return directory.endpointOf(institution, at)?.format === PayloadFormat.FHIR;
}

/** Whoever is expected to act has until then; others have the window of the priority. */
function lateAtOf({ expectation, priority, recordedAt }: ReferralEvent, institution: string): number {
  const since = recordedAt ? timestampMs(recordedAt) : 0;
  const { until } = expectation ?? {};
  return lateAt(priority, since, expectation?.institution === institution && until ? timestampMs(until) : undefined);
}
