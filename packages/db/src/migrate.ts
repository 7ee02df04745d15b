// Migrations: numbered SQL files, forward only, safe when several processes start at once and while older ones still run.
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import pg from "pg";
import { buildIndexes, isConcurrent } from "./migrate-index.ts";
import { locked, lockedForSession } from "./migrate-lock.ts";
import type { Db } from "./open.ts";
import { sql } from "./sql.ts";

/** A migration that was changed after it had been applied, or two of one name in one schema. */
export class MigrationChanged extends Error {
  override readonly name = "MigrationChanged";
  constructor(migration: string, schema: string) {
    super(`migration ${migration} of schema ${schema} differs from the one applied: write a new one instead`);
  }
}

/** A newer version has taken away what this one needs. */
export class DatabaseNewer extends Error {
  override readonly name = "DatabaseNewer";
  constructor(migration: string, schema: string) {
    super(
      `schema ${schema} was changed by a newer version (${migration}) in a way that this version cannot work with: ` +
        `install the newer version, or restore a backup from before it`,
    );
  }
}

/** Where migrations lie and where they go. */
export interface MigrateOptions {
  /** Schema that receives them; made when absent. The files name it as `:schema`; unqualified names mean it too. */
  readonly schema: string;
  /**
   * Folder of files named `001-what.sql`, applied by their number. `001-contract-what.sql` takes away what an older version
   * needs. A file of CREATE INDEX CONCURRENTLY alone runs outside of a transaction.
   */
  readonly folder: URL;
  /** Begins the names of all files of a folder that shares its schema with another: `log` for `001-log-what.sql`. */
  readonly family?: string;
  /** Told of each file after it was committed. */
  readonly after?: (name: string) => void;
}

interface Migration {
  readonly name: string;
  readonly text: string;
}

// Not after a colon, which would be a cast.
const SCHEMA = /(?<!:):schema\b/g;
const FILE = /^\d{3}-[a-z0-9-]+\.sql$/;
/** Whoever is killed at work is found gone after this time, and what it held is free. */
const GONE = "2s";

/**
 * Applies what is missing, each file in a transaction of its own, and returns their names. Whoever comes second waits
 * and finds the work done. What a newer version has added is left alone: an older version may go on beside it (expand);
 * where it has taken something away (contract), an older one is refused with DatabaseNewer.
 */
export async function migrate(db: Db, options: MigrateOptions): Promise<string[]> {
  const { schema, folder, family } = options;
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).toSorted();
  const begins = family === undefined ? "" : `${family}-`;
  const strange = names.find((name) => !FILE.test(name) || !name.startsWith(begins, 4));
  if (strange !== undefined) throw new Error(`${strange} is not named like 001-${begins}what.sql`);
  // A connection of its own: a migration may last longer than the pool allows.
  const client = new pg.Client({ connectionString: db.url, application_name: "ruta migrate", keepAlive: true });
  client.on("error", () => {});
  const applied: string[] = [];
  try {
    await client.connect();
    // Where the server's system cannot tell, the end of the statement does.
    await client.query(`SET client_connection_check_interval = '${GONE}'`).catch(() => {});
    await locked(client, schema, "", () => prepare(client, schema));
    const unknown = (await contracts(client, schema, begins)).find((name) => !names.includes(name));
    if (unknown !== undefined) throw new DatabaseNewer(unknown, schema);
    for (const name of names) {
      const text = await textOf(folder, name);
      if (!(await bringIn(client, schema, { name, text }))) continue;
      applied.push(name);
      options.after?.(name);
    }
    return applied;
  } finally {
    await client.end().catch(() => {});
  }
}

async function textOf(folder: URL, name: string): Promise<string> {
  return (await readFile(new URL(name, folderUrl(folder)), "utf8")).replaceAll("\r\n", "\n");
}

