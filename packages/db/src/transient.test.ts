// Which errors are tried again and which are not.
import { expect, test } from "vitest";
import { isTransient } from "./transient.ts";

const coded = (code: string): Error => Object.assign(new Error("static"), { code });

test.each([
  "40001",
  "40P01",
  "57P01",
  "57P03",
  "57014",
  "53100",
  "53300",
  "08006",
  "ECONNREFUSED",
  "EPIPE",
  "EAI_AGAIN",
  "28P01",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
])("%s is tried again", (code) => {
  expect(isTransient(coded(code))).toBe(true);
});

test.each(["23505", "22P02", "42P01", "42501", "3D000", "EACCES", "08"])("%s is not tried again", (code) => {
  expect(isTransient(coded(code))).toBe(false);
});

test("pg's own words for a lost connection are known", () => {
  expect(isTransient(new Error("Connection terminated unexpectedly"))).toBe(true);
  expect(isTransient(new Error("Query read timeout"))).toBe(true);
});

test("a cause is looked into", () => {
  expect(isTransient(new Error("batch failed", { cause: coded("40001") }))).toBe(true);
  expect(isTransient(new Error("batch failed", { cause: coded("23505") }))).toBe(false);
});

test("one transient error among several attempts to connect is enough", () => {
  expect(isTransient(new AggregateError([coded("ECONNREFUSED"), coded("EACCES")], "all failed"))).toBe(true);
  expect(isTransient(new AggregateError([coded("EACCES")], "all failed"))).toBe(false);
});

test("what is no error is not tried again", () => {
  expect(isTransient(undefined)).toBe(false);
  expect(isTransient({ code: "40001" })).toBe(false);
  const loop = new Error("loop");
  loop.cause = loop;
  expect(isTransient(loop)).toBe(false);
});
