// Indexes on tables that may be large: built beside their use, outside of a transaction, and built anew where that was cut short.
import type pg from "pg";
import { sql } from "./sql.ts";

const COMMENT = /--.*$/gm;
const CREATE = /^CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+([a-z_][a-z0-9_]*)\s+ON\s/i;

function statementsOf(text: string): string[] {
  return text
    .replaceAll(COMMENT, "")
    .split(";")
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}

/** Whether a file builds indexes concurrently, which cannot be done in a transaction. */
export function isConcurrent(text: string): boolean {
  return statementsOf(text).some((statement) => /^CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\b/i.test(statement));
}

/** Builds the indexes of a file. Throws where it holds anything else, or an index without a name. */
export async function buildIndexes(client: pg.Client, schema: string, file: string, text: string): Promise<void> {
  for (const statement of statementsOf(text)) {
    const name = CREATE.exec(statement)?.[1];
    if (name === undefined)
      throw new Error(
        `${file} may hold nothing but CREATE INDEX CONCURRENTLY name ON: it runs outside of a transaction`,
      );
    const standing = sql`SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass(${sql.id(schema, name).text})`;
    const { rows } = await client.query<{ valid: boolean }>(standing.text, [...standing.values]);
    if (rows[0]?.valid) continue;
    // What a build leaves that was cut short slows writers down and serves nobody.
    if (rows[0]) await client.query(sql`DROP INDEX CONCURRENTLY ${sql.id(schema, name)}`.text);
    await client.query(sql`SET search_path TO ${sql.id(schema)}`.text);
    try {
      await client.query(statement);
    } finally {
      await client.query("RESET search_path").catch(() => {});
    }
  }
}
