// The published list of refusals is the list the code uses.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PROBLEMS, errorsPage } from "./errors.ts";
import type { ProblemKind } from "./errors.ts";

const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");

test("docs/errors.md lists exactly the refusals of the door, word for word", () => {
  const section = /^## The door\n+([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(page)?.[1]?.trim() ?? "";
  expect(section.slice(section.indexOf("| code"))).toBe(errorsPage());
});

test("every refusal has an error status, a title and something to do", () => {
  for (const [code, { status, title, remedy }] of Object.entries<ProblemKind>(PROBLEMS)) {
    expect(code).toMatch(/^[a-z0-9-]+$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
  }
});
