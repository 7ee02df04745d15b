// The directory as it would be after an act: what stands, with new entries over it, each with where it was written.
import type { Directory, DirectoryEntries, EntryKind } from "@ruta/events";
import { idOf } from "./form.ts";
import type { Entry } from "./form.ts";
import { Problem } from "@ruta/kit/written";
import type { Position } from "@ruta/kit/written";

/** An entry and where it was written. */
export interface Located {
  readonly entry: Entry;
  readonly at: Position;
}

/** One entry of the whole, by kind. */
export interface Placed<K extends EntryKind> {
  readonly id: string;
  readonly value: DirectoryEntries[K];
  readonly at: Position;
}

/** Every kind of entry. */
export const KINDS = [
  "territory",
  "term",
  "institution",
  "place",
  "service",
  "endpoint",
  "institutionKey",
  "accessToken",
  "staff",
  "roadmap",
] as const satisfies readonly EntryKind[];

/** What stands and what is new, seen as one. Never changes. */
export class Whole {
  private readonly current: Directory;
  private readonly fresh = new Map<string, Located>();
  private readonly assumed: ReadonlySet<string>;

  /** `assumed` names entries (`kind id`) that exist though they could not be read: nothing that refers to them is blamed. */
  constructor(current: Directory, located: readonly Located[], assumed: ReadonlySet<string> = new Set()) {
    this.current = current;
    this.assumed = assumed;
    for (const each of located) this.fresh.set(`${each.entry.case} ${idOf(each.entry)}`, each);
  }

  /** An entry by kind and id. */
  get<K extends EntryKind>(kind: K, id: string): DirectoryEntries[K] | undefined {
    const fresh = this.fresh.get(`${kind} ${id}`);
    return fresh ? (fresh.entry.value as DirectoryEntries[K]) : this.current.get(kind, id);
  }

  /** True when a reference to it must not be blamed. */
  has(kind: EntryKind, id: string): boolean {
    return this.get(kind, id) !== undefined || this.assumed.has(`${kind} ${id}`);
  }

  /** The new entries of a kind. */
  added<K extends EntryKind>(kind: K): Placed<K>[] {
    return this.all(kind).filter(({ id }) => this.fresh.has(`${kind} ${id}`));
  }

  /** All entries of a kind, those that stand first. */
  all<K extends EntryKind>(kind: K): Placed<K>[] {
    const placed = new Map<string, Placed<K>>();
    const at = { file: `revision ${this.current.revision}`, line: 0 };
    for (const [id, value] of this.current.table(kind)) placed.set(id, { id, value, at });
    for (const { entry, at: written } of this.fresh.values()) {
      const id = idOf(entry);
      if (entry.case === kind) placed.set(id, { id, value: entry.value as DirectoryEntries[K], at: written });
    }
    return [...placed.values()];
  }
}

/** Kind and id of an entry in the words of people. */
export function labelOf(kind: EntryKind, id: string): string {
  const words = { institutionKey: "key", accessToken: "token", staff: "staff member" } as Partial<
    Record<EntryKind, string>
  >;
  if (kind === "endpoint") return `endpoint ${id.replace(/^endpoint-/, "")}`;
  return `${words[kind] ?? kind} ${id}`;
}

/** A problem with one field of an entry of the whole. */
export function problemAt<K extends EntryKind>(
  kind: K,
  placed: Placed<K>,
  field: string,
  message: string,
  remedy: string,
): Problem {
  return new Problem(placed.at, labelOf(kind, placed.id), field, message, remedy);
}
