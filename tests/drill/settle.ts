// The end of a drill: nothing more is asked, everything is waited for that may still come, and what there is is counted.
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "@ruta/log";
import type { City } from "../city.ts";
import { isSure } from "./audit.ts";
import type { Findings } from "./audit.ts";
import type { DrillOptions } from "./drill.ts";
import { explain, tries } from "./explain.ts";
import { laggards } from "./laggard.ts";
import type { Recovery } from "./summary.ts";
import { INSTITUTIONS, untold } from "./traffic.ts";
import type { Traffic } from "./traffic.ts";

/** Longer than the longest wait that a try of these deliveries can have earned: a minute and a fifth after a timeout. */
const SETTLE_MS = 120_000;
const LOOK_MS = 500;
const AUDIT_MS = 2_000;

/** What is to come to rest. */
export interface Unsettled {
  readonly city: City;
  readonly log: Log;
  readonly databaseUrl: string;
  readonly traffic: Traffic;
  readonly recoveries: readonly Recovery[];
  /** Audits what there is now. */
  readonly look: (log: Log) => Promise<Findings>;
}

/** Ends the traffic, waits until everything is quiet or stands still for too long, and counts. */
export async function settle(
  { driver, say, settleMs = SETTLE_MS, pace, signal }: DrillOptions,
  { city, log, databaseUrl, traffic, recoveries, look }: Unsettled,
): Promise<Findings> {
  const hurried = pace === "hurried";
  const citizens = INSTITUTIONS.map((id) => city.citizen(id));
  const known = (): number => citizens.reduce((sum, { journal }) => sum + journal.entries.length, 0);
  const open = (): string[] => untold(traffic.asked, citizens);
  traffic.stop().catch((error: unknown) => say(`${driver}: the traffic ended: ${String(error)}`));
  let [last, moved] = [known(), performance.now()];
  const patient = (): boolean => {
    if (known() > last) [last, moved] = [known(), performance.now()];
    return performance.now() - moved < settleMs;
  };
  for (;;) {
    // The log is read as a whole only when the institutions' own memories say that it may be complete.
    while (!hurried && traffic.waiting() + open().length > 0 && patient()) await delay(LOOK_MS, undefined, { signal });
    const found = await look(log);
    const restless = found.untaken + found.undecided + found.unlike + found.untold > 0;
    if (restless && patient() && !(hurried && isSure(found))) {
      await delay(AUDIT_MS, undefined, { signal });
      continue;
    }
    say(`${driver}: ${await tries(log)}`);
    for (const line of await laggards(log, recoveries)) say(`${driver}: slow to recover: ${line}`);
    const schema = `${city.env.RUTA_PREFIX}_delivery`;
    for (const line of restless ? await explain({ log, databaseUrl, schema, citizens }, open()) : []) say(line);
    return found;
  }
}
