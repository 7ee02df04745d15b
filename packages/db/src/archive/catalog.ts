// What there is to archive: tables of schemas in an order in which they can be loaded, their sequences and migrations.
import { sql } from "../sql.ts";
import type { ArchivedMigration, ArchivedSequence } from "./manifest.ts";
import type { Session } from "./session.ts";

/** A table with its columns, all that are stored. */
export interface Table {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
}

/** Which of these schemas the database has. */
export async function presentSchemas({ query }: Session, schemas: readonly string[]): Promise<string[]> {
  const rows = await query<{ name: string }>(sql`
    SELECT nspname AS name FROM pg_namespace WHERE nspname = ANY(${schemas}::text[]) ORDER BY nspname`);
  return rows.map(({ name }) => name);
}

/** The tables but that of migrations, as they were made: whoever refers to another was made after it. */
export async function tablesOf({ query }: Session, schemas: readonly string[]): Promise<Table[]> {
  return query<Table>(sql`
    SELECT n.nspname AS schema, c.relname AS "table", array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE n.nspname = ANY(${schemas}::text[]) AND c.relkind = 'r' AND c.relname <> 'migrations'
    GROUP BY n.nspname, c.relname, c.oid ORDER BY array_position(${schemas}::text[], n.nspname::text), c.oid`);
}

/** Rows of each table, as the transaction sees them. */
export async function countRows({ query }: Session, tables: readonly Table[]): Promise<number[]> {
  const counts: number[] = [];
  for (const { schema, table } of tables) {
    const [row] = await query<{ rows: string }>(sql`SELECT count(*) AS rows FROM ${sql.id(schema, table)}`);
    counts.push(Number(row?.rows ?? 0));
  }
  return counts;
}

/** Where the sequences stand now: never behind the rows of the transaction. */
export function sequencesOf({ query }: Session, schemas: readonly string[]): Promise<ArchivedSequence[]> {
  return query<ArchivedSequence>(sql`
    SELECT schemaname AS schema, sequencename AS sequence, last_value::text AS last FROM pg_sequences
    WHERE schemaname = ANY(${schemas}::text[]) ORDER BY 1, 2`);
}

/** The migrations that each schema has had, by their names. */
export async function migrationsOf({ query }: Session, schemas: readonly string[]): Promise<ArchivedMigration[]> {
  const all: ArchivedMigration[] = [];
  for (const schema of schemas)
    all.push(
      ...(await query<ArchivedMigration>(sql`
        SELECT ${schema}::text AS schema, name AS migration, encode(sha256, 'hex') AS sha256
        FROM ${sql.id(schema, "migrations")} ORDER BY applied_at, name`)),
    );
  return all;
}
