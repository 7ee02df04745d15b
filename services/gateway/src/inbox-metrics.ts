// What operators see of inboxes in numbers: how much each institution that pulls has not acknowledged, and for how long.
import type { Db } from "@ruta/db";
import { DeliveryMode } from "@ruta/events";
import type { Directory } from "@ruta/events";
import { Gauge } from "@ruta/kit";
import type { Metrics } from "@ruta/kit";
import type { InboxTable } from "./inbox-table.ts";

/** What an inbox is behind, as operators read it. */
export interface InboxLag {
  readonly institution: string;
  /** How the institution receives now; what lies in an inbox of another mode is no lag. */
  readonly mode: "inbox" | "webhook" | "none";
  readonly count: number;
  readonly oldestAt: string;
  readonly oldestSeconds: number;
}

/** What the lags are read from. */
export interface LagDeps {
  readonly db: Db;
  readonly table: InboxTable;
  readonly directory: () => Directory;
  readonly now: () => number;
}

/** Every inbox with something that is not acknowledged, the oldest first. */
export async function inboxLags({ db, table, directory, now }: LagDeps): Promise<InboxLag[]> {
  const at = now();
  return (await table.lags(db)).map(({ institution, count, oldest }) => {
    const endpoint = directory().endpointOf(institution, at);
    const mode = !endpoint ? "none" : endpoint.mode === DeliveryMode.INBOX ? "inbox" : "webhook";
    const oldestSeconds = Math.max(Math.round((at - oldest.getTime()) / 1000), 0);
    return { institution, mode, count, oldestAt: oldest.toISOString(), oldestSeconds };
  });
}

/** Registers the gauges; they are read when they are scraped. */
export function createInboxMetrics({ registry }: Metrics, lags: () => Promise<readonly InboxLag[]>): void {
  const gauge = (name: string, help: string, of: (lag: InboxLag) => number): void =>
    void new Gauge({
      name,
      help,
      labelNames: ["institution"],
      registers: [registry],
      async collect() {
        const pulled = (await lags()).filter(({ mode }) => mode === "inbox");
        this.reset();
        for (const lag of pulled) this.set({ institution: lag.institution }, of(lag));
      },
    });
  gauge("ruta_gateway_inbox_items", "Items of an institution that pulls, not acknowledged", ({ count }) => count);
  gauge(
    "ruta_gateway_inbox_oldest_seconds",
    "Since when the oldest item not acknowledged has been in the inbox of an institution that pulls",
    ({ oldestSeconds }) => oldestSeconds,
  );
}
