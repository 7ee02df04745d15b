// Holds which errors blame a record, and that what is kept of an error holds no content.
import { describe, expect, test } from "vitest";
import { TryAgain } from "../errors.ts";
import { describeError, passes } from "./blame.ts";

const coded = (code: string): Error => Object.assign(new Error("x"), { code });

describe("an error", () => {
  test.each([
    ["a handler that cannot decide yet", new TryAgain("revision"), true],
    ["a lost connection", coded("ECONNRESET"), true],
    ["a deadlock", coded("40P01"), true],
    ["an error of Kafka that may be retried", Object.assign(new Error("x"), { retriable: true }), true],
    ["an error of Kafka that may not", Object.assign(new Error("x"), { retriable: false }), false],
    ["a unique violation", coded("23505"), false],
    ["a fault in the handler", new TypeError("x"), false],
    ["something that is no error", "40P01", false],
  ])("%s passes by itself: %s", (_, error, expected) => {
    expect(passes(error)).toBe(expected);
  });

  test("is described by name, code and place, never by its message", () => {
    const described = describeError(Object.assign(new RangeError("María Quispe"), { code: "23505" }));
    expect(described).toMatch(/^RangeError 23505 at blame\.test\.ts:\d+$/);
  });

  test("that is none is said to be none", () => {
    expect(describeError("María Quispe")).toBe("not an Error");
    expect(describeError(undefined)).toBe("not an Error");
  });
});
