// TypeScript types of what the door takes, written from the very schemas it checks by: packages/client/src/gen/acts.ts. Pure.
import { STATUS_WORDS } from "@ruta/events";
import { z } from "zod";
import { DATA } from "./acts.ts";

/** The JSON Schema that zod writes of the acts, as far as it is read here. */
interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly description?: string;
}

const SCALARS: Readonly<Record<string, string>> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
};

function comment({ description, items }: Schema, indent: string): string {
  const words = description ?? items?.description;
  return words === undefined ? "" : `${indent}/** ${words.replaceAll("*/", "* /")} */\n`;
}

function objectOf({ properties = {}, required = [] }: Schema, indent: string): string {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, schema]) => {
    const mark = required.includes(name) ? "" : "?";
    return `${comment(schema, inner)}${inner}readonly ${name}${mark}: ${typeOf(schema, inner)};\n`;
  });
  return `{\n${fields.join("")}${indent}}`;
}

/** The type of a schema. Throws at what it does not know: a type that says too little would be a second truth. */
export function typeOf(schema: Schema, indent = ""): string {
  if (schema.$ref !== undefined) return schema.$ref.replace("#/$defs/", "");
  if (schema.anyOf) return schema.anyOf.map((one) => typeOf(one, indent)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.type === "object" && schema.properties) return objectOf(schema, indent);
  if (schema.type === "array" && schema.items) return `ReadonlyArray<${typeOf(schema.items, indent)}>`;
  const scalar = SCALARS[schema.type ?? ""];
  if (scalar === undefined) throw new Error(`no type for the schema ${JSON.stringify(schema)}`);
  return scalar;
}

/** The text of the file: each act with its data, what they share, and the words of a status. */
export function actTypes(): string {
  const acts = Object.entries(DATA).map(
    ([act, schema]) => [act, z.toJSONSchema(schema, { io: "input" }) as Schema] as const,
  );
  const shared = new Map(
    acts
      .flatMap(([, schema]) => Object.entries(schema.$defs ?? {}))
      .toSorted(([one], [other]) => one.localeCompare(other)),
  );
  return [
    "// What each act carries: generated from the schemas of the door, never edited. `npm test -- --project unit act-types -u`",
    ...[...shared].map(([name, schema]) => `\n${comment(schema, "")}export interface ${name} ${objectOf(schema, "")}`),
    "\n/** The data of each act, by the last word of its type `ruta.referral.<act>`. */",
    "export interface ActData {",
    ...acts.map(([act, schema]) => `  readonly ${JSON.stringify(act)}: ${typeOf(schema, "  ")};`),
    "}",
    "\n/** Every status of a referral (FHIR R4 Task.status, as far as the lifecycle has them). */",
    `export type Status = ${STATUS_WORDS.map((word) => JSON.stringify(word)).join(" | ")};`,
    "",
  ].join("\n");
}
