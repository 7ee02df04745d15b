// `ruta backup`: the state of the services and the keyring, taken while everything runs; `verify` checks one by its hashes.
import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { Manifest } from "@ruta/db/archive";
import type { PartName } from "../backup/parts.ts";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print, style, table } from "../output.ts";
import { stoppedBySignal } from "../stop-signal.ts";

const NAMES = ["state", "keyring"] as const;

/** The option that limits a backup, or a restore, to one of its parts. */
export function onlyOption(): Option {
  return new Option("--only <part>", "only one of its parts").choices(NAMES);
}

/** The parts asked for. */
export function partsOf(only: PartName | undefined): readonly PartName[] {
  return only === undefined ? NAMES : [only];
}

const rowsOf = ({ tables }: Manifest): number => tables.reduce((sum, { rows }) => sum + rows, 0);

/** What is told of parts: when each was taken and how much is in it. */
export function partsTable(parts: Iterable<readonly [PartName, Manifest]>): string {
  return table(
    [say`part`, say`taken`, say`tables`, say`rows`],
    [...parts].map(([part, one]) => [part, one.takenAt, String(one.tables.length), String(rowsOf(one))]),
  );
}

async function make(folder: string, { only }: { only?: PartName }, command: Command): Promise<void> {
  const { config, json } = contextOf(command);
  const [{ makeBackup }, { progressLine }, { withFaults }] = await Promise.all([
    import("../backup/make.ts"),
    import("../backup/progress-line.ts"),
    import("../backup/faults.ts"),
  ]);
  const lines: ReturnType<typeof progressLine>[] = [];
  const progress = (part: PartName) => {
    const line = progressLine(part, say`rows`);
    lines.push(line);
    return line.tell;
  };
  const stop = stoppedBySignal();
  const made = await withFaults(() =>
    makeBackup({ config, folder, parts: partsOf(only), progress, signal: stop.signal }),
  )
    .catch((error: unknown) => {
      if (stop.signal.aborted) throw new CommandError(say`stopped: nothing was kept of it`, EXIT.failed);
      throw error;
    })
    .finally(() => lines.forEach((line) => line.end()));
  const [manifest] = made.values();
  const listed = [...made].map(([part, one]) => ({
    part,
    takenAt: one.takenAt,
    tables: one.tables.length,
    rows: rowsOf(one),
  }));
  print(json, { folder: resolve(folder), parts: listed }, () =>
    [
      partsTable(made),
      "",
      style.bold(say`backup in ${resolve(folder)}, as of ${manifest?.takenAt ?? ""}`),
      say`The hub's own keys are not in it: keep master and signing key elsewhere. Without the master key nobody can read it, nor you.`,
      ...(config.KAFKA_BROKERS === undefined
        ? []
        : [
            say`Nor is the log, which is Kafka's to keep: what comes after this backup is taken from it at the next start.`,
          ]),
    ].join("\n"),
  );
}

async function verify(folder: string, _options: unknown, command: Command): Promise<void> {
  const { json } = contextOf(command);
  const [{ readPart, verifyPart }, { progressLine }, { withFaults }, { existsSync }] = await Promise.all([
    import("../backup/restore.ts"),
    import("../backup/progress-line.ts"),
    import("../backup/faults.ts"),
    import("node:fs"),
  ]);
  const names = NAMES.filter((part) => existsSync(`${folder}/${part}`));
  const parts = await withFaults(async () => {
    // A folder without any part fails as one without the first.
    const found = await Promise.all(
      (names.length === 0 ? (["state"] as const) : names).map((part) => readPart(folder, part)),
    );
    for (const part of found) {
      const line = progressLine(part.part, say`bytes`);
      await verifyPart(part, line.tell).finally(() => line.end());
    }
    return found;
  });
  const listed = parts.map(({ part, manifest, about }) => ({
    part,
    takenAt: manifest.takenAt,
    tables: manifest.tables.length,
    rows: rowsOf(manifest),
    ruta: about.ruta,
    masters: about.masters,
  }));
  print(json, { folder: resolve(folder), parts: listed }, () =>
    [
      partsTable(parts.map(({ part, manifest }) => [part, manifest])),
      "",
      style.bold(say`whole: every file is as it was written`),
      say`written by version ${parts[0]?.about.ruta ?? ""}, under the master key with the fingerprint ${parts[0]?.about.masters.join(", ") ?? ""}`,
    ].join("\n"),
  );
}

/** The command and its sub-commands. */
export function backupCommand(): Command {
  const backup = new Command("backup").description(
    "write the state of the services and the keyring to a new folder, while everything runs",
  );
  backup
    .command("make", { isDefault: true })
    .description("the same as `ruta backup` with a folder")
    .argument("<folder>", "a folder that is not there yet")
    .addOption(onlyOption())
    .action(make);
  backup
    .command("verify")
    .description("check that a backup is whole, by the hashes of its files")
    .argument("<folder>")
    .action(verify);
  return backup;
}
