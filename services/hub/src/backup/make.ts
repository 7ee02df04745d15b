// Makes a backup: both parts below a name that says it is not finished, which is taken away at the very end.
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { openDb } from "@ruta/db";
import { syncFolder, writeArchive } from "@ruta/db/archive";
import type { Manifest, Progress } from "@ruta/db/archive";
import { mastersOf } from "@ruta/seal";
import type { HubConfig } from "../config.ts";
import { say } from "../language.ts";
import { CommandError, EXIT } from "../output.ts";
import { schemaName } from "../service-names.ts";
import manifest from "../../package.json" with { type: "json" };
import { kafkaBounds, reachDatabase } from "./ground.ts";
import { schemasOf } from "./parts.ts";
import type { About, LogEnds, PartName } from "./parts.ts";

/** What `makeBackup` takes. */
export interface BackupOptions {
  readonly config: HubConfig;
  readonly folder: string;
  readonly parts: readonly PartName[];
  /** Told of the rows of a part. */
  readonly progress: (part: PartName) => Progress;
  readonly signal: AbortSignal;
}

/** Makes a backup while everything runs, and answers the manifests of its parts. The folder appears whole, or not at all. */
export async function makeBackup(options: BackupOptions): Promise<Map<PartName, Manifest>> {
  const { config, parts } = options;
  const target = resolve(options.folder);
  const unfinished = `${target}.unfinished`;
  if (existsSync(target))
    throw new CommandError(
      say`${target} is there already`,
      EXIT.usage,
      say`a backup is never written over: name another folder`,
    );
  await mkdir(dirname(target), { recursive: true });
  await mkdir(unfinished, { mode: 0o700 }).catch((error: unknown) => {
    if ((error as { code?: string }).code !== "EEXIST") throw error;
    throw new CommandError(
      say`${unfinished} is there: another backup is being written, or one was ended before its end`,
      EXIT.usage,
      say`remove it when no backup runs`,
    );
  });
  try {
    const database = await reachDatabase(config, { alone: false });
    try {
      const made = new Map<PartName, Manifest>();
      // Where the log ended before the snapshot: all that it had by then, the snapshot knows of.
      const ends = await endsOf(config);
      // The keyring behind the state: a key that the state needs is never missing.
      for (const part of ["state", "keyring"] as const)
        if (parts.includes(part))
          made.set(part, await writePart(options, part, join(unfinished, part), database.url, ends));
      await rename(unfinished, target);
      await syncFolder(dirname(target));
      return made;
    } finally {
      await database.letGo();
    }
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

async function writePart(
  { config, progress, signal }: BackupOptions,
  part: PartName,
  folder: string,
  url: string,
  ends: LogEnds,
): Promise<Manifest> {
  await mkdir(folder, { mode: 0o700 });
  const keyring = config.KEYRING_URL ?? url;
  const about: About = {
    part,
    ruta: manifest.version,
    masters: await openers(keyring, config),
    log: config.KAFKA_BROKERS === undefined ? "postgres" : "kafka",
    ends,
  };
  return writeArchive({
    url: part === "keyring" ? keyring : url,
    schemas: Object.keys(schemasOf(part, config)),
    folder,
    about: { ...about },
    progress: progress(part),
    signal,
  });
}

async function openers(url: string, config: HubConfig): Promise<string[]> {
  const db = openDb({ url, name: "ruta-backup", max: 1 });
  try {
    const masters = await mastersOf(db, schemaName(config.RUTA_PREFIX, "keyring"));
    if (masters.length > 0) return masters;
  } catch (error) {
    if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
  } finally {
    await db.close();
  }
  throw new CommandError(
    say`there is nothing to back up: no hub has been started on this database`,
    EXIT.failed,
    say`check RUTA_PREFIX, DATABASE_URL and KEYRING_URL`,
  );
}

const UNDEFINED_TABLE = "42P01";

async function endsOf(config: HubConfig): Promise<LogEnds> {
  if (config.KAFKA_BROKERS === undefined) return {};
  const bounds = await kafkaBounds(config);
  return Object.fromEntries([...bounds].map(([topic, all]) => [topic, all.map(({ end }) => String(end))]));
}