/**
 * Makes a schema as it stood after these migrations, in the transaction of `client`, for one that nobody uses; answers those that
 * the folders have. Throws MigrationChanged for one whose file is not what had been applied.
 */
export async function applyWithin(
  client: pg.Client,
  schema: string,
  folders: readonly URL[],
  had: readonly { readonly migration: string; readonly sha256: string }[],
): Promise<string[]> {
  await prepare(client, schema);
  const places = new Map<string, URL>();
  for (const folder of folders) for (const name of await readdir(folder)) places.set(name, folder);
  const known: string[] = [];
  for (const { migration: name, sha256 } of had) {
    const folder = places.get(name);
    if (!folder) continue;
    const text = await textOf(folder, name);
    if (sha256Of(text).toString("hex") !== sha256) throw new MigrationChanged(name, schema);
    await note(client, schema, { name, text });
    await client.query(sql`SET LOCAL search_path TO ${sql.id(schema)}`.text);
    const within = isConcurrent(text) ? text.replaceAll(/\bCONCURRENTLY\b/gi, "") : text;
    await client.query(inSchema(within, schema));
    known.push(name);
  }
  return known;
}

async function prepare(client: pg.Client, schema: string): Promise<void> {
  await client.query(sql`CREATE SCHEMA IF NOT EXISTS ${sql.id(schema)}`.text);
  await client.query(
    sql`CREATE TABLE IF NOT EXISTS ${sql.id(schema, "migrations")} (
      name text PRIMARY KEY,
      sha256 bytea NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`.text,
  );
}

/** Contracts of this family that were applied, by whichever version. */
async function contracts(client: pg.Client, schema: string, begins: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(sql`SELECT name FROM ${sql.id(schema, "migrations")}`.text);
  return rows.map(({ name }) => name).filter((name) => name.startsWith(`${begins}contract-`, 4));
}

/** Applies a file unless it was; answers whether it was missing. */
async function bringIn(client: pg.Client, schema: string, migration: Migration): Promise<boolean> {
  const { name, text } = migration;
  if (!isConcurrent(text)) return locked(client, schema, name, () => apply(client, schema, migration));
  return lockedForSession(client, schema, async () => {
    if (await isApplied(client, schema, migration)) return false;
    await buildIndexes(client, schema, name, inSchema(text, schema));
    return note(client, schema, migration);
  });
}

async function apply(client: pg.Client, schema: string, migration: Migration): Promise<boolean> {
  if (!(await note(client, schema, migration))) {
    await isApplied(client, schema, migration);
    return false;
  }
  await client.query(sql`SET LOCAL search_path TO ${sql.id(schema)}`.text);
  await client.query(inSchema(migration.text, schema));
  return true;
}

/** Whether it was applied; throws MigrationChanged when it was another then. */
async function isApplied(client: pg.Client, schema: string, { name, text }: Migration): Promise<boolean> {
  const select = sql`SELECT sha256 FROM ${sql.id(schema, "migrations")} WHERE name = ${name}`;
  const { rows } = await client.query<{ sha256: Buffer }>(select.text, [...select.values]);
  if (rows[0] && !rows[0].sha256.equals(sha256Of(text))) throw new MigrationChanged(name, schema);
  return rows.length > 0;
}

/** Notes that it is applied; false when it was noted before. */
async function note(client: pg.Client, schema: string, { name, text }: Migration): Promise<boolean> {
  const table = sql.id(schema, "migrations");
  const insert = sql`INSERT INTO ${table} (name, sha256) VALUES (${name}, ${sha256Of(text)}) ON CONFLICT DO NOTHING`;
  const { rowCount } = await client.query(insert.text, [...insert.values]);
  return rowCount === 1;
}

function sha256Of(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function inSchema(text: string, schema: string): string {
  return text.replaceAll(SCHEMA, () => sql.id(schema).text);
}

function folderUrl(folder: URL): URL {
  return folder.href.endsWith("/") ? folder : new URL(`${folder.href}/`);
}
