// How folds read the events of cases: each event once, in order, without a gap.
import { ReferralEventSchema, TOPICS, create, decodeRecord } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import { unknownKind } from "./engine/consumer.ts";
import type { Unknown } from "./engine/consumer.ts";
import type { LogRecord } from "./port.ts";

/** An event that does not follow the one before it: something is lost, and nothing may go on as if it were not. */
export class VersionGap extends Error {
  override readonly name = "VersionGap";
  readonly code = "version-gap";

  constructor(caseId: string, last: bigint, next: bigint) {
    super(`case ${caseId}: version ${next} follows ${last}`);
  }
}

/** Reads an event; one whose fact this release does not know waits for a release that does. Throws for what is no event of its key. */
export function decodeEvent(record: LogRecord): ReferralEvent | Unknown {
  const event = decodeRecord(TOPICS.events, record.value);
  if (event.fact.case === undefined) return unknownKind;
  if (event.caseId !== record.key) throw new Error("an event lies under the key of another case");
  if (!record.headers.ce_id) throw new Error("an event has no id");
  return event;
}

/**
 * The events of a batch that are new, in order. `lasts` holds the last version folded of each case. Repeats (version at or
 * below the last) are dropped; a gap throws VersionGap.
 */
export function newEvents<T extends { readonly message: ReferralEvent }>(
  lasts: ReadonlyMap<string, bigint>,
  batch: readonly T[],
): T[] {
  const versions = new Map(lasts);
  return batch.filter(({ message: { caseId, version } }) => {
    const last = versions.get(caseId) ?? 0n;
    if (version <= last) return false;
    if (version > last + 1n) throw new VersionGap(caseId, last, version);
    versions.set(caseId, version);
    return true;
  });
}

/**
 * The place in its case of an event that staff has given up, so that a fold goes on behind it; undefined where it cannot be read:
 * whether such a record took a version of its case nobody can tell, and a fold that meets a gap then stops.
 */
export function placeOf({ key, value }: Pick<LogRecord, "key" | "value">): ReferralEvent | undefined {
  let event: ReferralEvent;
  try {
    event = decodeRecord(TOPICS.events, value);
  } catch {
    return undefined;
  }
  const { caseId, version } = event;
  return caseId === key && version > 0n ? create(ReferralEventSchema, { caseId, version }) : undefined;
}
