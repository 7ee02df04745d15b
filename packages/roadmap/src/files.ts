// Reads the YAML of a roadmap into its message, or says with line and remedy what is wrong with it. Pure.
import { Problem, collect, explain, parseLines, sorted } from "@ruta/kit/written";
import type { Position } from "@ruta/kit/written";
import type { Roadmap } from "@ruta/events";
import { check } from "./check.ts";
import { toRoadmap } from "./form.ts";
import { WRITTEN } from "./schema.ts";

export type { Problem } from "@ruta/kit/written";
export { graphSvg, graphText } from "./graph.ts";
export { roadmapJsonSchema } from "./schema.ts";

/** A roadmap, or everything that is wrong with it, by line. */
export type ReadRoadmap =
  | { readonly ok: true; readonly roadmap: Roadmap }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Largest text that is read, in characters. */
const MAX_LENGTH = 256 * 1024;

/** Reads the text of one file. `file` is how it is named in problems. */
export function readRoadmap(file: string, text: string): ReadRoadmap {
  const wrong = (message: string, remedy: string): ReadRoadmap => ({
    ok: false,
    problems: [new Problem({ file, line: 1 }, "", "", message, remedy)],
  });
  if (text.length > MAX_LENGTH) return wrong("is longer than 256 KiB", "one file holds one roadmap");
  const parsed = parseLines(file, text);
  if (!parsed.ok) return parsed;
  if (parsed.root === null) return wrong("is empty", "begin with id, version and valid_from");
  const fields: Record<string, number> = {};
  collect(parsed.root, "", parsed.lineAt, fields);
  let value: unknown;
  try {
    value = parsed.document.toJS();
  } catch {
    return wrong("has aliases that cannot be unfolded", "write the values out");
  }
  const at: Position = { file, line: 1, fields };
  const shaped = WRITTEN.safeParse(value);
  if (!shaped.success) {
    const problems = shaped.error.issues.flatMap((issue) => explain(WRITTEN, { entry: "", value, at }, issue));
    return { ok: false, problems: sorted(problems) };
  }
  const problems = check(shaped.data, at);
  return problems.length > 0
    ? { ok: false, problems: sorted(problems) }
    : { ok: true, roadmap: toRoadmap(shaped.data) };
}
