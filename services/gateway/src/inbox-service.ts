// The inbox as a part of the gateway: built once, its fold started and stopped with the service.
import type { Db } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import type { Directory, InboxItem } from "@ruta/events";
import type { Logger, Metrics } from "@ruta/kit";
import type { Engine } from "@ruta/log";
import { INBOX_GROUP, decodeItem, foldInbox } from "./inbox-fold.ts";
import { createInboxMetrics, inboxLags } from "./inbox-metrics.ts";
import type { InboxLag } from "./inbox-metrics.ts";
import { createInboxTable } from "./inbox-table.ts";
import { createInboxes } from "./inbox.ts";
import type { Inboxes } from "./inbox.ts";

/** What it is built on. */
export interface InboxPartDeps {
  readonly db: Db;
  readonly schema: string;
  readonly engine: Engine;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly directory: () => Directory;
  readonly now: () => number;
}

/** The inbox of a gateway. */
export interface InboxPart extends Pick<Inboxes, "pull" | "acknowledge"> {
  lags(): Promise<readonly InboxLag[]>;
  start(): Promise<void>;
  /** Ends every wait, so that nothing holds up a stop; the fold ends with the engine. */
  stop(): Promise<void>;
}

/** Builds it. */
export function createInboxPart(deps: InboxPartDeps): InboxPart {
  const { schema, engine, metrics } = deps;
  const table = createInboxTable(schema);
  const inboxes = createInboxes({ ...deps, table });
  const lags = () => inboxLags({ ...deps, table });
  createInboxMetrics(metrics, lags);

  return {
    pull: inboxes.pull,
    acknowledge: inboxes.acknowledge,
    lags,
    async start() {
      await engine.consume<InboxItem>({
        group: INBOX_GROUP,
        topics: [TOPICS.inbox],
        decode: decodeItem,
        handle: async (tx, batch) => {
          await foldInbox(
            schema,
            tx,
            batch.map(({ message }) => message),
          );
          return [];
        },
      });
      await inboxes.start();
    },
    stop: () => inboxes.stop(),
  };
}
