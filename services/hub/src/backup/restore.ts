// Restores a backup: everything that can be wrong is looked at before anything is touched, then each part is loaded whole or not at all.
import { join } from "node:path";
import { loadArchive, readArchive, verifyArchive } from "@ruta/db/archive";
import type { Manifest, Progress } from "@ruta/db/archive";
import { renumberLanes } from "@ruta/delivery";
import { noteRestored } from "@ruta/log";
import { masterFingerprint } from "@ruta/seal";
import { keySource } from "../config.ts";
import type { HubConfig } from "../config.ts";
import { hubKeys } from "../keys.ts";
import { say } from "../language.ts";
import { CommandError, EXIT } from "../output.ts";
import { SERVICES, schemaName } from "../service-names.ts";
import { kafkaBounds, reachDatabase } from "./ground.ts";
import { aboutOf, schemasOf } from "./parts.ts";
import type { About, PartName } from "./parts.ts";

/** A part of a backup as it lies on disk. */
export interface BackupPart {
  readonly part: PartName;
  readonly folder: string;
  readonly manifest: Manifest;
  readonly about: About;
}

/** Reads what a backup says of a part, unchecked. */
export async function readPart(backup: string, part: PartName): Promise<BackupPart> {
  const folder = join(backup, part);
  const manifest = await readArchive(folder);
  const about = aboutOf(manifest);
  if (about?.part !== part)
    throw new CommandError(
      say`${folder} is not the ${part} of a backup`,
      EXIT.usage,
      say`name the folder that \`ruta backup\` has made`,
    );
  return { part, folder, manifest, about };
}

/** Checks every file of a part by its hash. */
export async function verifyPart({ folder }: BackupPart, progress: Progress): Promise<void> {
  await verifyArchive(folder, progress);
}

/** How a log in Kafka stands to a backup: how many records came since, and whether it has lost some that a service still has to read. */
export interface Ahead {
  readonly records: bigint;
  /** Topics that begin behind where they ended at the backup. */
  readonly lost: readonly string[];
}

/** Looks whether this hub can be restored from the parts. Throws what is in the way. */
export async function examine(config: HubConfig, parts: readonly BackupPart[]): Promise<Ahead> {
  const { masterKey, previousMasterKey } = await hubKeys(keySource(config));
  const given = [masterKey, ...(previousMasterKey ? [previousMasterKey] : [])].map(masterFingerprint);
  for (const { part, about, manifest } of parts) {
    if (!about.masters.some((fingerprint) => given.includes(fingerprint)))
      throw new CommandError(
        say`the backup was made under another master key: its fingerprint is ${about.masters.join(", ")}, that of the key given is ${given.join(", ")}`,
        EXIT.usage,
        say`give the key of then: RUTA_MASTER_KEY, or keys/master.key in ${config.RUTA_DATA}`,
      );
    const own = Object.keys(schemasOf(part, config));
    const strange = manifest.schemas.find((schema) => !own.includes(schema));
    if (part === "state" && about.log !== (config.KAFKA_BROKERS === undefined ? "postgres" : "kafka"))
      throw about.log === "kafka"
        ? new CommandError(say`the backup is of a hub whose log is in Kafka`, EXIT.usage, say`set KAFKA_BROKERS`)
        : new CommandError(say`the backup holds the log itself`, EXIT.usage, say`unset KAFKA_BROKERS`);
    if (strange !== undefined)
      throw new CommandError(
        say`the backup has the schema ${strange}, and RUTA_PREFIX asks for others`,
        EXIT.usage,
        say`set RUTA_PREFIX as it was`,
      );
  }
  const state = parts.find(({ part }) => part === "state");
  return state && config.KAFKA_BROKERS !== undefined ? compareLog(config, state.about) : { records: 0n, lost: [] };
}

async function compareLog(config: HubConfig, { ends }: About): Promise<Ahead> {
  const bounds = await kafkaBounds(config);
  let records = 0n;
  const lost: string[] = [];
  for (const [topic, then] of Object.entries(ends)) {
    const now = bounds.get(topic) ?? [];
    then.forEach((before, partition) => {
      const { start = 0n, end = 0n } = now[partition] ?? {};
      if (end < BigInt(before))
        throw new CommandError(
          say`the log ends at ${String(end)} in ${topic}/${partition}, and at the time of the backup it ended at ${before}`,
          EXIT.failed,
          say`this is not the log of the backup, or it was lost too: bring the log back first`,
        );
      records += end - BigInt(before);
      if (start > BigInt(before) && !lost.includes(topic)) lost.push(topic);
    });
  }
  return { records, lost };
}

/** What `restore` takes. */
export interface RestoreOptions {
  readonly config: HubConfig;
  readonly parts: readonly BackupPart[];
  /** Told of the rows of a part. */
  readonly progress: (part: PartName) => Progress;
  readonly signal: AbortSignal;
}

/** Loads the parts, the keyring first. Each is one transaction. */
export async function restore({ config, parts, progress, signal }: RestoreOptions): Promise<void> {
  const database = await reachDatabase(config, { alone: true });
  try {
    for (const { part, folder, manifest } of parts.toSorted((a) => (a.part === "keyring" ? -1 : 1)))
      await loadArchive({
        url: part === "keyring" ? (config.KEYRING_URL ?? database.url) : database.url,
        folder,
        manifest,
        folders: schemasOf(part, config),
        progress: progress(part),
        signal,
        async finish(tx) {
          if (part === "keyring") return;
          // The directory numbers its revisions by the log.
          for (const name of SERVICES.filter((one) => one !== "directory"))
            await noteRestored(tx, schemaName(config.RUTA_PREFIX, name), manifest.takenAt);
          if (config.KAFKA_BROKERS === undefined) await renumberLanes(tx, schemaName(config.RUTA_PREFIX, "delivery"));
        },
      });
  } finally {
    await database.letGo();
  }
}
