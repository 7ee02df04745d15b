// Paths and queries that lead nowhere, or try to lead somewhere else. Pure.
import type { Route } from "../inspect.ts";
import type { PUBLIC } from "./canary.ts";
import type { Draw } from "./draw.ts";

type Words = typeof PUBLIC;

const SEGMENTS = [
  "%00",
  "%ff",
  "%c0%ae%c0%ae",
  "%2e%2e%2f%2e%2e",
  "..%2f",
  "..",
  "%",
  "%zz",
  "%u0041",
  ";a=b",
  "%0d%0aset-cookie:%20a=b",
  "%E2%80%AE",
  "__proto__",
  "constructor",
  "toString",
  "*",
  ":id",
  "{{referral.own}}%20",
  "{{referral.own}}%00",
  "{{case.own}}-01",
  "{{case.own}}-99999",
  "{{case.own}}-0",
  "0",
  "-1",
];

/** The path with one thing wrong. */
export function wrongPath(draw: Draw, path: string, words: Words): string {
  const parts = path.split("?")[0]!.split("/");
  const last = parts.length - 1;
  const place = draw.int(1, last);
  const kinds: readonly (() => string)[] = [
    () => parts.with(place, draw.pick(SEGMENTS)).join("/"),
    () => parts.with(last, draw.pick(SEGMENTS)).join("/"),
    () => parts.with(last, "x".repeat(draw.int(150, 12_000))).join("/"),
    () => parts.with(last, encodeURIComponent(draw.pick(Object.values(words)))).join("/"),
    () => `${path}/`,
    () => path.replace("/", "//"),
    () => path.toUpperCase().replaceAll(/\{\{.*?\}\}/g, "X"),
    () => parts.slice(0, -1).join("/"),
    () => `${path}/${draw.pick(SEGMENTS)}`,
    () => `/.${path}`,
    () => `/admin${path}`,
    () => `/${encodeURIComponent(words.given)}`,
  ];
  return draw.pick(kinds)();
}

const VALUES = [
  "",
  "1",
  "-1",
  "0",
  "1e9",
  "NaN",
  "true",
  "%00",
  "%ff",
  "%",
  "[]",
  "{{cursor.foreign}}",
  "{{referral.none}}",
];

function namesOf({ query }: Route): string[] {
  return Object.keys((query?.properties as object | undefined) ?? {});
}

/** What may stand behind a path: filters that there are with values that there are not, and the other way round. */
export function wrongQuery(draw: Draw, route: Route, words: Words): string {
  const known = [...namesOf(route), "limit", "cursor", "after", "since"];
  const name = draw.pick(known);
  const long = (): string => draw.pick(["x", "9", "%F0%9F%98%80"]).repeat(draw.int(50, 2_000));
  const kinds: readonly (() => string)[] = [
    () => `${name}=${draw.pick(VALUES)}`,
    () => `${name}=${long()}`,
    () => `${name}=1&${name}=2`,
    () => `${name}[]=1&${name}[a]=2`,
    () => `${name}=${encodeURIComponent(draw.pick(Object.values(words)))}`,
    () => `${encodeURIComponent(words.given)}=1`,
    () => "__proto__[x]=1&constructor=2&__proto__=3",
    () => "&".repeat(draw.int(1, 3_000)),
    () => Array.from({ length: draw.int(10, 900) }, (_, index) => `a${index}=1`).join("&"),
    () => `${name}=${Buffer.from(`${draw.int(0, 2 ** 40)} {{referral.own}}`).toString("base64url")}`,
    () => `${name}=999999999999999999999999`,
    () => `${name}=2026-13-99T99:99:99Z`,
    () => `${name}=0:99999999999999999999`,
    () => "?",
    () => "#",
  ];
  return `?${draw.pick(kinds)()}`;
}
