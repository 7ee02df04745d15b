// What came of a soak, in words and figures.
import type { Verdict } from "./judge.ts";
import type { Soaked } from "./soak.ts";

const MIB = 2 ** 20;
const figure = (value: number, unit: Verdict["unit"]): string =>
  unit === "bytes" ? `${(value / MIB).toFixed(1)} MiB` : String(Math.round(value));

const boundIn = ({ bound }: Verdict): string =>
  typeof bound === "object" ? "has a limit" : bound === "flat" ? "goes" : "grows with the cases";

/** Whether nothing grows beyond its data. */
export function isClean({ verdicts, faults }: Soaked): boolean {
  return faults.length === 0 && verdicts.every(({ ok }) => ok);
}

/** A soak in lines: each quantity that has any, what had nothing in it and was not tried, what is wrong, and the sum of it. */
export function inWords(soaked: Soaked): string[] {
  const { seconds, cases, verdicts, faults } = soaked;
  const some = verdicts.filter(({ late, early }) => late + early > 0);
  const none = verdicts.filter(({ late, early, unit }) => late + early === 0 && unit === "rows");
  const line = (one: Verdict): string =>
    `${one.name}: ${figure(one.early, one.unit)} → ${figure(one.late, one.unit)}, at most ${figure(one.most, one.unit)} (${boundIn(one)})`;
  const over = verdicts.filter(({ ok }) => !ok);
  const most = (end: string): string =>
    verdicts
      .filter(({ name }) => name.endsWith(end))
      .map(
        ({ name, early, late }) =>
          `${name.slice(0, -end.length)} ${Math.round(early / MIB)} → ${Math.round(late / MIB)}`,
      )
      .join(", ");
  return [
    ...some.map(line),
    `empty all the time, so not tried: ${none.map(({ name }) => name).join(", ") || "none"}`,
    ...faults.map((fault) => `WRONG: ${fault}`),
    ...over.map((one) => `GROWS: ${line(one)}`),
    `soak of ${seconds} s, cases ${cases}, quantities ${verdicts.length}, growing beyond their data ${over.length}, ` +
      `other faults ${faults.length}, RSS in MiB: ${most(" RSS")}`,
  ];
}
