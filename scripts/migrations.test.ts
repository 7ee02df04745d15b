// Migrations stay as they were applied, and new ones let the version before go on: expand, then contract.
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { faultsOf } from "./migration-rules.ts";

const LIST = readFileSync("scripts/migrations.sha256", "utf8");
const FILES = globSync("{packages,services}/*/src/**/migrations/*.sql").toSorted();

function entries(text: string): (readonly [file: string, sha256: string])[] {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => [line.slice(66), line.slice(0, 64)] as const);
}
const listed = new Map(entries(LIST));
const held = entries(LIST.slice(LIST.lastIndexOf("# From here on"))).map(([file]) => file);
const sha256Of = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

test("no migration that was listed is changed or gone: a new one is written instead", () => {
  expect(listed.size).toBeGreaterThan(15);
  expect([...listed].filter(([file, sha256]) => !FILES.includes(file) || sha256Of(file) !== sha256)).toEqual([]);
});

test("every migration is listed: these lines go at the end of scripts/migrations.sha256", () => {
  expect(FILES.filter((file) => !listed.has(file)).map((file) => `${sha256Of(file)}  ${file}`)).toEqual([]);
});

test("no number is given twice in a folder", () => {
  const numbers = FILES.map((file) => `${dirname(file)}/${basename(file).slice(0, 3)}`);
  expect(numbers.filter((number, n) => numbers.indexOf(number) !== n)).toEqual([]);
});

test("every new migration lets the version before it go on, and holds nobody up for long", () => {
  expect(held.flatMap((file) => faultsOf(basename(file), readFileSync(file, "utf8")))).toEqual([]);
});

describe("the rules", () => {
  const refused: [string, RegExp][] = [
    ["ALTER TABLE :schema.t DROP COLUMN a", /drops a column/],
    ["ALTER TABLE :schema.t DROP a", /drops a column/],
    ["alter table t add column b int, drop column a", /drops a column/],
    ["DROP TABLE :schema.t", /drops what/],
    ["ALTER TABLE :schema.t RENAME COLUMN a TO b", /renames/],
    ["ALTER INDEX :schema.i RENAME TO j", /renames/],
    ["ALTER TABLE t ALTER COLUMN a TYPE bigint", /type of a column/],
    ["ALTER TABLE t ALTER COLUMN a SET NOT NULL", /forbids/],
    ["ALTER TABLE t ALTER a DROP DEFAULT", /default/],
    ["ALTER TABLE t ADD COLUMN a int NOT NULL", /without a default/],
    ["ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0, ADD COLUMN b int NOT NULL", /without a default/],
    ["ALTER TABLE t ADD COLUMN a bigint GENERATED ALWAYS AS IDENTITY", /every row/],
    ["ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", /NOT VALID/],
    ["ALTER TABLE t ADD UNIQUE (a)", /index under a lock/],
    ["CREATE INDEX i ON :schema.t (a)", /CONCURRENTLY/],
    ["create unique index i on t (a) where a > 0", /CONCURRENTLY/],
    ["UPDATE t SET a = 1", /bounded parts/],
    ["-- why\nDELETE FROM t", /bounded parts/],
    ["LOCK TABLE t", /locks/],
  ];
  test.each(refused)("refuse %s", (text, what) => {
    expect(faultsOf("001-what.sql", text).join("\n")).toMatch(what);
  });

  test.each([
    "CREATE TABLE :schema.t (a int NOT NULL); CREATE INDEX i ON :schema.t (a); ALTER TABLE :schema.t ADD UNIQUE (a)",
    "ALTER TABLE t ADD COLUMN a int",
    "ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0",
    "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
    "ALTER TABLE t DROP CONSTRAINT c",
    "ALTER TABLE t ALTER COLUMN a DROP NOT NULL",
    "CREATE INDEX CONCURRENTLY i ON :schema.t (a)",
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM t; UPDATE t SET a = 1; END $$",
    "-- DROP TABLE t; is what we do not do",
    "INSERT INTO t VALUES (1)",
  ])("let %s pass", (text) => {
    expect(faultsOf("001-what.sql", text)).toEqual([]);
  });

  test("a contract takes away, under its name, and holds nobody up either", () => {
    expect(faultsOf("001-contract-t.sql", "ALTER TABLE t DROP COLUMN a")).toEqual([]);
    expect(faultsOf("001-log-contract-t.sql", "ALTER TABLE t DROP COLUMN a")).toEqual([]);
    expect(faultsOf("001-contract-t.sql", "UPDATE t SET a = 1")).toHaveLength(1);
  });
});
