// Time limits by priority, across weekends and midnight in America/Guayaquil.
import { Priority } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { addWorkingDays, windowEnd } from "./windows.ts";

const quito = (local: string) => Date.parse(`${local}-05:00`);

describe("a window", () => {
  it.each<[Parameters<typeof windowEnd>[0], Priority, string, string]>([
    ["acknowledge", Priority.EMERGENCY, "2026-11-27T23:30", "2026-11-28T00:30"],
    ["acknowledge", Priority.URGENT, "2026-11-27T23:30", "2026-11-28T03:30"],
    ["acknowledge", Priority.NORMAL, "2026-11-23T10:00", "2026-11-25T10:00"],
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

describe("working days", () => {
  it.each([
    ["from a Thursday", "2026-11-26T16:00", "2026-11-30T16:00"],
    ["from a Friday", "2026-11-27T16:00", "2026-12-01T16:00"],
    ["from a Saturday", "2026-11-28T16:00", "2026-12-01T16:00"],
    ["from a Sunday", "2026-11-29T16:00", "2026-12-01T16:00"],
    // 20:00 on Friday in Quito is Saturday in UTC.
    ["from a Friday evening, by Quito's calendar", "2026-11-27T20:00", "2026-12-01T20:00"],
    ["from a Sunday evening, by Quito's calendar", "2026-11-29T22:00", "2026-12-01T22:00"],
  ])("%s: two of them", (_, start, end) => {
    expect(addWorkingDays(quito(start), 2)).toBe(quito(end));
  });
});
