// Holds hand-written source files to the size that stays readable: median 90 lines, p95 250, none over 400.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const LIMITS = { median: 90, p95: 250, largest: 400 };

const files = execFileSync("git", ["ls-files", "*.ts"], { encoding: "utf8" })
  .split("\n")
  .filter((name) => name !== "" && existsSync(name) && !/\.test\.ts$|\/gen\/|^tests\//.test(name))
  .map((name) => ({ name, lines: readFileSync(name, "utf8").split("\n").length - 1 }))
  .toSorted((a, b) => a.lines - b.lines);
const at = (share: number): number => files[Math.min(files.length - 1, Math.floor(files.length * share))]?.lines ?? 0;
const found = { median: at(0.5), p95: at(0.95), largest: at(1) };

console.log(`${files.length} files: median ${found.median}, p95 ${found.p95}, largest ${found.largest} lines`);
for (const { name, lines } of files.filter((file) => file.lines > LIMITS.largest))
  console.log(`${name}: ${lines} lines`);
const over = Object.entries(LIMITS).filter(([measure, limit]) => found[measure as keyof typeof found] > limit);
for (const [measure, limit] of over) console.log(`${measure} is over ${limit} lines`);
process.exit(over.length === 0 ? 0 : 1);
