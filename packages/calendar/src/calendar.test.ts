// Holidays as they were published, and limits around midnight, month ends, weekends and moved holidays.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addWorkingDays, holidaysOf, isWorkingDay, limitEnd, momentAt } from "./index.ts";

const quito = (local: string): number => Date.parse(`${local}-05:00`);
const keptIn = (year: number): string[] =>
  holidaysOf(year)
    .map(({ kept }) => kept.slice(5))
    .toSorted();

describe("holidays are kept on the days that the law gives for", () => {
  // 2017 and 2019 as the press published them (2016-12, 2019-02), 2024 as the national list; the others by the rule of the law, worked out
  // by hand. Quito's own is among them.
  test.each([
    [2017, "01-02 02-27 02-28 04-14 05-01 05-26 08-11 10-09 11-02 11-03 12-08 12-25"],
    [2018, "01-01 02-12 02-13 03-30 04-30 05-25 08-10 10-08 11-01 11-02 12-07 12-25"],
    [2019, "01-01 03-04 03-05 04-19 05-03 05-24 08-09 10-11 11-01 11-04 12-06 12-25"],
    [2021, "01-01 02-15 02-16 04-02 04-30 05-24 08-09 10-08 11-01 11-02 12-06 12-24"],
    [2023, "01-02 02-20 02-21 04-07 05-01 05-26 08-11 10-09 11-02 11-03 12-08 12-25"],
    [2024, "01-01 02-12 02-13 03-29 05-03 05-24 08-09 10-11 11-01 11-04 12-06 12-25"],
    [2025, "01-01 03-03 03-04 04-18 05-02 05-23 08-11 10-10 11-03 11-04 12-05 12-25"],
    [2026, "01-01 02-16 02-17 04-03 05-01 05-25 08-10 10-09 11-02 11-03 12-07 12-25"],
  ])("%d", (year, days) => {
    expect(keptIn(year).join(" ")).toBe(days);
  });

  test("2022, whose first is kept on the last day of 2021", () => {
    expect(holidaysOf(2022)[0]).toEqual({ id: "new-year", date: "2022-01-01", kept: "2021-12-31", local: false });
    expect(isWorkingDay(quito("2021-12-31T12:00"))).toBe(false);
    expect(holidaysOf(2022).find(({ id }) => id === "all-souls")?.kept).toBe("2022-11-04");
  });

  test("any year: twelve days, none on a weekend, and none in the place of another", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2017, max: 2200 }), (year) => {
        const days = holidaysOf(year).map(({ kept }) => new Date(`${kept}T00:00:00Z`));
        expect(new Set(days.map(Number)).size).toBe(12);
        expect(days.filter((day) => day.getUTCDay() === 0 || day.getUTCDay() === 6)).toEqual([]);
      }),
    );
  });
});

describe("working days", () => {
  test.each([
    ["over a moved holiday", "2026-05-22T10:00", 1, "2026-05-26T10:00"],
    ["over two in a row", "2025-10-31T09:00", 1, "2025-11-05T09:00"],
    ["over the end of a year", "2026-12-31T16:00", 1, "2027-01-04T16:00"],
    ["from the last minute of a day", "2026-11-25T23:59", 1, "2026-11-26T23:59"],
    ["from the first minute of a day", "2026-11-26T00:00", 1, "2026-11-27T00:00"],
    ["from a holiday", "2026-10-09T11:00", 1, "2026-10-12T11:00"],
    ["thirty of them", "2026-11-02T08:00", 30, "2026-12-16T08:00"],
    ["none", "2026-11-28T08:00", 0, "2026-11-28T08:00"],
  ])("%s", (_name, start, days, end) => {
    expect(addWorkingDays(quito(start), days)).toBe(quito(end));
  });

  test("one after another come to the same as all at once, and each is a working day", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: quito("2020-01-01T00:00"), max: quito("2040-01-01T00:00") }),
        fc.integer({ min: 1, max: 60 }),
        (start, days) => {
          let one = start;
          for (let day = 0; day < days; day += 1) one = addWorkingDays(one, 1);
          expect(one).toBe(addWorkingDays(start, days));
          expect(isWorkingDay(one)).toBe(true);
          expect(one - start).toBeGreaterThanOrEqual(days * 86_400_000);
        },
      ),
    );
  });
});

describe("a limit", () => {
  test.each([
    ["P14D", false, "2026-02-20T10:00", "2026-03-06T10:00"],
    ["P10D", true, "2026-11-20T10:00", "2026-12-04T10:00"],
    ["PT24H", false, "2026-12-31T23:30", "2027-01-01T23:30"],
    ["PT90M", false, "2026-11-30T23:00", "2026-12-01T00:30"],
  ])("of %s, working days %s, from %s ends %s", (limit, workingDays, start, end) => {
    expect(limitEnd({ limit, workingDays }, quito(start))).toBe(quito(end));
  });

  test.each(["", "P1M", "soon", "PT1.5H", "P1DT1H"])("%j is none", (limit) => {
    expect(() => limitEnd({ limit, workingDays: false }, 0)).toThrow("no ISO 8601 duration");
  });

  test("is half, and four fifths, and wholly over at its moments", () => {
    expect([50, 80, 100].map((percent) => momentAt(1_000, 2_001, percent))).toEqual([1_501, 1_801, 2_001]);
  });
});
