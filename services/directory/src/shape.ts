// Holds each written entry against its schema, and says in plain words what does not fit and what would.
import type { z } from "zod";
import type { WrittenEntry } from "./files.ts";
import { Problem } from "./problem.ts";
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
    else problems.push(...parsed.error.issues.flatMap((issue) => explain(kind, value, at, issue)));
  }
  return { shaped, problems };
}

/** Kind and id of an entry for people; the kind alone when it has no usable id. */
export function nameOf(kind: WrittenKind, value: unknown): string {
  const fields = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const id = kind === "term" ? fields.code : kind === "endpoint" ? fields.institution : fields.id;
  return typeof id === "string" && id.length <= 80 ? `${kind} ${id}` : kind;
}

function explain(kind: WrittenKind, value: unknown, at: WrittenEntry["at"], issue: z.core.$ZodIssue): Problem[] {
  const entry = nameOf(kind, value);
  const field = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const known = fieldsAt(WRITTEN[kind], issue.path);
    return issue.keys.map((key) => {
      const meant = known.find((name) => distance(name, key) <= 2);
      const remedy = meant ? `did you mean ${meant}?` : `fields here are ${known.join(", ")}`;
      return new Problem(at, entry, field === "" ? key : `${field}.${key}`, "is not a field here", remedy);
    });
  }
  const found = valueAt(value, issue.path);
  if (found === undefined && issue.path.length > 0)
    return [new Problem(at, entry, field, "is missing", `give ${issue.message}`)];
  return [new Problem(at, entry, field, `does not take ${shown(found, field)}`, `give ${issue.message}`)];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/** A wrong value as it was written, short; an address is never repeated, since it may be a secret one. */
function shown(value: unknown, field: string): string {
  if (field === "address") return "this value";
  const text = JSON.stringify(value) ?? "this value";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The fields that an object of the schema takes at a path. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let inner: z.ZodType = schema;
  for (const key of ["", ...path]) {
    if (key !== "") inner = typeof key === "number" ? elementOf(inner) : (shapeOf(inner)[String(key)] ?? inner);
    while ("unwrap" in inner && inner.type !== "array") inner = (inner as z.ZodOptional<z.ZodType>).unwrap();
  }
  return Object.keys(shapeOf(inner));
}

function elementOf(schema: z.ZodType): z.ZodType {
  return (schema as z.ZodArray<z.ZodType>).element;
}

function shapeOf(schema: z.ZodType): Record<string, z.ZodType> {
  const { shape: fields } = schema as z.ZodObject<Record<string, z.ZodType>>;
  return fields;
}

/** Levenshtein distance: how many letters to change from one word to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
