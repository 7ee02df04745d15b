// A conformance report for people: lines for a terminal, and a page that can be printed and kept. Pure.
import { escaped } from "../html.ts";
import { LANGUAGE, say } from "../language.ts";
import type { Finding, Report } from "./conformance.ts";

/** How the parts of a line are painted. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
}

const MARKS = { pass: say`ok`, warn: say`warn`, fail: say`FAIL`, skipped: say`skip` };

/** One finding as lines. */
export function findingLines({ outcome, title, seen, mend }: Finding, paint: Paint): string {
  const colours = { pass: paint.green, warn: paint.yellow, fail: paint.red, skipped: paint.dim };
  const lines = [`${colours[outcome](MARKS[outcome].padEnd(4))} ${title} ${paint.dim(`(${seen})`)}`];
  if (mend !== "") lines.push(`     ${say`mend: ${mend}`}`);
  return lines.join("\n");
}

/** The last line. */
export function summary({ ok, counts, institution }: Report): string {
  const numbers = [say`${counts.pass} passed`, say`${counts.fail} failed`, say`${counts.warn} to look at`];
  if (counts.skipped > 0) numbers.push(say`${counts.skipped} skipped`);
  const list = numbers.join(", ");
  return ok
    ? say`${institution} receives as the hub expects: ${list}`
    : say`${institution} does not receive as the hub expects: ${list}`;
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.5rem;border-bottom:1px solid #ccc}
.pass{color:#14632b}.fail{color:#a11212;font-weight:700}.warn{color:#7a5200;font-weight:700}.skipped{color:#555}
small{color:#555}@media print{body{margin:0}}`;

function row({ id, level, outcome, title, seen, mend }: Finding): string {
  const words = { pass: say`passed`, warn: say`look at`, fail: say`failed`, skipped: say`skipped` }[outcome];
  const advice = mend === "" ? "" : `<br><strong>${say`Mend:`}</strong> ${escaped(mend)}`;
  return `<tr id="${id}"><td class="${outcome}">${words}</td><td>${{ must: say`must`, should: say`should` }[level]}</td><td>${escaped(title)}<br><small>${escaped(seen)}</small>${advice}</td></tr>`;
}

/** A page of its own: no script, nothing fetched. */
export function reportPage(report: Report): string {
  const title = escaped(say`How ${report.institution} receives`);
  return `<!doctype html>
<html lang="${LANGUAGE}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${STYLE}</style></head><body>
<h1>${title}</h1>
<p lang="es">Informe de conformidad del receptor de ${escaped(report.institution)} con el centro Ruta</p>
<p>${escaped(report.url)}, ${escaped(report.at)}</p>
<p class="${report.ok ? "pass" : "fail"}">${escaped(summary(report))}</p>
<table><thead><tr><th>${say`Result`}</th><th>${say`Level`}</th><th>${say`Check`}</th></tr></thead><tbody>
${report.findings.map(row).join("\n")}
</tbody></table>
</body></html>
`;
}
