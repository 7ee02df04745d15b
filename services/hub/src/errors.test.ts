// The published page of refusals has every code that any HTTP answer of the hub can carry.
import { readFileSync } from "node:fs";
import { PROBLEMS as DELIVERY } from "@ruta/delivery";
import { REFUSALS as DIRECTORY } from "@ruta/directory";
import { STAFF_PROBLEMS } from "@ruta/events";
import { HTTP_PROBLEMS } from "@ruta/kit";
import type { ProblemKind } from "@ruta/kit";
import { PROBLEMS as ROUTER } from "@ruta/router";
import { expect, test } from "vitest";
import { PROBLEMS as HUB_KEYS } from "./hub-keys.ts";
import { PROBLEMS as POISON } from "./poison.ts";

const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
const staff = { ...DIRECTORY, ...STAFF_PROBLEMS, ...ROUTER, ...DELIVERY, ...POISON, ...HUB_KEYS };

function section(title: string): string {
  return page.split(/^## /mu).find((part) => part.startsWith(`${title}\n`)) ?? "";
}

function row([code, { status, title, remedy }]: [string, ProblemKind]): string {
  return `| \`${code}\` | ${status} | ${title}. | ${remedy} |`;
}

test("docs/errors.md lists what any request may be refused for, word for word", () => {
  const rows = Object.entries<ProblemKind>(HTTP_PROBLEMS).map(row);
  expect(
    section("Any request")
      .split("\n")
      .filter((line) => line.startsWith("| `")),
  ).toEqual(rows);
});

test("docs/errors.md lists what staff may be refused for, word for word", () => {
  const rows = Object.entries<ProblemKind>(staff)
    .filter(([code]) => !(code in HTTP_PROBLEMS))
    .map(row);
  expect(
    section("Staff")
      .split("\n")
      .filter((line) => line.startsWith("| `")),
  ).toEqual(rows);
});
