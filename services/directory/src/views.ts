// What the administrative routes show of the directory: the last revision that the log has, without secrets.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Directory, EntryKind } from "@ruta/events";
import { entryOf, fromEntry } from "./form.ts";
import { KINDS } from "./whole.ts";

/** Entries of one kind as people read them. */
interface Listed {
  readonly revision: string;
  readonly entries: readonly Record<string, unknown>[];
}

/** Looks into the directory as it was folded from the log. */
export interface Views {
  /** Waits until the fold has what the log has now. */
  caughtUp(): Promise<void>;
  /** The revision that stands, who made it and why, and how many entries there are of each kind. */
  summary(): Record<string, unknown>;
  /** All entries of a kind, ended ones too; of one institution where it is named. */
  list(kind: EntryKind, institution?: string): Listed;
}

/** Views over what `current` answers. */
export function createViews(current: () => Directory, caughtUp: () => Promise<void>): Views {
  return {
    caughtUp,
    summary() {
      const directory = current();
      const { committed } = directory;
      return {
        revision: String(directory.revision),
        ...(committed && {
          staff: committed.staff,
          reason: committed.reason,
          ...(committed.committedAt && { committedAt: new Date(timestampMs(committed.committedAt)).toISOString() }),
        }),
        entries: Object.fromEntries(KINDS.map((kind) => [kind, directory.table(kind).size])),
      };
    },
    list(kind, institution) {
      const directory = current();
      const entries = directory
        .all(kind)
        .filter((value) => institution === undefined || ("institution" in value && value.institution === institution));
      return { revision: String(directory.revision), entries: entries.map((value) => fromEntry(entryOf(kind, value))) };
    },
  };
}
