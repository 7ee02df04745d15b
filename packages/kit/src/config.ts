// Configuration: environment variables only, one zod schema a service, a precise word when one is wrong.
import { readFileSync } from "node:fs";
import { z } from "zod";

/** What a variable's schema may say about itself with `.meta()`. */
export interface VariableMeta {
  /** What it is for, in a few words. */
  readonly help?: string;
  /** True for what must never be printed. */
  readonly secret?: boolean;
}

/** One row of `describeConfig`. */
export interface ConfigRow {
  readonly name: string;
  /** As text; "(hidden)" for a secret that is set, "" when not set. */
  readonly value: string;
  readonly source: "environment" | "default" | "not set";
  readonly help: string;
}

/** A variable with a wrong value; the message names it and says what it takes, never the value of a secret. */
export class ConfigError extends Error {
  readonly variable: string;

  constructor(variable: string, words: string) {
    super(`${variable}: ${words}`);
    this.variable = variable;
  }
}

const PORT_WORDS = "a port, 0 to 65535; 0 lets the system choose";

/** A TCP port, from text. */
export const port = z.coerce.number(PORT_WORDS).int(PORT_WORDS).min(0, PORT_WORDS).max(65_535, PORT_WORDS);

/** Whether a file can be read and holds something in PEM form. */
export function isPem(file: string): boolean {
  try {
    return readFileSync(file, "utf8").includes("-----BEGIN ");
  } catch {
    return false;
  }
}

/** The path of a file in PEM form that can be read. */
export const pemFile = z
  .string()
  .refine(isPem, "no such file in PEM form: check the path, and that this process may read it");

/** An empty variable counts as one that is not set: that is how compose files and shells pass what is left out. */
function given(names: readonly string[], env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** Throws ConfigError when one of two variables is set and the other is not: certificate and key go together. */
export function together(values: Readonly<Record<string, unknown>>, one: string, other: string): void {
  const missing = [one, other].filter((name) => values[name] === undefined);
  if (missing.length === 1) throw new ConfigError(missing[0]!, "is missing: certificate and key go together");
}

function metaOf(schema: z.ZodObject, name: string): VariableMeta {
  return ((schema.shape[name] as z.ZodType | undefined)?.meta() ?? {}) as VariableMeta;
}

/** Parses the environment. Throws ConfigError for the first wrong or missing variable. */
export function loadConfig<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): z.infer<S> {
  const parsed = schema.safeParse(given(Object.keys(schema.shape), env));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const name = String(issue?.path[0] ?? "");
  const { help } = metaOf(schema, name);
  throw new ConfigError(name, `${issue?.message ?? "is wrong"}${help ? ` (${help})` : ""}`);
}

/** Every variable with its value in force and where it comes from; secrets are hidden. */
export function describeConfig(schema: z.ZodObject, env: NodeJS.ProcessEnv): ConfigRow[] {
  const names = Object.keys(schema.shape);
  const set = given(names, env);
  const values = loadConfig(schema, env);
  return names.map((name) => {
    const { help = "", secret = false } = metaOf(schema, name);
    const value = values[name];
    const source = name in set ? "environment" : value === undefined ? "not set" : "default";
    return {
      name,
      value: value === undefined ? "" : secret ? "(hidden)" : `${value as string | number}`,
      source,
      help,
    };
  });
}
