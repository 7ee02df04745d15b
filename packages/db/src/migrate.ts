// Migrations: numbered SQL files, forward only, safe when several processes start at once.
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import pg from "pg";
import type { Db } from "./open.ts";
import { sql } from "./sql.ts";

/** A migration that was changed after it had been applied, or two of one name in one schema. */
export class MigrationChanged extends Error {
  override readonly name = "MigrationChanged";
  constructor(migration: string, schema: string) {
    super(`migration ${migration} of schema ${schema} differs from the one applied: write a new one instead`);
  }
}

/** Where migrations lie and where they go. */
export interface MigrateOptions {
  /** Schema that receives them; made when absent. The files name it as `:schema`; unqualified names mean it too. */
  readonly schema: string;
  /** Folder of files named `001-what.sql`, applied by their number. Two folders may share a schema. */
  readonly folder: URL;
  /** Told of each file after it was committed. */
  readonly after?: (name: string) => void;
}

// Not after a colon, which would be a cast.
const SCHEMA = /(?<!:):schema\b/g;
const FILE = /^\d{3}-[a-z0-9-]+\.sql$/;

/**
 * Applies what is missing, each file in a transaction of its own, and returns their names. Whoever comes second waits
 * and finds the work done. Migrations of a newer version, which this one does not know, are left alone: an older
 * version may go on beside it (expand, then contract).
 */
export async function migrate(db: Db, options: MigrateOptions): Promise<string[]> {
  const names = (await readdir(options.folder)).filter((name) => name.endsWith(".sql")).toSorted();
  const strange = names.find((name) => !FILE.test(name));
  if (strange !== undefined) throw new Error(`${strange} is not named like 001-what.sql`);
  // A connection of its own: a migration may last longer than the pool allows.
  const client = new pg.Client({ connectionString: db.url, application_name: "ruta migrate", keepAlive: true });
  client.on("error", () => {});
  const applied: string[] = [];
  try {
    await client.connect();
    await locked(client, options.schema, () => prepare(client, options.schema));
    for (const name of names) {
      const text = (await readFile(new URL(name, folderUrl(options.folder)), "utf8")).replaceAll("\r\n", "\n");
      const isNew = await locked(client, options.schema, () => apply(client, options.schema, name, text));
      if (!isNew) continue;
      applied.push(name);
      options.after?.(name);
    }
    return applied;
  } finally {
    await client.end().catch(() => {});
  }
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

async function apply(client: pg.Client, schema: string, name: string, text: string): Promise<boolean> {
  const sha256 = createHash("sha256").update(text).digest();
  const table = sql.id(schema, "migrations");
  const insert = sql`INSERT INTO ${table} (name, sha256) VALUES (${name}, ${sha256}) ON CONFLICT DO NOTHING`;
  const { rowCount } = await client.query(insert.text, [...insert.values]);
  if (rowCount === 0) {
    const select = sql`SELECT sha256 FROM ${table} WHERE name = ${name}`;
    const { rows } = await client.query<{ sha256: Buffer }>(select.text, [...select.values]);
    if (!rows[0]?.sha256.equals(sha256)) throw new MigrationChanged(name, schema);
    return false;
  }
  await client.query(sql`SET LOCAL search_path TO ${sql.id(schema)}`.text);
  await client.query(text.replaceAll(SCHEMA, () => sql.id(schema).text));
  return true;
}

// The lock comes first in each transaction: even CREATE ... IF NOT EXISTS fails when two do it at once.
async function locked<T>(client: pg.Client, schema: string, fn: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    const lock = sql`SELECT pg_advisory_xact_lock(hashtextextended(${`migrate ${schema}`}, 0))`;
    await client.query(lock.text, [...lock.values]);
    const result = await fn();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

function folderUrl(folder: URL): URL {
  return folder.href.endsWith("/") ? folder : new URL(`${folder.href}/`);
}
