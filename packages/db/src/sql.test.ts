// What the SQL tag promises: parameters stay parameters, fragments nest, names are quoted.
import { expect, test } from "vitest";
import { sql } from "./sql.ts";

test("values become numbered parameters", () => {
  expect(sql`SELECT ${1}, ${"two"}`).toMatchObject({ text: "SELECT $1, $2", values: [1, "two"] });
});

test("text from outside never becomes SQL", () => {
  const hostile = "'; DROP TABLE cases; --";
  const query = sql`SELECT * FROM cases WHERE id = ${hostile}`;
  expect(query.text).toBe("SELECT * FROM cases WHERE id = $1");
  expect(query.values).toEqual([hostile]);
});

test("a nested query is taken in and its parameters are numbered anew", () => {
  const where = sql`state = ${"open"} AND since > ${5}`;
  const query = sql`SELECT ${"a"} FROM t WHERE ${where} LIMIT ${10}`;
  expect(query.text).toBe("SELECT $1 FROM t WHERE state = $2 AND since > $3 LIMIT $4");
  expect(query.values).toEqual(["a", "open", 5, 10]);
});

test("a nested query that speaks of $1 in a literal is not rewritten", () => {
  const inner = sql`note = 'costs $1' AND id = ${7}`;
  expect(sql`SELECT ${0} WHERE ${inner}`.text).toBe("SELECT $1 WHERE note = 'costs $1' AND id = $2");
});

test("names are quoted, also hostile ones", () => {
  expect(sql`SELECT * FROM ${sql.id("my-schema", 'a"b')}`.text).toBe('SELECT * FROM "my-schema"."a""b"');
  expect(() => sql.id("")).toThrow(TypeError);
  expect(() => sql.id("a\0b")).toThrow(TypeError);
});

test("an object shaped like a query stays a parameter", () => {
  const shaped = { text: "DROP TABLE cases", values: [] };
  expect(sql`SELECT ${shaped}`).toMatchObject({ text: "SELECT $1", values: [shaped] });
});
