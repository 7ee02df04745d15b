// How tests run: pure ones share a process; those with real servers are apart, one file after another.
import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{packages,services}/*/src/**/*.test.ts", "demonstration/src/**/*.test.ts", "scripts/**/*.test.ts"],
          exclude: [...exclude, "**/*.int.test.ts"],
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "int",
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
          include: ["tests/**/*.long.test.ts"],
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
