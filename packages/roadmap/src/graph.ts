// A roadmap drawn: a column an order, a box a stage; as text for the terminal and as SVG. Pure.
import type { Roadmap, Stage } from "@ruta/events";
import { SAY, byOrder, inWords, limitWords, whenWords } from "./words.ts";
import type { Language } from "./words.ts";

/** The graph as lines: what is parallel stands together, optional stages in brackets. */
export function graphText(roadmap: Roadmap, language: Language): string {
  const columns = byOrder(roadmap).map((stages) => {
    const lines = stages.map((stage) => {
      const name = stage.mandatory ? stage.id : `[${stage.id}]`;
      const limit = stage.clock ? `  ${limitWords(stage.clock, language)}` : "";
      const when = whenWords(stage, language).map((one) => `  ${one}`);
      return `  ${name.padEnd(9)} ${inWords(stage.action, language)}${limit}${when.join("")}`;
    });
    return lines.join("\n");
  });
  const head = `${roadmap.id} v${roadmap.version}  ${inWords(roadmap.title, language)}`;
  return `${head}\n\n${columns.join("\n      ↓\n")}\n`;
}

const BOX = { width: 230, height: 92, gapX: 46, gapY: 18, margin: 20, head: 48 };
const LINE = 34; // characters that fit a line of a box
const MAX_LINES = 3;

/** The graph as an SVG of its own: no script, no reference outside, readable without colour. */
export function graphSvg(roadmap: Roadmap, language: Language): string {
  const columns = byOrder(roadmap);
  const rows = Math.max(...columns.map((stages) => stages.length));
  const width = BOX.margin * 2 + columns.length * BOX.width + (columns.length - 1) * BOX.gapX;
  const height = BOX.head + BOX.margin + rows * (BOX.height + BOX.gapY);
  const x = (column: number): number => BOX.margin + column * (BOX.width + BOX.gapX);
  const y = (row: number): number => BOX.head + row * (BOX.height + BOX.gapY);
  const title = `${roadmap.id} v${roadmap.version} · ${inWords(roadmap.title, language)}`;
  const boxes = columns.flatMap((stages, column) =>
    stages.map((stage, row) => box(stage, x(column), y(row), language)),
  );
  const arrows = columns.slice(1).map((_, column) => {
    const from = x(column) + BOX.width + 6;
    const middle = BOX.head + BOX.height / 2;
    return `<path d="M${from} ${middle} h${BOX.gapX - 12}" stroke="#333" marker-end="url(#to)"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" font-family="sans-serif" font-size="12">
<title>${escaped(title)}</title>
<defs><marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#333"/></marker></defs>
<text x="${BOX.margin}" y="28" font-size="16" font-weight="bold">${escaped(title)}</text>
${arrows.join("\n")}
${boxes.join("\n")}
</svg>
`;
}

function box(stage: Stage, x: number, y: number, language: Language): string {
  const { mandatory, clock } = stage;
  const kind = (mandatory ? SAY.mandatory : SAY.optional)[language];
  const limit = clock ? ` · ${limitWords(clock, language)}` : "";
  const words = wrapped(inWords(stage.action, language));
  const lines = words.map((line, index) => `<tspan x="${x + 10}" y="${y + 38 + index * 15}">${escaped(line)}</tspan>`);
  return `<g><rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="6" fill="#fff" stroke="#333"${mandatory ? "" : ' stroke-dasharray="5 4"'}/>
<text x="${x + 10}" y="${y + 20}" font-weight="bold">${escaped(stage.id)}<tspan font-weight="normal"> · ${escaped(kind + limit)}</tspan></text>
<text>${lines.join("")}</text></g>`;
}

/** A text in lines that fit a box; what does not fit ends in an ellipsis. */
function wrapped(text: string): string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last === "") lines[lines.length - 1] = word;
    else if (`${last} ${word}`.length <= LINE) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES - 1), `${lines[MAX_LINES - 1]} …`];
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
