// npm test: runs the tests with vitest (those of the project `long` only when it is named), says plainly what was skipped for want of Kafka (in CI that is a failure), and
// ends with the plain line that machines read: N passed, N failed.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { sumUp } from "./test-report.ts";
import type { Report } from "./test-report.ts";

const folder = mkdtempSync(join(tmpdir(), "ruta-test-"));
const file = join(folder, "report.json");
const terminal = process.stdout.isTTY;
// Tests read English, whatever the terminal speaks. In a file or a CI's log, colours are thousands of letters that nobody reads.
const quiet = terminal ? {} : { NO_COLOR: "1", FORCE_COLOR: undefined };
const env = { ...process.env, LC_ALL: "C", ...quiet };
const asked = process.argv.slice(2);
const usual = ["unit", "int", "e2e"].flatMap((project) => ["--project", project]);
const projects = asked.some((argument) => argument.startsWith("--project")) ? [] : usual;
const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...projects, ...asked];
const code = await new Promise<number>((resolve) => {
  const vitest = spawn("vitest", args, { stdio: "inherit", env });
  vitest.on("error", () => resolve(127));
  vitest.on("close", (status) => resolve(status ?? 1));
});

function readReport(): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch {
    return undefined; // vitest ended before it could write one
  }
}

const sum = sumUp(readReport(), { code, ci: Boolean(process.env.CI), path: (name) => relative(process.cwd(), name) });
rmSync(folder, { recursive: true, force: true });
for (const line of sum.lines) console.log(line);
process.exit(sum.failed === 0 ? 0 : Math.max(1, code));
