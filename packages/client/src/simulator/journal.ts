// The simulated institutions' own memory: a file of lines, each on disk before it counts, read again after any stop.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";

/** What an institution remembers. `n` numbers the bundled referrals. */
export type Entry =
  | {
      readonly kind: "sent";
      readonly n: number;
      readonly institution: string;
      readonly referral: string;
      readonly case: string;
    }
  | {
      readonly kind: "received";
      readonly institution: string;
      readonly webhookId: string;
      readonly type: string;
      readonly referral: string;
      readonly case: string;
      readonly code: string;
      /** Not in the journals of older versions. */
      readonly sequence?: number;
    }
  | { readonly kind: "down"; readonly institution: string; readonly until: number }
  | { readonly kind: "repeated"; readonly institution: string; readonly webhookId: string }
  | {
      readonly kind: "answered";
      readonly institution: string;
      readonly webhookId: string;
      readonly status: number;
      readonly act: string;
      readonly referral: string;
      /** Of a refusal; empty when it was taken. */
      readonly code: string;
    }
  | {
      readonly kind: "said-again";
      readonly institution: string;
      readonly webhookId: string;
      readonly status: number;
      readonly act: string;
      readonly referral: string;
    };

/** Appends entries and holds all of them in memory. */
export interface Journal {
  readonly entries: readonly Entry[];
  /** On disk when it returns. */
  add(entry: Entry): void;
  close(): void;
}

/** A journal that ends with the process. */
export function memoryJournal(): Journal {
  const entries: Entry[] = [];
  return { entries, add: (entry) => void entries.push(entry), close: () => {} };
}

/** Opens a journal; a last line cut off by a kill is dropped. */
export function openJournal(file: string): Journal {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const entries: Entry[] = text.split("\n").flatMap(parseLine);
  const descriptor = openSync(file, "a", 0o600);
  // What follows half a line must begin on its own.
  if (text !== "" && !text.endsWith("\n")) writeSync(descriptor, "\n");
  return {
    entries,
    add(entry) {
      writeSync(descriptor, `${JSON.stringify(entry)}\n`);
      fsyncSync(descriptor);
      entries.push(entry);
    },
    close: () => closeSync(descriptor),
  };
}

function parseLine(line: string): Entry[] {
  if (line === "") return [];
  try {
    return [JSON.parse(line) as Entry];
  } catch {
    // Half a line, cut off by a kill: the act it was about is done again under the same id.
    return [];
  }
}
