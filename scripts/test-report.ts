// What vitest's JSON report comes to: the counts, what was skipped for want of Kafka, and the lines that say so. Pure.

/** The part of vitest's JSON report that is read. */
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    /** The file, as an absolute path. */
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** What the run was. */
export interface Run {
  /** Exit code of vitest. */
  readonly code: number;
  /** True where nothing may be skipped for want of Kafka. */
  readonly ci: boolean;
  /** A file's path as the project names it. */
  readonly path: (file: string) => string;
}

/** What is printed, the last line being the counts, and how many failed. */
export interface Sum {
  readonly lines: readonly string[];
  readonly failed: number;
}

/** Sums a run up. Without a report nothing passed and one thing failed: the run. */
export function sumUp(report: Report | undefined, { code, ci, path }: Run): Sum {
  if (!report) return { lines: ["0 passed, 1 failed"], failed: 1 };
  // A file that cannot even load fails as a suite without tests, and so does a server that did not start: they count.
  const broken = code !== 0 && report.numFailedTests === 0 ? Math.max(1, report.numFailedTestSuites) : 0;
  const withoutKafka = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(
      ({ status, fullName }) => ["skipped", "pending"].includes(status) && /kafka/i.test(`${path(name)} ${fullName}`),
    ),
  ).length;
  const failed = report.numFailedTests + broken + (ci ? withoutKafka : 0);
  const skipped = report.numPendingTests - (ci ? withoutKafka : 0);
  return {
    lines: [
      ...(withoutKafka === 0
        ? []
        : [
            `no Kafka: ${withoutKafka} tests on it were skipped${ci ? ", which in CI is a failure" : ""}; infra/kafka/README.md says how to have one`,
          ]),
      `${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
    ],
    failed,
  };
}
