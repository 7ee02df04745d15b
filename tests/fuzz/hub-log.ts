// What the hub says in its own log: failures it saw, words of persons, and lines that are none of its own.
import { holdsCanary } from "./canary.ts";

/** What `ruta start` writes for a person at the terminal. */
const NOTICE = /^(No data of real persons|Use invented persons)/;

interface Line {
  readonly level?: string;
  readonly msg?: string;
  readonly error?: string;
  readonly code?: string;
  readonly route?: string;
  readonly frames?: readonly string[];
}

/** What is wrong in a log, each kind once with how often; and how many warnings there are. */
export function faultsOfLog(text: string): {
  readonly faults: string[];
  readonly warnings: Readonly<Record<string, number>>;
} {
  const counts = new Map<string, number>();
  const warnings: Record<string, number> = {};
  for (const line of text.split("\n")) {
    if (line.trim() === "" || NOTICE.test(line)) continue;
    if (holdsCanary(line)) counts.set("an identity in a log line", (counts.get("an identity in a log line") ?? 0) + 1);
    const fault = faultOf(line, warnings);
    if (fault !== undefined) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  }
  return { faults: [...counts].map(([fault, count]) => `${fault} (${count} ×)`), warnings };
}

function faultOf(line: string, warnings: Record<string, number>): string | undefined {
  let parsed: Line;
  try {
    parsed = JSON.parse(line) as Line;
  } catch {
    return `the log has a line that is not its own: ${line.slice(0, 120)}`;
  }
  const { level, msg = "", error = "", code = "", route = "", frames = [] } = parsed;
  if (level === "warn") warnings[msg] = (warnings[msg] ?? 0) + 1;
  if (level !== "error" && level !== "fatal") return undefined;
  return ["the log:", msg, route, error, code, frames.slice(0, 3).join(" < ")].filter((part) => part !== "").join(" ");
}
