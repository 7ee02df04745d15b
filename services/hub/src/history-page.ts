// The history of a case as a page to print, in the language of the terminal: one HTML document of its own, no script, nothing from elsewhere.
import type { CaseHistory, HistoryStep } from "@ruta/gateway";
import { escaped } from "./html.ts";
import { LANGUAGE, say } from "./language.ts";
import { factWords } from "./words.ts";

const STYLE = `<style>
body { font: 11pt/1.4 sans-serif; margin: 2cm; color: #111 }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #999; padding: 3pt 6pt; text-align: left; vertical-align: top }
tr { break-inside: avoid } thead { display: table-header-group }
</style>`;

/** The page; `asOf` is the moment (RFC 3339), `purpose` why it was asked. */
export function historyPage(history: CaseHistory, asOf: string, purpose: string): string {
  const { roadmap } = history;
  const title = escaped(say`History of the case ${history.case}`);
  const asked = escaped(say`As it was known on ${asOf}. Asked for: ${purpose}.`);
  const route = roadmap ? escaped(say`Roadmap: ${roadmap.id} version ${roadmap.version}.`) : "";
  return [
    `<!doctype html>\n<html lang="${LANGUAGE}"><head><meta charset="utf-8"><title>${title}</title>`,
    `${STYLE}</head><body>`,
    `<h1>${title}</h1>`,
    `<p>${asked} ${route}</p>`,
    `<h2>${say`What the hub knew`}</h2>`,
    tableOf(history.known),
    `<h2>${say`What had happened by then and was learned later`}</h2>`,
    tableOf(history.learnedLater),
    "</body></html>\n",
  ].join("\n");
}

function tableOf(steps: readonly HistoryStep[]): string {
  if (steps.length === 0) return `<p>${say`Nothing.`}</p>`;
  const head = [say`recorded`, say`occurred`, say`what happened`, say`by`, say`status`].map(
    (word) => `<th>${word}</th>`,
  );
  const rows = steps.map((step) => {
    const what = [factWords(step.fact), step.stage, step.detail].filter((part) => part !== undefined).join(" · ");
    const by = [step.actor, step.worker, step.onBehalfOf].filter((part) => part !== undefined).join(" / ");
    const cells = [step.recordedAt, step.occurredAt, what, by, step.status];
    return `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`;
  });
  return `<table><thead><tr>${head.join("")}</tr></thead><tbody>\n${rows.join("\n")}\n</tbody></table>`;
}
