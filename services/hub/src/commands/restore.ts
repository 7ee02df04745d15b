// `ruta restore`: a backup into an empty database, after everything about it was checked; says what is in it and what is not.
import { Command } from "commander";
import { addYes, confirmed } from "../ask.ts";
import type { PartName } from "../backup/parts.ts";
import type { Ahead } from "../backup/restore.ts";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print, style } from "../output.ts";
import { stoppedBySignal } from "../stop-signal.ts";
import { onlyOption, partsOf, partsTable } from "./backup.ts";

interface Options {
  readonly keyring?: string;
  readonly only?: PartName;
  readonly yes?: boolean;
}

/** What a person has to know of what came after the backup. */
function since(takenAt: string, keysAt: string | undefined, isKafka: boolean, { records, lost }: Ahead): string[] {
  if (!isKafka)
    return [
      say`What came after ${takenAt} is not in it, neither what was asked nor what was answered. Institutions hold signed receipts of what`,
      say`they were promised since (\`ruta receipt verify\`): ask them to send it again.`,
    ];
  return [
    say`The log has ${String(records)} records that came since: the services take them in at the next start, before they go on.`,
    say`What staff did in tables alone is to be done again: worklist assignments, dismissed disputes, paused and disabled endpoints.`,
    say`They are on record: ruta log read access --from ${takenAt}`,
    ...(keysAt === undefined || records === 0n
      ? []
      : [
          say`Content of persons whose keys were made after ${keysAt} cannot be read any more, unless a later keyring is restored.`,
        ]),
    ...(lost.length === 0
      ? []
      : [
          style.red(
            say`The log no longer has all that came since: ${lost.join(", ")}. What reads them will stop and say so.`,
          ),
        ]),
  ];
}

async function run(folder: string, options: Options, command: Command): Promise<void> {
  const { config, json } = contextOf(command);
  const [{ examine, readPart, restore, verifyPart }, { progressLine }, { withFaults }] = await Promise.all([
    import("../backup/restore.ts"),
    import("../backup/progress-line.ts"),
    import("../backup/faults.ts"),
  ]);
  const placeOf = (part: PartName): string => (part === "keyring" ? (options.keyring ?? folder) : folder);
  const parts = await withFaults(() => Promise.all(partsOf(options.only).map((part) => readPart(placeOf(part), part))));
  const ahead = await examine(config, parts);
  await withFaults(async () => {
    for (const part of parts) {
      const line = progressLine(say`checking ${part.part}`, say`bytes`);
      await verifyPart(part, line.tell).finally(() => line.end());
    }
  });
  const taken = (name: PartName) => parts.find(({ part }) => part === name)?.manifest.takenAt;
  const words = since(
    taken("state") ?? taken("keyring") ?? "",
    taken("keyring"),
    config.KAFKA_BROKERS !== undefined,
    ahead,
  );
  await confirmed(say`Restore it?`, options.yes === true, [
    partsTable(parts.map(({ part, manifest }) => [part, manifest])),
    ...words,
  ]);
  const lines: ReturnType<typeof progressLine>[] = [];
  const progress = (part: PartName) => {
    const line = progressLine(say`restoring ${part}`, say`rows`);
    lines.push(line);
    return line.tell;
  };
  const stop = stoppedBySignal();
  await withFaults(() => restore({ config, parts, progress, signal: stop.signal }))
    .catch((error: unknown) => {
      if (stop.signal.aborted) throw new CommandError(say`stopped: run it again`, EXIT.failed);
      throw error;
    })
    .finally(() => lines.forEach((line) => line.end()));
  const done = parts.map(({ part, manifest }) => ({ part, takenAt: manifest.takenAt }));
  print(json, { parts: done, ahead: String(ahead.records), lost: ahead.lost }, () =>
    [
      style.bold(say`restored, as of ${taken("state") ?? taken("keyring") ?? ""}`),
      ...words,
      "",
      say`Next: ruta start`,
    ].join("\n"),
  );
}

/** The command. */
export function restoreCommand(): Command {
  return addYes(
    new Command("restore")
      .description("load a backup into an empty database, with the hub stopped")
      .argument("<folder>", "as `ruta backup` has made it")
      .option("--keyring <folder>", "take the keyring from this backup, which is later")
      .addOption(onlyOption()),
  ).action(run);
}
