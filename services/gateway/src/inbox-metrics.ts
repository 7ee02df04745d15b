// What operators see of inboxes: how much each institution that pulls has not acknowledged, and for how long; in metrics of all
// of them together.
import type { Db } from "@ruta/db";
import { DeliveryMode } from "@ruta/events";
import type { Directory } from "@ruta/events";
import type { Metrics } from "@ruta/kit";
import { COUNTED } from "./inbox-table.ts";
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

/** Registers the gauges; they are read when somebody scrapes. */
export function createInboxMetrics(metrics: Metrics, lags: () => Promise<readonly InboxLag[]>): void {
  metrics.readings({
    part: "inboxes",
    gauges: {
      ruta_gateway_inbox_items: {
        help: `Items in the inboxes of institutions that pull, not acknowledged; counted up to ${COUNTED} of one institution`,
      },
      ruta_gateway_inbox_oldest_seconds: { help: "How long the oldest of them has been in its inbox" },
    },
    async read() {
      const pulled = (await lags()).filter(({ mode }) => mode === "inbox");
      return [
        { gauge: "ruta_gateway_inbox_items", value: pulled.reduce((sum, { count }) => sum + count, 0) },
        {
          gauge: "ruta_gateway_inbox_oldest_seconds",
          value: Math.max(0, ...pulled.map(({ oldestSeconds }) => oldestSeconds)),
        },
      ];
    },
  });
}
