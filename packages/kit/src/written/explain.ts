// Says in plain words what of a value does not fit its schema, and what would.
import type { z } from "zod";
import { Problem } from "./problem.ts";
import type { Position } from "./problem.ts";

/** A value that is held against a schema, whose it is, and where it was written. */
export interface Held {
  readonly entry: string;
  readonly value: unknown;
  readonly at: Position;
}

/** One issue of a value that was held against a schema, as problems: `entry` names whose value it is. */
export function explain(schema: z.ZodType, { entry, value, at }: Held, issue: z.core.$ZodIssue): Problem[] {
  const field = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const known = fieldsAt(schema, issue.path);
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
