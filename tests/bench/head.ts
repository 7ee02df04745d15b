// What figures belong to: the machine, the versions of everything measured, the commit, the seed.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, cpus, platform, totalmem } from "node:os";
import type { Report } from "./shape.ts";

const ROOT = new URL("../../", import.meta.url);

/** The commit of the sources, `-changed` behind it when they differ; `unknown` outside a repository. */
function commit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=-changed"], {
      cwd: ROOT,
      encoding: "utf8",
    }).trim();
  } catch {
    return "unknown";
  }
}

/** The head of a report. `versions` holds what the database and the broker say of themselves. */
export function headOf(seed: number, versions: Readonly<Record<string, string>>): Report["head"] {
  const { packages } = JSON.parse(readFileSync(new URL("package-lock.json", ROOT), "utf8")) as {
    packages: Record<string, { version?: string }>;
  };
  const libraries = Object.fromEntries(
    ["fastify", "kafkajs", "pg", "undici"].map((name) => [
      name,
      packages[`node_modules/${name}`]?.version ?? "unknown",
    ]),
  );
  const machine = `${platform()} ${arch()}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  return { machine, versions: { node: process.version, ...versions, ...libraries }, commit: commit(), seed };
}
