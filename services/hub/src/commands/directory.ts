// `ruta directory`: shows the directory, and applies a folder of YAML to it, all or nothing.
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { CommandError, EXIT, print, style, table } from "../output.ts";

interface Applied {
  readonly revision: string;
  readonly changes: readonly {
    readonly change: string;
    readonly kind: string;
    readonly id: string;
    readonly fields?: readonly string[];
  }[];
}

const MARKS: Readonly<Record<string, string>> = {
  added: style.green("+"),
  changed: style.yellow("~"),
  ended: style.red("-"),
};

function changesText({ changes, revision }: Applied, dryRun: boolean): string {
  const seen = changes.filter(({ change }) => change !== "unchanged");
  if (seen.length === 0) return `nothing to change; revision ${revision} stands`;
  const lines = seen.map(
    ({ change, kind, id, fields }) =>
      `${MARKS[change] ?? " "} ${kind} ${id}${fields?.length ? ` (${fields.join(", ")})` : ""}`,
  );
  return [
    ...lines,
    dryRun ? `${seen.length} changes; nothing was applied` : `${seen.length} changes are revision ${revision}`,
  ].join("\n");
}

/** The command and its sub-commands. */
export function directoryCommand(): Command {
  const directory = new Command("directory").description("institutions, services, places, terms and territories");
  directory
    .command("apply")
    .description("validate a folder of YAML, show what would change, and apply all of it or nothing")
    .argument("<folder>", "folder with *.yaml files")
    .requiredOption("--reason <text>", "why, for the record")
    .option("--dry-run", "show what would change and stop")
    .action(async (folder: string, options: { reason: string; dryRun?: boolean }, command: Command) => {
      const context = contextOf(command);
      const { readFolder } = await import("@ruta/directory");
      const read = await readFolder(folder);
      if (!read.ok)
        throw new CommandError(
          `${read.problems.length} faults in ${folder}`,
          EXIT.refused,
          read.problems.map(String).join("\n"),
        );
      const dryRun = options.dryRun === true;
      const admin = await context.admin();
      const body = { entries: read.entries, reason: options.reason, dryRun };
      const applied = await admin.request<Applied>("POST", "/admin/directory/apply", body);
      print(context.json, applied, () => changesText(applied, dryRun));
    });
  directory
    .command("show")
    .description("list the entries of a kind")
    .argument("[kind]", "institution, service, place, endpoint, term, territory", "institution")
    .action(async (kind: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const shown = await admin.request<{ revision: string; entries: Record<string, unknown>[] }>(
        "GET",
        `/admin/directory/${kind}`,
      );
      print(context.json, shown, () =>
        [
          `revision ${shown.revision}, ${shown.entries.length} entries`,
          table(
            ["id", "name", "detail"],
            shown.entries.map((entry) => [
              String(entry.id ?? entry.code ?? ""),
              String(entry.name ?? ""),
              String(entry.type ?? entry.service_type ?? entry.url ?? entry.kind ?? ""),
            ]),
          ),
        ].join("\n"),
      );
    });
  directory
    .command("schema")
    .description("print the JSON Schema of the YAML files, from which editors complete")
    .action(async () => {
      const { directoryJsonSchema } = await import("@ruta/directory");
      process.stdout.write(`${JSON.stringify(directoryJsonSchema(), null, 2)}\n`);
    });
  return directory;
}
