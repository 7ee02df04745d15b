// What an act would change in the directory that stands. Pure.
import { equals, toJson } from "@bufbuild/protobuf";
import type { DescMessage, JsonObject, Message } from "@bufbuild/protobuf";
import type { Directory, EntryKind } from "@ruta/events";
import { ENTRY_SCHEMAS, fromEntry, idOf } from "./form.ts";
import type { Entry } from "./form.ts";

/** What happens to one entry. */
export interface Change {
  readonly change: "added" | "changed" | "ended" | "unchanged";
  readonly kind: EntryKind;
  readonly id: string;
  /** Written names of the fields that differ; only when changed. A secret that differs shows as `secret`. */
  readonly fields?: readonly string[];
}

/** The changes that entries would make, in their order. What they leave out is left alone. */
export function diff(entries: readonly Entry[], current: Directory): Change[] {
  return entries.map((entry): Change => {
    const kind = entry.case;
    const id = idOf(entry);
    const standing = current.get(kind, id);
    if (!standing) return { change: "added", kind, id };
    const schema = ENTRY_SCHEMAS[kind] as DescMessage;
    if (equals(schema, standing as Message, entry.value as Message)) return { change: "unchanged", kind, id };
    const fields = changedFields({ case: kind, value: standing } as Entry, entry);
    if (fields.length === 1 && fields[0] === "until" && hasEnd(entry)) return { change: "ended", kind, id };
    return { change: "changed", kind, id, fields };
  });
}

function changedFields(before: Entry, after: Entry): string[] {
  const [old, fresh] = [fromEntry(before), fromEntry(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])];
  const seen = names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(fresh[name]));
  return secrets(before) === secrets(after) ? seen : [...seen, "secret"];
}

function secrets({ case: kind, value }: Entry): string {
  const json = toJson(ENTRY_SCHEMAS[kind] as DescMessage, value as Message) as JsonObject;
  return JSON.stringify([json.wrappedSecret, json.previousWrappedSecret, json.sha256]);
}

function hasEnd({ value }: Entry): boolean {
  return "validity" in value && value.validity?.until !== undefined;
}
