// Reads an archive and checks that it is whole: every file by its hash, and no file without one.
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { FORMAT, MANIFEST, SUMS } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { ArchiveProblem } from "./problem.ts";
import { counter } from "./progress.ts";
import type { Progress } from "./progress.ts";
import { hashOf } from "./write.ts";

const SUM_LINE = /^([0-9a-f]{64}) {2}(\S.*)$/;

/** The manifest of an archive, unchecked but for its form. Throws ArchiveProblem. */
export async function readArchive(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), "utf8").catch(() => {
    throw new ArchiveProblem("not-whole", join(folder, MANIFEST));
  });
  const { format, ...rest } = JSON.parse(text) as Omit<Manifest, "format"> & { format: unknown };
  if (format !== FORMAT) throw new ArchiveProblem("other-format", String(format));
  return { format, ...rest };
}

/** Checks every file of an archive, and answers its manifest. Throws ArchiveProblem for the first that is not as it was written. */
export async function verifyArchive(folder: string, progress: Progress = () => {}): Promise<Manifest> {
  const manifest = await readArchive(folder);
  const text = await readFile(join(folder, SUMS), "utf8").catch(() => {
    throw new ArchiveProblem("not-whole", join(folder, SUMS));
  });
  const sums = new Map<string, string>();
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const [, sha256 = "", file = ""] = SUM_LINE.exec(line) ?? [];
    if (file === "") throw new ArchiveProblem("file-changed", SUMS);
    sums.set(file, sha256);
  }
  for (const file of [MANIFEST, ...manifest.tables.map((table) => table.file)])
    if (!sums.has(file)) throw new ArchiveProblem("file-changed", SUMS);
  const sizes = new Map<string, number>();
  for (const file of sums.keys()) {
    const found = await stat(join(folder, file)).catch(() => undefined);
    if (!found) throw new ArchiveProblem("file-missing", file);
    sizes.set(file, found.size);
  }
  const there = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const one of there) {
    const file = join(one.parentPath, one.name).slice(join(folder, "/").length);
    if (one.isFile() && file !== SUMS && !sums.has(file)) throw new ArchiveProblem("file-changed", file);
  }
  const told = counter(
    [...sizes.values()].reduce((sum, one) => sum + one, 0),
    progress,
  );
  for (const [file, sha256] of sums)
    if ((await hashOf(join(folder, file), (bytes) => told.add(bytes))) !== sha256)
      throw new ArchiveProblem("file-changed", file);
  told.end();
  return manifest;
}
