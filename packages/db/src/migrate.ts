// Migrations: numbered SQL files, forward only, safe when several processes start at once.
import { readFile, readdir } from "node:fs/promises";
import type { Db } from "./open.ts";
import { sql } from "./sql.ts";

/** What `migrate` takes. */
export interface MigrateOptions {
  /** Schema that holds the tables; made when missing. The files name it as :schema. */
  readonly schema: string;
  /** Folder of NNN-name.sql files. */
  readonly folder: URL;
}

/**
 * Applies the files that this schema has not seen, in order of name, each in its transaction, and answers their names.
 * The name is inserted first under an advisory lock, so a second process waits and then finds it done. A schema that a
 * newer version has already moved on is left as it is: migrations expand first and contract a release later.
 */
export async function migrate(db: Db, options: MigrateOptions): Promise<string[]> {
  const names = (await readdir(options.folder)).filter((name) => /^\d{3}-.+\.sql$/.test(name)).toSorted();
  const schema = sql.id(options.schema);
  const applied: string[] = [];
  for (const name of ["", ...names]) {
    const text = name === "" ? "" : await readFile(new URL(name, options.folder), "utf8");
    const done = await db.tx(async (tx) => {
      await tx.query(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`migrate ${options.schema}`}, 0))`);
      if (name === "") {
        await tx.query(sql`CREATE SCHEMA IF NOT EXISTS ${schema}`);
        await tx.query(sql`CREATE TABLE IF NOT EXISTS ${schema}.migration
          (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`);
        return false;
      }
      const fresh = await tx.query(
        sql`INSERT INTO ${schema}.migration (name) VALUES (${name}) ON CONFLICT DO NOTHING RETURNING name`,
      );
      if (fresh.length === 0) return false;
      const quoted = sql`${schema}`.text;
      await tx.query({ text: text.replaceAll(":schema", quoted), values: [] });
      return true;
    });
    if (done) applied.push(name);
  }
  return applied;
}
