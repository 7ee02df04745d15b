// Time limits by priority, across weekends and midnight in America/Guayaquil.
import { Priority } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { windowEnd } from "./windows.ts";

const quito = (local: string) => Date.parse(`${local}-05:00`);

describe("a window", () => {
  it.each<[Parameters<typeof windowEnd>[0], Priority, string, string]>([
    ["acknowledge", Priority.EMERGENCY, "2026-11-27T23:30", "2026-11-28T00:30"],
    ["acknowledge", Priority.URGENT, "2026-11-27T23:30", "2026-11-28T03:30"],
    ["acknowledge", Priority.NORMAL, "2026-11-23T10:00", "2026-11-25T10:00"],
    // The foundation of Quito is kept on Monday 7 December.
    ["acknowledge", Priority.NORMAL, "2026-12-04T10:00", "2026-12-09T10:00"],
    ["decide", Priority.EMERGENCY, "2026-11-27T10:00", "2026-11-28T10:00"],
    ["decide", Priority.URGENT, "2026-11-27T10:00", "2026-11-30T10:00"],
    ["decide", Priority.NORMAL, "2026-11-27T10:00", "2026-12-11T10:00"],
    ["serve", Priority.EMERGENCY, "2026-12-31T20:00", "2027-01-01T20:00"],
    ["serve", Priority.URGENT, "2026-12-31T20:00", "2027-01-03T20:00"],
    ["serve", Priority.NORMAL, "2026-12-31T20:00", "2027-01-14T20:00"],
  ])("to %s at priority %s that begins %s ends %s", (window, priority, start, end) => {
    expect(windowEnd(window, priority, quito(start))).toBe(quito(end));
  });
});
