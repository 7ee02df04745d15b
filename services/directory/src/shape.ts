// Holds each written entry against its schema, and says in plain words what does not fit and what would.
import { explain } from "@ruta/kit/written";
import type { Problem } from "@ruta/kit/written";
import type { WrittenEntry } from "./files.ts";
import { WRITTEN } from "./schema.ts";
import type { Written, WrittenKind } from "./schema.ts";

/** An entry whose shape is right. */
export interface ShapedEntry<K extends WrittenKind = WrittenKind> {
  readonly kind: K;
  readonly value: Written<K>;
  readonly at: WrittenEntry["at"];
}

/** Sorts entries into those of the right shape and problems with the others. Pure. */
export function shape(entries: readonly WrittenEntry[]): { shaped: ShapedEntry[]; problems: Problem[] } {
  const shaped: ShapedEntry[] = [];
  const problems: Problem[] = [];
  for (const { kind, value, at } of entries) {
    const parsed = WRITTEN[kind].safeParse(value);
    if (parsed.success) shaped.push({ kind, value: parsed.data, at });
    else
      problems.push(
        ...parsed.error.issues.flatMap((issue) =>
          explain(WRITTEN[kind], { entry: nameOf(kind, value), value, at }, issue),
        ),
      );
  }
  return { shaped, problems };
}

/** Kind and id of an entry for people; the kind alone when it has no usable id. */
export function nameOf(kind: WrittenKind, value: unknown): string {
  const fields = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const id = kind === "term" ? fields.code : kind === "endpoint" ? fields.institution : fields.id;
  return typeof id === "string" && id.length <= 80 ? `${kind} ${id}` : kind;
}
