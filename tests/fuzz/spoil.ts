// One thing wrong: a value of the right shape with one place changed, and texts of it that no reader should take for JSON. Pure.
import type { Draw } from "./draw.ts";
import type { CANARY } from "./canary.ts";
import type { Json } from "./values.ts";

/** Words of persons that stand where they do not belong, or others in their place. */
type Words = Readonly<Record<keyof typeof CANARY, string>>;

/** Where in a value: names and indexes from the top. */
type Path = readonly (string | number)[];

const HOSTILE_STRINGS = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\u202e\u2066x",
  "\ufeff",
  "😀".repeat(50),
  "é́".repeat(100),
  "../../etc/passwd",
  "'; drop table claim; --",
  "%s%n%x",
  "${jndi:ldap://127.0.0.1/x}",
  "<script>alert(1)</script>",
  "-1",
  "1e309",
  "NaN",
  "2026-02-30",
  "+275760-09-13T00:00:00.001Z",
  "0000-00-00T00:00:00Z",
  "9999-12-31T23:59:60Z",
  "constructor",
  "__proto__",
  "hasOwnProperty",
  "0123456789abcdefghjkmnpqrs-99999",
  "0123456789abcdefghjkmnpqrs-0",
  "p-0123456789abcdefghjkmnpqrs",
  "{{referral.foreign}}",
  "{{referral.none}}",
  "{{person.foreign}}",
  "{{section.foreign}}",
  "{{case.foreign}}",
  "rehearsal",
  "1718137159",
] as const;

const HOSTILE: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e21,
  -0,
  Number.MAX_SAFE_INTEGER + 2,
  [],
  {},
  [[[[]]]],
  { absent: "asked-declined" },
  { toString: "x", valueOf: 1 },
  { constructor: { prototype: { isAdmin: true } } },
  { $ref: "#" },
];

/** A string that some code somewhere may stumble over. */
function hostileString(draw: Draw, words: Words): string {
  if (draw.chance(0.08)) return draw.pick(["x", "ñ", "\\", '"', "["]).repeat(draw.int(200, 100_000));
  return draw.chance(0.1) ? draw.pick(Object.values(words)) : draw.pick(HOSTILE_STRINGS);
}

function hostile(draw: Draw, words: Words): Json {
  if (draw.chance(0.5)) return hostileString(draw, words);
  if (draw.chance(0.05)) return { absent: words.story };
  if (draw.chance(0.05)) return Array.from({ length: draw.int(50, 5_000) }, () => draw.pick(HOSTILE));
  if (draw.chance(0.05)) return nested(draw.int(10, 400));
  return draw.pick(HOSTILE);
}

function nested(depth: number): Json {
  let value: Json = 0;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

function paths(value: Json, above: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [above];
  const inner = Object.entries(value).flatMap(([name, one]) =>
    paths(one, [...above, Array.isArray(value) ? Number(name) : name]),
  );
  return [above, ...inner];
}

/** A copy with what stands at a place changed; `undefined` takes it away. */
function changed(value: Json, [name, ...rest]: Path, change: (old: Json) => Json | undefined): Json | undefined {
  if (name === undefined) return change(value);
  if (Array.isArray(value))
    return value.flatMap((one, index) => {
      const next = index === name ? changed(one, rest, change) : one;
      return next === undefined ? [] : [next];
    });
  const entries = Object.entries(value as { [name: string]: Json }).flatMap(([key, one]) => {
    const next = key === name ? changed(one, rest, change) : one;
    return next === undefined ? [] : [[key, next] as const];
  });
  return Object.fromEntries(entries);
}

/** How a value was spoiled; `unknown-field` is never taken where shapes are strict. */
export type Spoiling = "missing" | "wrong" | "unknown-field" | "doubled";

/** A value with one thing wrong. */
export function spoil(draw: Draw, value: Json, words: Words): { readonly value: Json; readonly how: Spoiling } {
  const how = draw.weighed<Spoiling>({ wrong: 6, missing: 2, "unknown-field": 1, doubled: 1 });
  const all = paths(value);
  if (how === "unknown-field") {
    const objects = all.filter((path) => isObject(at(value, path)));
    const name = draw.pick([words.given, "attachment", "id", "__proto__", "constructor", "data", "x".repeat(300), ""]);
    const added = draw.chance(0.5) ? words.story : hostile(draw, words);
    const place = draw.pick(objects.length > 0 ? objects : [[]]);
    const next = changed(value, place, (old) => (isObject(old) ? { ...old, [name]: added } : { [name]: added }));
    return { value: next ?? null, how };
  }
  const place = draw.pick(all.length > 1 ? all.slice(1) : all);
  const next = changed(value, place, (old) =>
    how === "missing" ? undefined : how === "doubled" ? [old, old] : hostile(draw, words),
  );
  return { value: next ?? null, how };
}

function at(value: Json, path: Path): Json | undefined {
  let found: Json | undefined = value;
  for (const name of path) found = (found as { [name: string]: Json } | undefined)?.[name];
  return found;
}

function isObject(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How the text of a body is wrong. */
export type Garbling = keyof typeof GARBLINGS;

const between = (text: string, draw: Draw): number => draw.int(0, Math.max(0, text.length - 1));

/** Texts that are not JSON, are it twice, or mean two things. None of them may be taken, but those of TAKEN. */
const GARBLINGS = {
  cut: (text: string, draw: Draw) => text.slice(0, Math.max(1, between(text, draw))),
  "cut-start": (text: string) => text.slice(1),
  "trailing-comma": (text: string) => text.replace(/\}$/, ",}"),
  comment: (text: string) => `/* */${text}`,
  "single-quotes": (text: string) => text.replaceAll('"', "'"),
  "not-a-number": (text: string) => text.replace(/:"[^"]*"/, ":NaN"),
  "name-twice": (text: string, draw: Draw) => {
    const names = [...text.matchAll(/[{,]("[A-Za-z]+"):/g)];
    if (names.length === 0) return `{"a":1,"a":1}`;
    const { index, 0: whole, 1: name } = draw.pick(names);
    return `${text.slice(0, index + 1)}${name}:${draw.pick(["null", '"x"', "{}"])},${text.slice(index + (whole.startsWith("{") ? 1 : 1))}`;
  },
  "name-twice-escaped": (text: string) =>
    text.replace(/[{]"([a-z])([A-Za-z]*)":/, (_, first: string, rest: string) => {
      const code = first.charCodeAt(0).toString(16).padStart(4, "0");
      return `{"\\u${code}${rest}":null,"${first}${rest}":`;
    }),
  "two-values": (text: string) => `${text}${text}`,
  "byte-order-mark": (text: string) => `\ufeff${text}`,
  "control-character": (text: string) => text.replace(/":"/, '":"\u0001'),
  deep: (_: string, draw: Draw) => draw.pick(["[", '{"a":']).repeat(draw.int(17, 60_000)),
  "deep-closed": (text: string, draw: Draw) => {
    const depth = draw.int(40, 20_000);
    return text.replace(/\}$/, `,"x":${"[".repeat(depth)}${"]".repeat(depth)}}`);
  },
  empty: () => "",
  white: () => " \n\t".repeat(50),
  word: (_: string, draw: Draw) => draw.pick(["null", "true", "0", '"text"', "[]", "undefined"]),
} satisfies Readonly<Record<string, (text: string, draw: Draw) => string>>;

/** The text of a body with one thing wrong about it as text. */
export function garble(draw: Draw, text: string): { readonly text: string; readonly how: Garbling } {
  const how = draw.pick(Object.keys(GARBLINGS) as Garbling[]);
  return { text: GARBLINGS[how](text, draw), how };
}
