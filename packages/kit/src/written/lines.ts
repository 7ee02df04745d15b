// YAML that remembers the line of each of its fields.
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Document, Node } from "yaml";
import { Problem } from "./problem.ts";

/** A text that is YAML, or what is wrong with it. */
export type Parsed =
  | { readonly ok: true; readonly document: Document; readonly root: Node | null; lineAt(offset: number): number }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Parses the text of a file. */
export function parseLines(file: string, text: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const problems = [...document.errors, ...document.warnings].map(
    (error) => new Problem({ file, line: lineAt(error.pos[0]) }, "", "", error.message, "correct the YAML"),
  );
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, document, root: document.contents as Node | null, lineAt };
}

/** What an alias stands for; every other node itself. */
export function resolved(node: Node | null | undefined, document: Document): Node | null | undefined {
  return isAlias(node) ? node.resolve(document) : node;
}

/** Notes the line of every field below a node; what an alias stands for keeps the line of the alias. */
export function collect(
  node: Node | null | undefined,
  path: string,
  lineAt: (offset: number) => number,
  into: Record<string, number>,
): void {
  if (path !== "" && node?.range) into[path] ??= lineAt(node.range[0]);
  const below = (name: string): string => (path === "" ? name : `${path}.${name}`);
  if (isSeq(node))
    for (const [index, item] of node.items.entries()) collect(item as Node, below(String(index)), lineAt, into);
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    const name = below(String(isScalar(key) ? key.value : key));
    const { range } = key as Node;
    if (range) into[name] = lineAt(range[0]);
    collect(value as Node | null, name, lineAt, into);
  }
}
