// Runs the tests with vitest and ends with the plain line that machines read: N passed, N failed.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
}

const folder = mkdtempSync(join(tmpdir(), "ruta-test-"));
const report = join(folder, "report.json");
const reporter = process.stdout.isTTY ? "default" : "dot";
const args = [
  "run",
  `--reporter=${reporter}`,
  "--reporter=json",
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
];
const code = await new Promise<number>((resolve) => {
  spawn("vitest", args, { stdio: "inherit" }).on("close", (status) => resolve(status ?? 1));
});
try {
  const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = JSON.parse(
    readFileSync(report, "utf8"),
  ) as Report;
  // A file that cannot even load fails as a suite without tests: it counts.
  const failed = numFailedTests === 0 && code !== 0 ? Math.max(1, numFailedTestSuites) : numFailedTests;
  console.log(`${numPassedTests} passed, ${failed} failed${numPendingTests > 0 ? `, ${numPendingTests} skipped` : ""}`);
} catch {
  console.log("0 passed, 1 failed");
}
rmSync(folder, { recursive: true, force: true });
process.exit(code);
