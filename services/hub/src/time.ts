// Times as people read them at a terminal: how long ago, in the largest unit that says enough.

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
] as const;

/** The age of a moment (RFC 3339) at `now` (milliseconds), such as `3 h`; what is to come has the age 0 s. */
export function ageOf(moment: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(moment)) / 1000));
  const unit = UNITS.find(([, size]) => seconds >= 2 * size);
  return unit ? `${Math.floor(seconds / unit[1])} ${unit[0]}` : `${seconds} s`;
}
