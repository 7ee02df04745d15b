// The published page of refusals: served as it is, and the source of the remedy of what the router refuses after the 202.
import { readFileSync } from "node:fs";

const PAGE = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
const AFTER = PAGE.slice(PAGE.indexOf("## After the 202"));

/** Rows of a table whose first cell is a code: code, and the other cells. */
function rowsOf(text: string): readonly { readonly code: string; readonly cells: readonly string[] }[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\| `([a-z0-9-]+)` \| (.*) \|$/.exec(line);
    return match?.[1] && match[2] ? [{ code: match[1], cells: match[2].split(" | ") }] : [];
  });
}

const REMEDIES = new Map(rowsOf(AFTER).map(({ code, cells }) => [code, cells.at(-1) ?? ""]));

/** What a sender can do about a refusal of the router; "" for a code that the page does not have. */
export function remedyOf(code: string): string {
  return REMEDIES.get(code) ?? "";
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** The page for people, each code under an anchor of its name, so that the `type` of a problem leads to it. */
export function refusalsPage(): string {
  const sections = PAGE.split(/^## /mu).slice(1);
  const html = sections.map((section) => {
    const title = section.slice(0, section.indexOf("\n"));
    const rows = rowsOf(section).map(({ code, cells }) => {
      const texts = cells.map((cell) => `<dd>${escape(cell)}</dd>`).join("");
      return `<dt id="${code}"><code>${code}</code></dt>${texts}`;
    });
    return `<h2>${escape(title)}</h2><dl>${rows.join("")}</dl>`;
  });
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Refusals</title>` +
    `<style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}dt{margin-top:1em}:target{background:#ff9}</style>` +
    `<h1>Refusals</h1>${html.join("")}</html>`
  );
}
