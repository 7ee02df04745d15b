// What was taken already: the memory by which an event that comes again is answered and not acted on.
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";

/** Remembers webhook-ids and how far each case has come. Give your own to keep it in your database. */
export interface Seen {
  has(webhookId: string): boolean | Promise<boolean>;
  /** Called once your handler is done with it; what it keeps has to be safe when it resolves. */
  add(webhookId: string, caseId: string, sequence: number): void | Promise<void>;
  /** The highest sequence taken of a case; 0 when there is none. */
  reached(caseId: string): number | Promise<number>;
}

/** The hub sends one event for at most about four days; this many at a time is what a large institution gets in that. */
const LIMIT = 100_000;

function bounded<K, V>(map: Map<K, V>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}

/** A memory that ends with the process: enough to try things, and where taking an event twice does no harm. */
export function memorySeen(limit = LIMIT): Seen {
  const ids = new Map<string, true>();
  const cases = new Map<string, number>();
  return {
    has: (webhookId) => ids.has(webhookId),
    add(webhookId, caseId, sequence) {
      ids.set(webhookId, true);
      if (sequence > (cases.get(caseId) ?? 0)) {
        cases.delete(caseId);
        cases.set(caseId, sequence);
      }
      bounded(ids, limit);
      bounded(cases, limit);
    },
    reached: (caseId) => cases.get(caseId) ?? 0,
  };
}

type Line = readonly [webhookId: string, caseId: string, sequence: number];

function linesOf(file: string): Line[] {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as Line];
    } catch {
      return []; // the last line, cut off by a kill: that event comes again
    }
  });
}

/** A memory in a file of one process, on disk before `add` returns. Opening drops all but the last `limit` events. */
export function fileSeen(file: string, limit = LIMIT): Seen & { close(): void } {
  const memory = memorySeen(limit);
  const lines = linesOf(file).slice(-limit);
  for (const [webhookId, caseId, sequence] of lines) void memory.add(webhookId, caseId, sequence);
  const half = `${file}.half`;
  writeFileSync(half, lines.map((line) => `${JSON.stringify(line)}\n`).join(""), { mode: 0o600, flush: true });
  renameSync(half, file);
  const descriptor = openSync(file, "a", 0o600);
  return {
    ...memory,
    add(webhookId, caseId, sequence) {
      writeSync(descriptor, `${JSON.stringify([webhookId, caseId, sequence])}\n`);
      fsyncSync(descriptor);
      return memory.add(webhookId, caseId, sequence);
    },
    close: () => closeSync(descriptor),
  };
}
