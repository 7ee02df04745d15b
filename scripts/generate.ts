// Generates the messages from the schemas; with --check says whether what is committed is what would be generated.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const committed = "packages/events/src/gen";

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

if (!process.argv.includes("--check")) {
  execFileSync("buf", ["generate"], { cwd: "schemas", stdio: "inherit" });
} else {
  const folder = mkdtempSync(join(tmpdir(), "ruta-generate-"));
  // buf.gen.yaml puts the output at ../packages/events/src/gen, below whatever -o names.
  execFileSync("buf", ["generate", "-o", join(folder, "a")], { cwd: "schemas", stdio: "inherit" });
  const fresh = join(folder, committed);
  const names = filesBelow(fresh);
  const same =
    names.join() === filesBelow(committed).join() &&
    names.every((name) => readFileSync(join(fresh, name)).equals(readFileSync(join(committed, name))));
  rmSync(folder, { recursive: true, force: true });
  if (!same) {
    console.error("generated code is not current: run `npm run generate` and commit packages/events/src/gen");
    process.exit(1);
  }
}
