// `ruta directory`: shows the directory, and applies a folder of YAML to it, all or nothing.
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print, style, table } from "../output.ts";
import { more, whole } from "../paging.ts";

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
  if (seen.length === 0) return say`nothing to change; revision ${revision} stands`;
  const lines = seen.map(
    ({ change, kind, id, fields }) =>
      `${MARKS[change] ?? " "} ${kind} ${id}${fields?.length ? ` (${fields.join(", ")})` : ""}`,
  );
  return [
    ...lines,
    dryRun ? say`${seen.length} changes; nothing was applied` : say`${seen.length} changes are revision ${revision}`,
  ].join("\n");
}

type Entry = Readonly<Record<string, string>>;

interface ShowOptions {
  readonly match?: string;
  readonly limit: number;
  readonly after?: string;
}

const idOf = (entry: Entry): string => entry.id ?? entry.code ?? "";

/** The entries that match, a page of them, and behind which the next one begins. */
function pageOf(entries: readonly Entry[], { match = "", limit, after }: ShowOptions) {
  const text = match.toLowerCase();
  const found = entries.filter((entry) => `${idOf(entry)} ${entry.name ?? ""}`.toLowerCase().includes(text));
  const start = after === undefined ? 0 : found.findIndex((entry) => idOf(entry) === after) + 1;
  const page = found.slice(start, start + limit);
  const last = page.at(-1);
  const next = last && start + limit < found.length ? idOf(last) : undefined;
  return { found: found.length, page, next };
}

/** The command and its sub-commands. */
export function directoryCommand(): Command {
  const directory = new Command("directory").description("institutions, services, places, terms and territories");
  directory
    .command("apply")
    .description("validate folders of YAML, show what would change, and apply all of it or nothing")
    .argument("<folders...>", "folders with *.yaml files")
    .requiredOption("--reason <text>", "why, for the record")
    .option("--dry-run", "show what would change and stop")
    .action(async (folders: string[], options: { reason: string; dryRun?: boolean }, command: Command) => {
      const context = contextOf(command);
      const { readFolder } = await import("@ruta/directory");
      const read = await Promise.all(folders.map(readFolder));
      const problems = read.flatMap((one) => (one.ok ? [] : one.problems));
      if (problems.length > 0)
        throw new CommandError(
          say`${problems.length} faults in ${folders.join(", ")}`,
          EXIT.refused,
          problems.map(String).join("\n"),
        );
      const entries = read.flatMap((one) => (one.ok ? one.entries : []));
      const dryRun = options.dryRun === true;
      const admin = await context.admin();
      const body = { entries, reason: options.reason, dryRun };
      const applied = await admin.request<Applied>("POST", "/admin/directory/apply", body);
      print(context.json, applied, () => changesText(applied, dryRun));
    });
  directory
    .command("show")
    .description("list the entries of a kind")
    .argument("[kind]", "institution, service, place, endpoint, term, territory", "institution")
    .option("--match <text>", "only entries whose id or name holds this")
    .option("--limit <n>", "most rows", whole, 100)
    .option("--after <id>", "go on behind this one")
    .action(async (kind: string, options: ShowOptions, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const shown = await admin.request<{ revision: string; entries: Record<string, string>[] }>(
        "GET",
        `/admin/directory/${kind}`,
      );
      const { found, page, next } = pageOf(shown.entries, options);
      print(context.json, { revision: shown.revision, entries: page, ...(next === undefined ? {} : { next }) }, () => {
        const rows = page.map((entry) => [
          idOf(entry),
          entry.name ?? "",
          entry.type ?? entry.service_type ?? entry.url ?? entry.kind ?? "",
        ]);
        const head = say`revision ${shown.revision}, ${found} entries`;
        return `${head}\n${table(["id", say`name`, say`detail`], rows)}${more(next)}`;
      });
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
