// The two parts of a backup, each an archive of its own: the state of the services, and the keyring, which may have another place.
import type { Manifest, SchemaFolders } from "@ruta/db/archive";
import { ENGINE_MIGRATIONS, LOG_MIGRATIONS, logSchema } from "@ruta/log";
import { SEAL_MIGRATIONS } from "@ruta/seal";
import type { HubConfig } from "../config.ts";
import { SERVICES, logPrefix, schemaName } from "../service-names.ts";
import { BUILDERS } from "../services.ts";

/** Name of a part, which is the name of its folder. */
export type PartName = "state" | "keyring";

/** Where a log in Kafka ended, by topic and partition: offsets as text. */
export type LogEnds = Readonly<Record<string, readonly string[]>>;

/** What the manifest of a part says beside its tables. */
export interface About {
  readonly part: PartName;
  /** Version of Ruta that wrote it. */
  readonly ruta: string;
  /** Fingerprints of the master keys that open the keyring, each alone. */
  readonly masters: readonly string[];
  readonly log: "postgres" | "kafka";
  /** Of a log in Kafka: where it ended just before the snapshot. */
  readonly ends: LogEnds;
}

/** What a manifest says; archives of others are none of ours. */
export function aboutOf({ about }: Manifest): About | undefined {
  const { part, masters, log, ends } = about as Partial<About>;
  return part && masters && log && ends ? (about as unknown as About) : undefined;
}

/** The schemas of a part, each with the folders of the migrations that make its tables. */
export function schemasOf(part: PartName, config: Pick<HubConfig, "RUTA_PREFIX" | "KAFKA_BROKERS">): SchemaFolders {
  const prefix = config.RUTA_PREFIX;
  if (part === "keyring") return { [schemaName(prefix, "keyring")]: [SEAL_MIGRATIONS] };
  const services = SERVICES.map((name) => [schemaName(prefix, name), [BUILDERS[name].migrations, ENGINE_MIGRATIONS]]);
  const log = logSchema(logPrefix(prefix));
  return Object.fromEntries(
    config.KAFKA_BROKERS === undefined ? [...services, [log, [LOG_MIGRATIONS]]] : services,
  ) as SchemaFolders;
}
