// Programs of the machine that some tests need: where they are, or that those tests are skipped, which in CI is a failure.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Every program of this name on the path, first come first. */
export function programs(name: string): string[] {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...new Set(folders.map((folder) => join(folder, name)))].filter((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Whether all of them are there. Where not, one line says so; with CI set it throws. */
export function has(...names: readonly string[]): boolean {
  const missing = names.filter((name) => programs(name).length === 0);
  if (missing.length === 0) return true;
  const line = `tests: those with ${names.join(" and ")} are skipped: there is no ${missing.join(", no ")}`;
  if (process.env.CI) throw new Error(line);
  console.error(line);
  return false;
}
