// Validates a directory as a whole, with every problem at once: shapes, ids, references, circles, periods, rules. Pure.
import { DeliveryMode } from "@ruta/events";
import type { Directory } from "@ruta/events";
import type { WrittenEntry } from "./files.ts";
import { idOf, toEntry } from "./form.ts";
import type { Entry } from "./form.ts";
import { checkPeriods } from "./periods.ts";
import { Problem, sorted } from "@ruta/kit/written";
import { checkCycles, checkReferences } from "./references.ts";
import { checkRules, checkSizes } from "./rules.ts";
import type { Rules } from "./rules.ts";
import { nameOf, shape } from "./shape.ts";
import { Whole, labelOf } from "./whole.ts";
import type { Located } from "./whole.ts";

/** Entries that may be applied, or all problems in the order of their lines. */
export type Validated =
  | { readonly ok: true; readonly entries: readonly Entry[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Validates written entries over the directory that stands. What they leave out stays as it is. */
export function validate(written: readonly WrittenEntry[], current: Directory, rules: Rules): Validated {
  const { shaped, problems } = shape(written);
  const located = shaped.map(({ kind, value, at }): Located => ({
    entry: keepSecret(toEntry(kind, value), current),
    at,
  }));
  const names = new Set(located.map(({ entry }) => `${entry.case} ${idOf(entry)}`));
  const unread = written.map(({ kind, value }) => nameOf(kind, value)).filter((name) => !names.has(name));
  return validateEntries(located, current, rules, problems, new Set(unread));
}

/** Validates entries that are messages already, such as a new key. */
export function validateEntries(
  located: readonly Located[],
  current: Directory,
  rules: Rules,
  problems: readonly Problem[] = [],
  unread: ReadonlySet<string> = new Set(),
): Validated {
  const whole = new Whole(current, located, unread);
  const found = [
    ...problems,
    ...duplicates(located),
    ...checkReferences(whole),
    ...checkCycles(whole),
    ...checkPeriods(whole),
    ...checkRules(whole, rules),
    ...checkSizes(located),
  ];
  if (found.length > 0) return { ok: false, problems: sorted(found) };
  return { ok: true, entries: located.map(({ entry }) => entry) };
}

function duplicates(located: readonly Located[]): Problem[] {
  const first = new Map<string, Located>();
  return located.flatMap((each) => {
    const label = labelOf(each.entry.case, idOf(each.entry));
    const other = first.get(label);
    if (!other) {
      first.set(label, each);
      return [];
    }
    const where = other.at.line > 0 ? `${other.at.file}:${other.at.line}` : other.at.file;
    const field = each.entry.case === "term" ? "code" : each.entry.case === "endpoint" ? "institution" : "id";
    return [new Problem(each.at, label, field, `was written at ${where} already`, "leave one of the two out")];
  });
}

/**
 * A written endpoint has no secret; when it stays v1, the one that stands is kept, and the one before it until that ends, also
 * while its institution pulls.
 */
function keepSecret(entry: Entry, current: Directory): Entry {
  if (entry.case !== "endpoint") return entry;
  const standing = current.get("endpoint", entry.value.id);
  if (!standing) return entry;
  if (entry.value.mode === DeliveryMode.INBOX && !entry.value.scheme) entry.value.scheme = standing.scheme;
  if (standing.scheme !== entry.value.scheme) return entry;
  const { wrappedSecret, previousWrappedSecret, previousUntil } = standing;
  Object.assign(entry.value, { wrappedSecret, previousWrappedSecret, ...(previousUntil && { previousUntil }) });
  return entry;
}
