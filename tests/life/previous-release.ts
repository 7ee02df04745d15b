// The previous release as it was: its files from git, run on the packages of this one that come from outside.
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

/** There is no release yet: what stood on main before migrations were held to expand and contract. */
export const PREVIOUS_RELEASE = "72dfcfd";

/** Its `ruta` command, in a folder that `remove` takes away. */
export interface PreviousRelease {
  readonly program: string;
  remove(): void;
}

/** Unpacks it. Throws where the history does not hold it, as in a shallow clone. */
export function unpackPreviousRelease(): PreviousRelease {
  const folder = mkdtempSync(join(tmpdir(), "ruta-previous-"));
  const files = execFileSync("git", ["archive", PREVIOUS_RELEASE], { maxBuffer: 64 * 1024 * 1024 });
  execFileSync("tar", ["-x", "-C", folder], { input: files });
  // Its own packages, and beside them everything that was installed: a link to the whole would lead to this version's.
  mkdirSync(join(folder, "node_modules", "@ruta"), { recursive: true });
  for (const name of readdirSync("node_modules"))
    if (name !== "@ruta") symlinkSync(resolve("node_modules", name), join(folder, "node_modules", name));
  for (const path of globSync("{packages/*,services/*,demonstration,tests}/package.json", { cwd: folder }))
    symlinkSync(join(folder, dirname(path)), join(folder, "node_modules", "@ruta", basename(dirname(path))));
  return {
    program: join(folder, "services", "hub", "src", "main.ts"),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
