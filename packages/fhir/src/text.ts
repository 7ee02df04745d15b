// Free text and displays: whatever people wrote goes into the sealed note, one line an element, and never into a code.
import { pathOf } from "./faults.ts";
import { isObject } from "./shelf.ts";
import { EXTENSION, HL7, RUTA } from "./systems.ts";

/** Elements that are read apart, or that say nothing a person needs. */
const SKIPPED: ReadonlySet<string> = new Set([
  "resourceType",
  "id",
  "meta",
  "contained",
  "identifier",
  "for",
  "subject",
  "patient",
  "requester",
  "owner",
  "status",
  "intent",
  "priority",
  "authoredOn",
  "lastModified",
]);
/** Systems whose codes the mapping reads: their codes are not told again, their displays neither. */
const READ_SYSTEMS: ReadonlySet<unknown> = new Set([...Object.values(RUTA), ...Object.values(HL7)]);
const OWN_EXTENSIONS: ReadonlySet<unknown> = new Set([...Object.values(EXTENSION), ...Object.values(HL7)]);

/**
 * The lines of what a resource says in words or in codes that the mapping does not read. `at` is its short name, `read` names the
 * elements that became fields.
 */
export function linesOf(at: string, resource: Record<string, unknown>, read: readonly string[] = []): string[] {
  const lines: string[] = [];
  for (const [name, value] of Object.entries(resource)) {
    // The narrative of a resource repeats its elements.
    if (SKIPPED.has(name) || read.includes(name) || (name === "text" && isObject(value) && "div" in value)) continue;
    collect(value, `${at}.${name}`, lines);
  }
  return lines;
}

function collect(value: unknown, at: string, lines: string[]): void {
  if (Array.isArray(value)) {
    for (const [index, inner] of (value as unknown[]).entries()) collect(inner, pathOf(at, [index]), lines);
  } else if (!isObject(value)) {
    if (typeof value === "string" ? value !== "" : typeof value === "number" || typeof value === "boolean")
      lines.push(`${at}: ${String(value)}`);
  } else if (READ_SYSTEMS.has(value.system)) {
    return;
  } else if (isCoding(value)) {
    const [display, system, code] = [value.display, value.system, value.code].map((part) =>
      typeof part === "string" ? part : "",
    );
    lines.push(`${at}: ${display === "" ? "" : `${display} `}(${system === "" ? "" : `${system}|`}${code})`);
  } else if (!("reference" in value) && !("identifier" in value) && !OWN_EXTENSIONS.has(value.url)) {
    for (const [name, inner] of Object.entries(value))
      if (!(name === "text" && repeatsCode(value))) collect(inner, pathOf(at, [name]), lines);
  }
}

/** A text that only says its code again, as what we send does. */
function repeatsCode({ coding, text }: Record<string, unknown>): boolean {
  return Array.isArray(coding) && (coding as unknown[]).some((one) => isObject(one) && one.code === text);
}

function isCoding(value: Record<string, unknown>): boolean {
  return typeof value.code === "string" && ("system" in value || "display" in value);
}
