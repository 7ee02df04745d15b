// The last lines of npm test: what machines read, and what is said where there is no Kafka.
import { describe, expect, test } from "vitest";
import { sumUp } from "./test-report.ts";
import type { Report } from "./test-report.ts";

const root = "/project/";
const path = (file: string): string => file.slice(root.length);
const run = { code: 0, ci: false, path };

function report(tests: readonly [file: string, name: string, status: string][], suites = 0): Report {
  const count = (...statuses: string[]): number => tests.filter(([, , status]) => statuses.includes(status)).length;
  return {
    numPassedTests: count("passed"),
    numFailedTests: count("failed"),
    numFailedTestSuites: suites,
    numPendingTests: count("skipped", "pending"),
    testResults: tests.map(([file, fullName, status]) => ({
      name: `${root}${file}`,
      assertionResults: [{ status, fullName }],
    })),
  };
}

describe("the sum of a run", () => {
  test("is its counts in one line, what was skipped only where something was", () => {
    expect(sumUp(report([["a.test.ts", "holds", "passed"]]), run)).toEqual({
      lines: ["1 passed, 0 failed"],
      failed: 0,
    });
    const mixed = report([
      ["a.test.ts", "holds", "passed"],
      ["a.test.ts", "breaks", "failed"],
      ["a.test.ts", "as root", "skipped"],
    ]);
    expect(sumUp(mixed, { ...run, code: 1 })).toEqual({ lines: ["1 passed, 1 failed, 1 skipped"], failed: 1 });
  });

  test("says in a line of its own what was skipped for want of Kafka, by the name of the test or of its file", () => {
    const skipped = report([
      ["a.test.ts", "holds", "passed"],
      ["a.int.test.ts", "the log on kafka keeps its order", "skipped"],
      ["packages/log/src/kafka/outage.int.test.ts", "a broker that goes away comes back", "pending"],
    ]);
    expect(sumUp(skipped, run)).toEqual({
      lines: [
        expect.stringMatching(/^no Kafka: 2 tests on it were skipped; infra\/kafka\/README\.md/),
        "1 passed, 0 failed, 2 skipped",
      ],
      failed: 0,
    });
  });

  test("fails in CI for what was skipped for want of Kafka, and for nothing else that was skipped", () => {
    const skipped = report([
      ["a.int.test.ts", "the log on kafka keeps its order", "skipped"],
      ["a.int.test.ts", "as root the server runs as another user", "skipped"],
    ]);
    expect(sumUp(skipped, { ...run, ci: true })).toMatchObject({
      lines: [expect.stringContaining("which in CI is a failure"), "0 passed, 1 failed, 1 skipped"],
      failed: 1,
    });
  });

  test("does not take the project's own folder for a test on Kafka", () => {
    const elsewhere = {
      ...report([]),
      testResults: [{ name: "/kafka/a.test.ts", assertionResults: [{ status: "skipped", fullName: "holds" }] }],
    };
    expect(sumUp(elsewhere, { ...run, ci: true, path: (file) => file.slice("/kafka/".length) }).failed).toBe(0);
  });

  test("counts files that could not be loaded, and a run that failed without a failed test", () => {
    expect(sumUp(report([["a.test.ts", "holds", "passed"]], 3), { ...run, code: 1 })).toMatchObject({
      lines: ["1 passed, 3 failed"],
    });
    expect(sumUp(report([["a.test.ts", "holds", "passed"]]), { ...run, code: 1 }).failed).toBe(1);
  });

  test("is one failure when vitest left no report", () => {
    expect(sumUp(undefined, { ...run, code: 137 })).toEqual({ lines: ["0 passed, 1 failed"], failed: 1 });
  });
});
