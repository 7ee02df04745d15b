// Holidays of Ecuador and of Quito in a year, on the day on which they are kept. Pure.
//
// The days are those of Ley Orgánica Reformatoria a la LOSEP y al Código del Trabajo (December 2016), and so is the rule that moves them:
// on a Tuesday to the Monday before, on a Wednesday or Thursday to the Friday after, on a Saturday to the Friday before, on a Sunday
// to the Monday after. Of two in a row only one is moved. 1 January, 25 December and the Tuesday of carnival are moved from a
// weekend only. Holidays that a government adds by decree for one year are not in it.

/** A day on which nobody works. Dates are YYYY-MM-DD in America/Guayaquil. */
export interface Holiday {
  readonly id: string;
  /** The day that it remembers. */
  readonly date: string;
  /** The day on which it is kept. */
  readonly kept: string;
  /** True where it is a holiday of the city alone. */
  readonly local: boolean;
}

const DAY_MS = 86_400_000;

const at = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day);
const text = (day: number): string => new Date(day).toISOString().slice(0, 10);
/** 0 is Sunday. */
const weekday = (day: number): number => new Date(day).getUTCDay();

/** Easter Sunday of the Gregorian calendar (the computus of Meeus, Jones and Butcher). */
function easter(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return at(year, Math.floor(n / 31), (n % 31) + 1);
}

/** From a weekend to the working day beside it. */
function offWeekend(day: number): number {
  if (weekday(day) === 6) return day - DAY_MS;
  return weekday(day) === 0 ? day + DAY_MS : day;
}

/** To the weekend beside it, so that three days are free. */
function toWeekend(day: number): number {
  switch (weekday(day)) {
    case 2:
      return day - DAY_MS;
    case 3:
      return day + 2 * DAY_MS;
    case 4:
      return day + DAY_MS;
    default:
      return offWeekend(day);
  }
}

/** Two in a row: what the law says of the day that moves, by the weekday of the first. */
function twoInARow(first: number): readonly [number, number] {
  const second = first + DAY_MS;
  switch (weekday(first)) {
    case 2:
      return [first, first - DAY_MS]; // Tuesday and Wednesday: the Wednesday is kept on Monday
    case 3:
      return [first + 2 * DAY_MS, second]; // Wednesday and Thursday: the Wednesday on Friday
    case 5:
      return [first, first - DAY_MS]; // Friday and Saturday: the Saturday on Thursday
    case 0:
      return [first + 2 * DAY_MS, second]; // Sunday and Monday: the Sunday on Tuesday
    case 6:
      return [first - DAY_MS, second + DAY_MS]; // Saturday and Sunday: on both sides of the weekend
    default:
      return [first, second]; // Monday and Tuesday, Thursday and Friday stay
  }
}

/** The holidays of a year, by the day on which they are kept; one of 1 January that falls on a Saturday is kept the year before. */
export function holidaysOf(year: number): readonly Holiday[] {
  const sunday = easter(year);
  const souls = at(year, 11, 2);
  const [allSouls, cuenca] = twoInARow(souls);
  const days: readonly (readonly [id: string, date: number, kept: number, local?: boolean])[] = [
    ["new-year", at(year, 1, 1), offWeekend(at(year, 1, 1))],
    ["carnival-monday", sunday - 48 * DAY_MS, sunday - 48 * DAY_MS],
    ["carnival-tuesday", sunday - 47 * DAY_MS, sunday - 47 * DAY_MS],
    ["good-friday", sunday - 2 * DAY_MS, sunday - 2 * DAY_MS],
    ["labour-day", at(year, 5, 1), toWeekend(at(year, 5, 1))],
    ["pichincha", at(year, 5, 24), toWeekend(at(year, 5, 24))],
    ["first-cry-of-independence", at(year, 8, 10), toWeekend(at(year, 8, 10))],
    ["independence-of-guayaquil", at(year, 10, 9), toWeekend(at(year, 10, 9))],
    ["all-souls", souls, allSouls],
    ["independence-of-cuenca", souls + DAY_MS, cuenca],
    ["foundation-of-quito", at(year, 12, 6), toWeekend(at(year, 12, 6)), true],
    ["christmas", at(year, 12, 25), offWeekend(at(year, 12, 25))],
  ];
  return days.map(([id, date, kept, local = false]) => ({ id, date: text(date), kept: text(kept), local }));
}
