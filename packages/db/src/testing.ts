// Databases for tests: a fresh one for each test file, dropped at its end.
import { randomBytes } from "node:crypto";
import { openDb } from "./open.ts";
import { sql } from "./sql.ts";

/** A database of its own for a test. */
export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Makes an empty database on the server that RUTA_TEST_DATABASE_URL names (about 20 ms). */
export async function testDatabase(): Promise<TestDatabase> {
  const server = process.env.RUTA_TEST_DATABASE_URL;
  if (!server) throw new Error("RUTA_TEST_DATABASE_URL is not set: run the tests with `npm test`, which starts a server");
  const name = `test_${randomBytes(6).toString("hex")}`;
  const admin = openDb({ url: server, name: "ruta-test", max: 1 });
  await admin.query(sql`CREATE DATABASE ${sql.id(name)}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async drop() {
      await admin.query(sql`DROP DATABASE IF EXISTS ${sql.id(name)} WITH (FORCE)`);
      await admin.close();
    },
  };
}
