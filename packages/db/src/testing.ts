// Databases for tests: each test file gets an empty one of its own on the test server.
import { randomBytes } from "node:crypto";
import pg from "pg";
import { sql } from "./sql.ts";

/** A database that one test owns. */
export interface TestDatabase {
  readonly url: string;
  /** Removes it, closing whatever is still connected. */
  drop(): Promise<void>;
}

async function onServer(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: "ruta test" });
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** Makes an empty database (about 20 ms) on the server of RUTA_TEST_DATABASE_URL, which the test run has started. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = process.env["RUTA_TEST_DATABASE_URL"];
  if (!server) throw new Error("RUTA_TEST_DATABASE_URL is not set: run this test by vitest, with tests/servers.ts");
  const name = `ruta_test_${randomBytes(6).toString("hex")}`;
  // template0, because nobody can be connected to it: template1 in use would refuse the copy.
  await onServer(server, sql`CREATE DATABASE ${sql.id(name)} TEMPLATE template0`.text);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => onServer(server, sql`DROP DATABASE IF EXISTS ${sql.id(name)} WITH (FORCE)`.text),
  };
}

/** Keeps the rows of schemas as they stand, and answers what puts them back: a database that was restored from a backup. */
export async function keepRows(url: string, schemas: readonly string[]): Promise<() => Promise<void>> {
  const tables = `SELECT n.nspname AS schema, c.relname AS name, string_agg(quote_ident(a.attname), ', ') AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname = ANY('{${schemas.join(",")}}') AND c.relkind = 'r' AND c.relname <> 'migrations'
    GROUP BY n.nspname, c.relname, c.oid ORDER BY c.oid`;
  const kept = `kept_${randomBytes(4).toString("hex")}`;
  await onServer(
    url,
    `DO $$ DECLARE t record; BEGIN CREATE SCHEMA ${kept};
      FOR t IN ${tables} LOOP
        EXECUTE format('CREATE TABLE ${kept}.%I AS TABLE %I.%I', t.schema || '.' || t.name, t.schema, t.name);
      END LOOP; END $$`,
  );
  return () =>
    onServer(
      url,
      `DO $$ DECLARE t record; BEGIN
        FOR t IN ${tables} DESC LOOP EXECUTE format('DELETE FROM %I.%I', t.schema, t.name); END LOOP;
        FOR t IN ${tables} LOOP
          EXECUTE format('INSERT INTO %I.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM ${kept}.%I',
            t.schema, t.name, t.columns, t.columns, t.schema || '.' || t.name);
        END LOOP; END $$`,
    );
}
