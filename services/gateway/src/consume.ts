// Folds the events of referrals into the view; the directory is followed apart, in memory.
import type { Tx } from "@ruta/db";
import { toBinary } from "@bufbuild/protobuf";
import { ReferralEventSchema, TOPICS } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import { newEvents, placeOf } from "@ruta/log";
import type { LogRecord } from "@ruta/log";
import type { Numbers } from "./numbers.ts";
import type { State } from "./state.ts";

/** Group under which the gateway reads events. */
export const GROUP = "gateway";

/** Topics that the view is folded from. */
export const FOLDED = [TOPICS.events] as const;

/** Folds one batch of events. */
export async function foldBatch(
  { state, numbers }: { readonly state: State; readonly numbers: Numbers },
  tx: Tx,
  batch: readonly { readonly record: Pick<LogRecord, "value">; readonly message: ReferralEvent }[],
): Promise<void> {
  const cases = [...new Set(batch.map(({ message }) => message.caseId))];
  const fresh = newEvents(await state.versions(tx, cases), batch);
  state.fold(
    tx,
    fresh.map(({ record, message }) => ({ event: message, bytes: record.value })),
  );
  numbers.fold(
    tx,
    fresh.map(({ message }) => message),
  );
}

/** Passes over an event that staff has given up: its place in the case is kept, empty, so that the next is not a gap. */
export async function passOver(state: State, tx: Tx, record: Pick<LogRecord, "key" | "value">): Promise<void> {
  const place = placeOf(record);
  if (!place) return;
  const last = (await state.versions(tx, [place.caseId])).get(place.caseId) ?? 0n;
  if (place.version === last + 1n) state.fold(tx, [{ event: place, bytes: toBinary(ReferralEventSchema, place) }]);
}
