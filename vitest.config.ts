// How tests run: pure ones share a process; those with real servers are apart, one file after another.
import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**"];
/** How long a test waits for a state when it does not say: on a busy machine a second is no time. */
const WAITS = { poll: { timeout: 20_000, interval: 20 } };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          expect: WAITS,
          include: ["{packages,services}/*/src/**/*.test.ts", "demonstration/src/**/*.test.ts", "scripts/**/*.test.ts"],
          exclude: [...exclude, "**/*.{int,long}.test.ts"],
          isolate: false,
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "int",
          expect: WAITS,
          include: ["{packages,services}/*/src/**/*.int.test.ts", "demonstration/src/**/*.int.test.ts"],
          exclude,
          globalSetup: ["tests/servers.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "e2e",
          expect: WAITS,
          include: ["tests/{e2e,drill,bench,fuzz}/**/*.test.ts"],
          exclude: [...exclude, "**/*.long.test.ts"],
          globalSetup: ["tests/servers.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "long",
          expect: WAITS,
          include: ["{tests,packages}/**/*.long.test.ts"],
          exclude,
          globalSetup: ["tests/servers.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
