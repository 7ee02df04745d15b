// What a backup is taken from and restored to: the database, whoever runs it, and where the log ends.
import { runningEmbedded, startEmbedded } from "@ruta/db/embedded";
import { TOPIC_SPECS } from "@ruta/events";
import { UnknownTopic, openLog } from "@ruta/log";
import type { HubConfig } from "../config.ts";
import { kafkaOf } from "../connections.ts";
import { isInitialised } from "../keys.ts";
import { say } from "../language.ts";
import { CommandError, EXIT } from "../output.ts";
import { reach } from "../reach.ts";
import { logPrefix } from "../service-names.ts";

/** A database that answers, until it is let go. */
export interface Reached {
  readonly url: string;
  letGo(): Promise<void>;
}

/** The database of the hub: the one named, the embedded one as it runs, or started for this. `alone`: nobody else may run it. */
export async function reachDatabase(config: HubConfig, { alone }: { readonly alone: boolean }): Promise<Reached> {
  if (config.DATABASE_URL !== undefined) return { url: config.DATABASE_URL, letGo: async () => {} };
  if (!isInitialised(config.RUTA_DATA))
    throw new CommandError(
      say`${config.RUTA_DATA} has no keys`,
      EXIT.usage,
      say`put hub.json and keys/ of the hub there, which are kept apart from backups, or set RUTA_DATA or DATABASE_URL`,
    );
  const running = alone ? undefined : runningEmbedded(config.RUTA_DATA);
  if (running !== undefined) return { url: running, letGo: async () => {} };
  const server = await startEmbedded({ folder: config.RUTA_DATA });
  return { url: server.url, letGo: server.stop };
}

/** Where the partitions of a log in Kafka begin and end now, by topic. A topic that is missing has none. */
export async function kafkaBounds(
  config: HubConfig,
): Promise<Map<string, { readonly start: bigint; readonly end: bigint }[]>> {
  const prefix = logPrefix(config.RUTA_PREFIX);
  const log = await reach("KAFKA_BROKERS", () =>
    openLog({ ...kafkaOf(config), databaseUrl: "", prefix, clientId: "ruta-backup" }),
  );
  try {
    const bounds = new Map<string, { start: bigint; end: bigint }[]>();
    for (const { name } of TOPIC_SPECS) {
      const partitions = await log.offsets(name).catch((error: unknown) => {
        if (error instanceof UnknownTopic) return [];
        throw error;
      });
      bounds.set(
        name,
        [...partitions].sort((a, b) => a.partition - b.partition),
      );
    }
    return bounds;
  } finally {
    await log.close();
  }
}
