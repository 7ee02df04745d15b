// Holds that a bell loses no ring between looking and waiting.
import { describe, expect, test } from "vitest";
import { createBell } from "./bell.ts";

describe("a bell", () => {
  test("wakes all who wait, once", async () => {
    const bell = createBell();
    const woken = Promise.all([bell.wait(bell.count(), 60_000), bell.wait(bell.count(), 60_000)]);
    bell.ring();
    await woken;
    expect(bell.count()).toBe(1);
  });

  test("does not let one sleep that looked before a ring", async () => {
    const bell = createBell();
    const seen = bell.count();
    bell.ring();
    await expect(bell.wait(seen, 60_000)).resolves.toBeUndefined();
  });

  test("ends the wait after its time without a ring", async () => {
    const bell = createBell();
    await bell.wait(bell.count(), 1);
    expect(bell.count()).toBe(0);
  });
});
