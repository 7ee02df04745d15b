// What receivers saw, by their own memory: each event of a case once, in the order of its numbers, under one webhook-id.
import type { Citizen } from "../city.ts";

/** Receptions of all institutions, counted. */
export interface Receptions {
  /** `institution event` of all that was received. */
  readonly events: ReadonlySet<string>;
  readonly repeated: number;
  readonly missing: number;
  readonly outOfOrder: number;
  readonly otherId: number;
}

/** Counts what institutions received. Numbers of a case run 1, 2, 3 … for each of them. */
export function receptions(citizens: readonly Pick<Citizen, "journal">[]): Receptions {
  const events = new Set<string>();
  const last = new Map<string, number>();
  const count = new Map<string, number>();
  let [repeated, outOfOrder, otherId] = [0, 0, 0];
  for (const { journal } of citizens)
    for (const entry of journal.entries) {
      if (entry.kind === "repeated") repeated += 1;
      if (entry.kind !== "received") continue;
      const { sequence = 0 } = entry;
      const event = `${entry.institution} ${entry.event}`;
      if (events.has(event)) {
        // The institution took it for a new one: its webhook-id was another.
        otherId += 1;
        continue;
      }
      events.add(event);
      const lane = `${entry.institution} ${entry.case}`;
      const before = last.get(lane) ?? 0;
      if (sequence <= before) outOfOrder += 1;
      last.set(lane, Math.max(before, sequence));
      count.set(lane, (count.get(lane) ?? 0) + 1);
    }
  const missing = [...last].reduce((sum, [lane, highest]) => sum + highest - (count.get(lane) ?? 0), 0);
  return { events, repeated, missing, outOfOrder, otherId };
}
