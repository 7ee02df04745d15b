// Reads a folder of YAML into entries that remember where each of their fields was written.
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Problem, collect, parseLines, resolved, sorted } from "@ruta/kit/written";
import type { Position } from "@ruta/kit/written";
import { isMap, isScalar, isSeq } from "yaml";
import type { Node } from "yaml";
import { SECTIONS } from "./schema.ts";
import type { WrittenKind } from "./schema.ts";

/** An entry as it was written: its shape is not checked yet. This is also its form in the body of an apply. */
export interface WrittenEntry {
  readonly kind: WrittenKind;
  readonly value: unknown;
  readonly at: Position;
}

/** What reading gave. Entries only when every file could be read: half a folder would blame what is whole. */
export type Read =
  | { readonly ok: true; readonly entries: readonly WrittenEntry[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const MAX_FILE_BYTES = 4 * 1024 * 1024;
const NAMES = Object.keys(SECTIONS).join(", ");

/** Reads every *.yaml and *.yml directly in a folder, in order of name. */
export async function readFolder(folder: string): Promise<Read> {
  const problem = (file: string, message: string, remedy: string): Problem =>
    new Problem({ file, line: 0 }, "", "", message, remedy);
  const names = await readdir(folder).catch(() => undefined);
  if (!names)
    return {
      ok: false,
      problems: [problem(folder, "is not a folder that can be read", "name a folder with *.yaml files")],
    };
  const files = names.filter((name) => /\.ya?ml$/.test(name)).toSorted();
  if (files.length === 0)
    return {
      ok: false,
      problems: [problem(folder, "has no *.yaml file", "name a folder with *.yaml files directly in it")],
    };
  const entries: WrittenEntry[] = [];
  const problems: Problem[] = [];
  for (const name of files) {
    const path = join(folder, name);
    if ((await stat(path)).size > MAX_FILE_BYTES) {
      problems.push(problem(name, "is larger than 4 MiB", "split it into several files"));
      continue;
    }
    const read = readText(name, await readFile(path, "utf8"));
    if (read.ok) entries.push(...read.entries);
    else problems.push(...read.problems);
  }
  return problems.length > 0 ? { ok: false, problems: sorted(problems) } : { ok: true, entries };
}

/** Reads the text of one file. Pure. */
export function readText(file: string, text: string): Read {
  const parsed = parseLines(file, text);
  if (!parsed.ok) return parsed;
  const { document, root, lineAt } = parsed;
  const problems: Problem[] = [];
  const entries: WrittenEntry[] = [];
  if (root === null) return { ok: true, entries };
  const lineOf = (node: Node | null | undefined, fallback: number): number =>
    node?.range ? lineAt(node.range[0]) : fallback;
  const wrong = (line: number, field: string, message: string, remedy: string): number =>
    problems.push(new Problem({ file, line }, "", field, message, remedy));
  if (!isMap(root)) {
    wrong(lineOf(root, 1), "", "is not a mapping of sections", `begin with a section: ${NAMES}`);
    return { ok: false, problems };
  }
  for (const pair of root.items) {
    const key = pair.key as Node;
    const line = lineOf(key, 1);
    const section = String(isScalar(key) ? key.value : key);
    const kind = Object.hasOwn(SECTIONS, section) ? SECTIONS[section] : undefined;
    const items = resolved(pair.value as Node | null, document);
    if (kind === undefined) wrong(line, section, "is not a section", `sections are ${NAMES}`);
    else if (!isSeq(items))
      wrong(line, section, "is not a list", "write each entry as an item that begins with a hyphen");
    else
      for (const item of items.items as (Node | null)[]) {
        const node = resolved(item, document);
        if (!isMap(node)) {
          wrong(
            lineOf(node, line),
            section,
            "has an item that is not a mapping",
            "write the fields of each entry as name: value",
          );
          continue;
        }
        const fields: Record<string, number> = {};
        collect(node, "", lineAt, fields);
        try {
          entries.push({ kind, value: node.toJS(document), at: { file, line: lineOf(node, line), fields } });
        } catch {
          // Aliases that stand for nothing, or that unfold into more than could be meant.
          wrong(lineOf(node, line), section, "has aliases that cannot be unfolded", "write the values out");
        }
      }
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, entries };
}
