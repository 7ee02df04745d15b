// What was taken is remembered over restarts, a kill in the middle of a line included, and no more of it than is needed.
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fileSeen, memorySeen } from "./seen.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "ruta-seen-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a file remembers ids and how far each case came", () => {
  const file = join(folder, "seen");
  const first = fileSeen(file);
  void first.add("w-1", "case", 2);
  void first.add("w-2", "case", 1);
  first.close();
  appendFileSync(file, '["w-3","ca');
  const second = fileSeen(file);
  expect([second.has("w-1"), second.has("w-2"), second.has("w-3")]).toEqual([true, true, false]);
  expect([second.reached("case"), second.reached("other")]).toEqual([2, 0]);
  void second.add("w-3", "case", 3);
  second.close();
  const third = fileSeen(file);
  expect([third.has("w-3"), third.reached("case")]).toEqual([true, 3]);
  third.close();
});

test("the oldest go first, in memory and in the file", () => {
  const memory = memorySeen(2);
  const file = fileSeen(join(folder, "seen"), 2);
  for (const seen of [memory, file]) {
    for (const id of ["w-1", "w-2", "w-3"]) void seen.add(id, `case-${id}`, 1);
    expect([seen.has("w-1"), seen.has("w-3"), seen.reached("case-w-1")]).toEqual([false, true, 0]);
  }
  file.close();
  const again = fileSeen(join(folder, "seen"), 2);
  again.close();
  expect(readFileSync(join(folder, "seen"), "utf8").split("\n")).toHaveLength(3);
});
