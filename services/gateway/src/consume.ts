// Folds the events of referrals into the view; the directory is followed apart, in memory.
import type { Tx } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import type { State } from "./state.ts";

/** Group under which the gateway reads events. */
export const GROUP = "gateway";

/** Topics that the view is folded from. */
export const FOLDED = [TOPICS.events] as const;

/** An event that does not follow the one before it: something is lost, and no view may hide that. */
export class VersionGap extends Error {
  override readonly name = "VersionGap";

  constructor(caseId: string, last: bigint, next: bigint) {
    super(`case ${caseId}: version ${next} follows ${last}`);
  }
}

/** The events of a batch that are new, in order. Repeats (version at or below the last) are dropped; a gap throws VersionGap. */
export function newEvents(last: ReadonlyMap<string, bigint>, batch: readonly ReferralEvent[]): ReferralEvent[] {
  const versions = new Map(last);
  return batch.filter((event) => {
    const version = versions.get(event.caseId) ?? 0n;
    if (event.version <= version) return false;
    if (event.version > version + 1n) throw new VersionGap(event.caseId, version, event.version);
    versions.set(event.caseId, event.version);
    return true;
  });
}

/** Folds one batch of events. */
export async function foldBatch(state: State, tx: Tx, batch: readonly ReferralEvent[]): Promise<void> {
  const cases = [...new Set(batch.map((event) => event.caseId))];
  await state.fold(tx, newEvents(await state.versions(tx, cases), batch));
}
