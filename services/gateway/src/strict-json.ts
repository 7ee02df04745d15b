// JSON as the door takes it: UTF-8 without mistakes, no name twice in an object, not nested deeper than needed.

/** Deepest nesting the door takes; the deepest field of a request lies at eight. */
export const MAX_DEPTH = 16;

/** Why a body is not taken: each is also a problem code of the door. */
type JsonFault =
  | "body-not-utf8"
  | "body-not-json"
  | "body-duplicate-name"
  | "body-forbidden-name"
  | "body-forbidden-character"
  | "body-too-deep";

/** A parsed body, or why there is none. */
export type JsonResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly fault: JsonFault };

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const FORBIDDEN = "__proto__"; // a name that changes what an object is in JavaScript

/**
 * Parses the bytes of a body. Two readers of a document with a name given twice may see two different documents (RFC 8259 §4), and
 * what was signed must mean one thing: so a repeated name is a fault.
 */
export function parseStrictJson(bytes: Uint8Array, maxDepth = MAX_DEPTH): JsonResult {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { ok: false, fault: "body-not-utf8" };
  }
  if (deeperThan(text, maxDepth)) return { ok: false, fault: "body-too-deep" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, fault: "body-not-json" };
  }
  const fault = faultOfTokens(text);
  return fault ? { ok: false, fault } : { ok: true, value };
}

/** True when brackets outside of strings nest deeper than `limit`; works on any text, so it runs before the parser. */
function deeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (char === 0x22) i = endOfString(text, i);
    else if (char === 0x5b || char === 0x7b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (char === 0x5d || char === 0x7d) depth -= 1;
  }
  return false;
}

/** Index of the quote that closes the string opened at `start`; the text's end when nothing closes it. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (char === 0x5c) i += 1;
    else if (char === 0x22) return i;
  }
  return text.length;
}

/** Walks the tokens of valid JSON: names of each object, and strings that no UTF-8 text (half a surrogate pair) or no PostgreSQL text (the character 0) could hold. */
function faultOfTokens(text: string): JsonFault | undefined {
  const names: (Set<string> | undefined)[] = []; // one a level; undefined for an array
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (char === 0x7b) names.push(new Set());
    else if (char === 0x5b) names.push(undefined);
    else if (char === 0x5d || char === 0x7d) names.pop();
    else if (char === 0x22) {
      const end = endOfString(text, i);
      const string = JSON.parse(text.slice(i, end + 1)) as string;
      if (!string.isWellFormed()) return "body-not-utf8";
      if (string.includes("\0")) return "body-forbidden-character";
      i = end;
      if (!isName(text, end)) continue;
      const seen = names.at(-1);
      if (string === FORBIDDEN) return "body-forbidden-name";
      if (seen?.has(string)) return "body-duplicate-name";
      seen?.add(string);
    }
  }
  return undefined;
}

/** In valid JSON a string is a name exactly when a colon follows it. */
function isName(text: string, end: number): boolean {
  for (let i = end + 1; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (char === 0x3a) return true;
    if (char !== 0x20 && char !== 0x09 && char !== 0x0a && char !== 0x0d) return false;
  }
  return false;
}
